#include <algorithm>

#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {

Status Spmv::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  for (std::size_t r = 0; r < args.a.rows(); ++r) {
    numeric::CanonicalCounter<double> sum;
    const std::size_t end = args.a.offsets()[r + 1];
    for (std::size_t from = args.a.offsets()[r]; from < end; from += numeric::kCanonicalBlock) {
      sum.push(
          numeric::block_sum(std::min(numeric::kCanonicalBlock, end - from), [&](std::size_t i) {
            return args.a.values()[from + i] * args.x[args.a.columns()[from + i]];
          }));
    }
    out.y[r] = numeric::one_nan(sum.result());
  }
  return Status::ok();
}

}  // namespace weir::ops
