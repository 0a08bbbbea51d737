// The parity cases of sparse.spgemm.
#pragma once

#include "ops/sparse/parity_matrices.hpp"
#include "ops/sparse/spgemm/spgemm.hpp"

namespace weir::ops {

template <>
struct Parity<Spgemm> {
  using Data = std::pair<std::shared_ptr<const Csr>, Csr>;

  static std::vector<ParityCase<Spgemm>> cases(std::uint64_t seed) {
    Philox rng(seed, 54);
    std::vector<ParityCase<Spgemm>> cases;
    for (const ParityMatrix& one : parity_matrices(seed)) {
      const std::size_t n = cases.size() % 2 == 0 ? 20 : 9000;
      const auto data = std::make_shared<Data>(one.a, random_csr(rng, one.a->view().cols(), n, 6));
      cases.push_back(
          {one.name + " n=" + std::to_string(n), {data->first->view(), data->second.view()}, data});
    }
    return cases;
  }
  static Spgemm::Output output(const Spgemm::Args&) { return {}; }
  static std::string compare(const Spgemm::Args&, const Spgemm::Output& expected,
                             const Spgemm::Output& got) {
    return csr_differs(expected.matrix, got.matrix);
  }
};

}  // namespace weir::ops
