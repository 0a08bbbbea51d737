// The parity cases of sparse.spmv.
#pragma once

#include "ops/sparse/parity_matrices.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {

template <>
struct Parity<Spmv> {
  struct Data {
    std::shared_ptr<const Csr> a;
    std::vector<double> x;
  };

  static std::vector<ParityCase<Spmv>> cases(std::uint64_t seed) {
    Philox rng(seed, 52);
    std::vector<ParityCase<Spmv>> cases;
    for (const ParityMatrix& one : parity_matrices(seed)) {
      const auto data = std::make_shared<Data>();
      data->a = one.a;
      const std::size_t cols = one.a->view().cols();
      data->x = cases.size() % 2 == 0 ? random_vector(rng, cols) : parity_vector(rng, cols);
      cases.push_back({one.name, {data->a->view(), data->x}, data});
    }
    return cases;
  }
  static Spmv::Output output(const Spmv::Args& args) {
    return {parity::guarded<double>(args.a.rows())};
  }
  static std::string compare(const Spmv::Args&, const Spmv::Output& expected,
                             const Spmv::Output& got) {
    return parity::bits_differ<double>(expected.y, got.y, "y");
  }
};

}  // namespace weir::ops
