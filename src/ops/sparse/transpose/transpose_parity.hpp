// The parity cases of sparse.transpose.
#pragma once

#include "ops/sparse/parity_matrices.hpp"
#include "ops/sparse/transpose/transpose.hpp"

namespace weir::ops {

template <>
struct Parity<CsrTranspose> {
  static std::vector<ParityCase<CsrTranspose>> cases(std::uint64_t seed) {
    std::vector<ParityCase<CsrTranspose>> cases;
    for (const ParityMatrix& one : parity_matrices(seed)) {
      cases.push_back({one.name, {one.a->view()}, one.a});
    }
    return cases;
  }
  static CsrTranspose::Output output(const CsrTranspose::Args&) { return {}; }
  static std::string compare(const CsrTranspose::Args&, const CsrTranspose::Output& expected,
                             const CsrTranspose::Output& got) {
    return csr_differs(expected.matrix, got.matrix);
  }
};

}  // namespace weir::ops
