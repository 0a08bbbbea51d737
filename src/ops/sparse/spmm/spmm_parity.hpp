// The parity cases of sparse.spmm.
#pragma once

#include "ops/sparse/parity_matrices.hpp"
#include "ops/sparse/spmm/spmm.hpp"

namespace weir::ops {

template <>
struct Parity<Spmm> {
  struct Data {
    std::shared_ptr<const Csr> a;
    std::vector<double> b;
  };

  static std::vector<ParityCase<Spmm>> cases(std::uint64_t seed) {
    Philox rng(seed, 53);
    std::vector<ParityCase<Spmm>> cases;
    const std::size_t widths[] = {0, 1, 3, 31, 33, 70};
    for (const ParityMatrix& one : parity_matrices(seed)) {
      const auto data = std::make_shared<Data>();
      const std::size_t n = widths[cases.size() % 6];
      const std::size_t stride = n + cases.size() % 3;
      const std::size_t rows = one.a->view().cols();
      data->a = one.a;
      data->b = parity_vector(rng, rows * stride);
      cases.push_back({one.name + " n=" + std::to_string(n),
                       {data->a->view(), MatrixView<double>(data->b.data(), rows, n, stride)},
                       data});
    }
    return cases;
  }
  static Spmm::Output output(const Spmm::Args& args) {
    const std::span<double> c = parity::guarded<double>(args.a.rows() * args.b.cols);
    return {MutableMatrixView<double>(c.data(), args.a.rows(), args.b.cols)};
  }
  static std::string compare(const Spmm::Args&, const Spmm::Output& expected,
                             const Spmm::Output& got) {
    return parity::bits_differ<double>(std::span(expected.c.data, expected.c.size()),
                                       std::span(got.c.data, got.c.size()), "c");
  }
};

}  // namespace weir::ops
