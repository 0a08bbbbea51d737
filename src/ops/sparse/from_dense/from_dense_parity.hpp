// The parity cases of sparse.from_dense.
#pragma once

#include "ops/sparse/from_dense/from_dense.hpp"
#include "ops/sparse/parity_matrices.hpp"

namespace weir::ops {

template <>
struct Parity<CsrFromDense> {
  static std::vector<ParityCase<CsrFromDense>> cases(std::uint64_t seed) {
    Philox rng(seed, 56);
    std::vector<ParityCase<CsrFromDense>> cases;
    const auto add = [&](std::size_t rows, std::size_t cols) {
      const std::size_t stride = cols + rng.next_below(3);
      const std::size_t before = rng.next_below(4);
      const auto data =
          std::make_shared<std::vector<double>>(parity_vector(rng, before + rows * stride));
      const std::uint32_t zeros = 1 + rng.next_below(3);  // about a quarter to three
      for (double& value : *data) {
        if (rng.next_below(4) < zeros) value = rng.next_below(9) == 0 ? -0.0 : 0.0;
      }
      const auto format = rows % 2 == 0 ? MatrixFormat::kAuto : MatrixFormat::kCsr;
      cases.push_back({std::to_string(rows) + " x " + std::to_string(cols),
                       {MatrixView<double>(data->data() + before, rows, cols, stride), format},
                       data});
    };
    for (const std::size_t rows : {0U, 1U, 31U, 32U, 33U, 65U}) {
      for (const std::size_t cols : {0U, 1U, 63U, 513U}) add(rows, cols);
    }
    for (std::size_t cols = 2; cols < 63; ++cols) add(1 + cols % 5, cols);
    for (int i = 0; i < 8; ++i) {
      const std::uint32_t rows = rng.next_below(200);
      add(rows, rng.next_below(400));
    }
    return cases;
  }
  static CsrFromDense::Output output(const CsrFromDense::Args&) { return {}; }
  static std::string compare(const CsrFromDense::Args&, const CsrFromDense::Output& expected,
                             const CsrFromDense::Output& got) {
    if (expected.zeros != got.zeros || expected.converted != got.converted) {
      return "expected " + std::to_string(expected.zeros) + " zeros, got " +
             std::to_string(got.zeros);
    }
    return csr_differs(expected.matrix, got.matrix);
  }
};

}  // namespace weir::ops
