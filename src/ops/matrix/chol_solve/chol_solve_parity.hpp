// The cases of matrix.chol_solve.
#pragma once

#include <memory>
#include <utility>

#include "ops/matrix/chol_solve/chol_solve.hpp"
#include "ops/matrix/factor/cases.hpp"

namespace weir::ops {

template <>
struct Parity<CholSolve> {
  using Held = std::pair<factor::CaseMatrix, factor::CaseMatrix>;

  static std::vector<ParityCase<CholSolve>> cases(std::uint64_t seed) {
    std::vector<ParityCase<CholSolve>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, true)) {
      factor::CaseShape side = shape;
      side.cols = shape.rows % 3;
      side.content = factor::Content::kRandom;
      auto held =
          std::make_shared<Held>(factor::make_case_matrix(shape), factor::make_case_matrix(side));
      factor::make_symmetric(held->first, 2 * static_cast<double>(shape.rows) * shape.scale);
      cases.push_back({shape.name, {held->first.view(), held->second.view()}, held});
    }
    return cases;
  }
  static CholSolve::Output output(const CholSolve::Args& args) {
    return {.x = factor::guarded_matrix(args.b.rows, args.b.cols)};
  }
  static std::string compare(const CholSolve::Args& args, const CholSolve::Output& expected,
                             const CholSolve::Output& got) {
    return factor::solution_differs(args, expected, got);
  }
};

}  // namespace weir::ops
