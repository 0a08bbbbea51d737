// The cases of matrix.cholesky: most positive definite, some not.
#pragma once

#include <memory>

#include "ops/matrix/cholesky/cholesky.hpp"
#include "ops/matrix/factor/cases.hpp"

namespace weir::ops {

template <>
struct Parity<Cholesky> {
  static std::vector<ParityCase<Cholesky>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Cholesky>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, true)) {
      auto a = std::make_shared<factor::CaseMatrix>(factor::make_case_matrix(shape));
      const bool definite = shape.rows % 8 != 7;
      factor::make_symmetric(*a, definite ? 2 * static_cast<double>(shape.rows) * shape.scale : 0);
      cases.push_back({shape.name, {a->view()}, a});
    }
    return cases;
  }
  static Cholesky::Output output(const Cholesky::Args& args) {
    return {.lower = factor::guarded_matrix(args.a.rows, args.a.cols)};
  }
  static std::string compare(const Cholesky::Args& args, const Cholesky::Output& expected,
                             const Cholesky::Output& got) {
    return factor::beyond("lower", factor::difference(got.lower, expected.lower),
                          64 * factor::unit_of(args.a) * factor::largest(expected.lower));
  }
};

}  // namespace weir::ops
