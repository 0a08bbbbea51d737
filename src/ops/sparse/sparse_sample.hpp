// Matrices for the tests and the benches.
//
//   const Csr a = tridiagonal(1000, -1, 2, -1);    // 3 n - 2 entries
//   const Csr b = random_csr(rng, 300, 200, 12);   // 0 to 24 entries a row
#pragma once

#include <algorithm>

#include "base/rng.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::ops {

// Returns the n x n matrix with `diagonal` on the diagonal, `lower` below and `upper` above it.
inline Csr tridiagonal(std::size_t n, double lower, double diagonal, double upper) {
  CsrParts parts{.rows = n, .cols = n};
  for (std::size_t r = 0; r < n; ++r) {
    const auto column = static_cast<std::uint32_t>(r);
    if (r != 0) {
      parts.columns.push_back(column - 1);
      parts.values.push_back(lower);
    }
    parts.columns.push_back(column);
    parts.values.push_back(diagonal);
    if (r + 1 != n) {
      parts.columns.push_back(column + 1);
      parts.values.push_back(upper);
    }
    parts.offsets.push_back(parts.columns.size());
  }
  return Csr(std::move(parts));
}

// Returns a matrix whose rows have 0 to 2 * mean entries (at most cols) in random columns, with
// values in [-1, 1).
inline Csr random_csr(Philox& rng, std::size_t rows, std::size_t cols, std::size_t mean) {
  CsrParts parts{.rows = rows, .cols = cols};
  std::vector<std::uint32_t> chosen;
  for (std::size_t r = 0; r < rows; ++r) {
    chosen.clear();
    const std::size_t wanted = rng.next_below(static_cast<std::uint32_t>(2 * mean + 1));
    for (std::size_t i = 0; cols != 0 && i < wanted; ++i) {
      chosen.push_back(rng.next_below(static_cast<std::uint32_t>(cols)));
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    for (const std::uint32_t column : chosen) {
      parts.columns.push_back(column);
      parts.values.push_back(2 * rng.next_unit() - 1);
    }
    parts.offsets.push_back(parts.columns.size());
  }
  return Csr(std::move(parts));
}

// Returns n values in [-1, 1).
inline std::vector<double> random_vector(Philox& rng, std::size_t n) {
  std::vector<double> x(n);
  for (double& value : x) value = 2 * rng.next_unit() - 1;
  return x;
}

}  // namespace weir::ops
