// The matrices that the sparse ops are tried on.
//
//   for (const ParityMatrix& matrix : parity_matrices(seed)) use(matrix.a->view());
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "ops/parity/case.hpp"
#include "ops/sparse/sparse_sample.hpp"

namespace weir::ops {

struct ParityMatrix {
  std::string name;
  std::shared_ptr<const Csr> a;
};

// Values that sums stumble over, among ordinary ones.
inline double parity_value(Philox& rng) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const double strange[] = {0.0,    -0.0,   1e300,
                            -1e300, 1e-300, 5e-324,
                            kInf,   -kInf,  std::numeric_limits<double>::quiet_NaN()};
  return rng.next_below(40) == 0 ? strange[rng.next_below(9)] : 2 * rng.next_unit() - 1;
}

// A row of every length to 63, and of lengths about a canonical block, in scattered columns.
inline Csr rows_of_every_length(Philox& rng, bool strange) {
  CsrParts parts{.rows = 0, .cols = 4400};
  const auto add = [&](std::size_t n) {
    const auto step = static_cast<std::uint32_t>(n == 0 ? 1 : parts.cols / n);
    for (std::size_t i = 0; i < n; ++i) {
      parts.columns.push_back(static_cast<std::uint32_t>(i) * step + rng.next_below(step));
      parts.values.push_back(strange ? parity_value(rng) : 2 * rng.next_unit() - 1);
    }
    parts.offsets.push_back(parts.columns.size());
    ++parts.rows;
  };
  for (std::size_t n = 0; n <= 63; ++n) add(n);
  for (const std::size_t n : {1023U, 1024U, 0U, 1025U, 2048U, 3U, 4100U}) add(n);
  return Csr(std::move(parts));
}

inline std::vector<ParityMatrix> parity_matrices(std::uint64_t seed) {
  Philox rng(seed, 51);
  std::vector<ParityMatrix> all;
  const auto add = [&](const std::string& name, Csr a) {
    all.push_back({name, std::make_shared<const Csr>(std::move(a))});
  };
  for (const std::size_t n : {0U, 1U, 31U, 32U, 33U, 65U, 700U}) {
    add("tridiagonal n=" + std::to_string(n), tridiagonal(n, -1, 2, -1));
  }
  add("every length", rows_of_every_length(rng, false));
  add("every length, strange values", rows_of_every_length(rng, true));
  add("no columns", random_csr(rng, 40, 0, 3));
  add("empty rows", random_csr(rng, 300, 50, 0));
  for (std::size_t shape = 0; shape < 8; ++shape) {
    const std::size_t rows = rng.next_below(400);
    const std::size_t cols = 1 + rng.next_below(300);
    add("random shape " + std::to_string(shape), random_csr(rng, rows, cols, rng.next_below(40)));
  }
  return all;
}

inline std::vector<double> parity_vector(Philox& rng, std::size_t n) {
  std::vector<double> x(n);
  for (double& value : x) value = parity_value(rng);
  return x;
}

// "" or where two matrices differ first, by bits.
inline std::string csr_differs(const Csr& expected, const Csr& got) {
  const auto shape = [](const Csr& a) {
    return std::to_string(a.parts().rows) + " x " + std::to_string(a.parts().cols);
  };
  if (shape(expected) != shape(got)) return "expected " + shape(expected) + ", got " + shape(got);
  std::string difference = parity::bits_differ<std::uint64_t>(expected.view().offsets(),
                                                              got.view().offsets(), "offsets");
  if (difference.empty()) {
    difference = parity::bits_differ<std::uint32_t>(expected.view().columns(), got.view().columns(),
                                                    "columns");
  }
  if (difference.empty()) {
    difference =
        parity::bits_differ<double>(expected.view().values(), got.view().values(), "values");
  }
  return difference;
}

}  // namespace weir::ops
