// BlockSum: the sum of one group in its prescribed order. Rows are cut into blocks of 4,096 by
// their index in the whole column; inside a block a group's values are added in row order from
// +0.0; the partial sums of the blocks are joined in block order by TwoSum, whose errors are added
// up apart.
//
//   BlockSum sum;
//   for (each block, in order) sum.join(partial);   // a block without values of the group: 0.0
//   sum.result();
//
// Joining 0.0 changes nothing, so blocks in which a group does not occur may be left out.
// (Knuth, TAOCP 2, 4.2.2; Neumaier 1974.)
#pragma once

#include <cstddef>

#include "base/host_device.hpp"
#include "base/numeric/canonical.hpp"
#include "base/numeric/pair.hpp"

namespace weir::ops {

inline constexpr std::size_t kGroupBlockRows = 4096;

struct BlockSum {
  double sum = 0;
  double error = 0;

  WEIR_HD void join(double partial) {
    const numeric::Pair next = numeric::two_sum(sum, partial);
    error += next.lo;
    sum = next.hi;
  }
  // Returns the sum, or infinity or the one NaN where it is not finite.
  WEIR_HD double result() const {
    if (sum != sum) return numeric::kNan;
    return sum - sum == 0 ? sum + error : sum;
  }
};

}  // namespace weir::ops
