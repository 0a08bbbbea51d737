// Halving: the shapes that one level of Strassen's product cuts a product into.
#pragma once

#include <algorithm>
#include <cstddef>

namespace weir::ops {

// A product of [m, k] and [k, n].
struct Halving {
  std::size_t m, n, k;

  std::size_t smallest() const { return std::min({m, n, k}); }
  // The larger halves: one row or column more than the others where a dimension is odd.
  Halving first_half() const { return {(m + 1) / 2, (n + 1) / 2, (k + 1) / 2}; }
  // What a level needs of this shape of its halves: sums of A's quarters, of B's, and two quarters
  // of C, each on a line of its own.
  std::size_t workspace() const { return rounded(m * k) + rounded(k * n) + 2 * rounded(m * n); }
  static std::size_t rounded(std::size_t elements) { return (elements + 7) / 8 * 8; }
};

}  // namespace weir::ops
