// The cases of matrix.lu_solve.
#pragma once

#include <memory>
#include <utility>

#include "ops/matrix/factor/cases.hpp"
#include "ops/matrix/lu_solve/lu_solve.hpp"

namespace weir::ops {

template <>
struct Parity<LuSolve> {
  using Held = std::pair<factor::CaseMatrix, factor::CaseMatrix>;

  static std::vector<ParityCase<LuSolve>> cases(std::uint64_t seed) {
    std::vector<ParityCase<LuSolve>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, true)) {
      factor::CaseShape side = shape;
      side.cols = shape.rows % 3;
      side.content = factor::Content::kRandom;
      auto held =
          std::make_shared<Held>(factor::make_case_matrix(shape), factor::make_case_matrix(side));
      cases.push_back({shape.name, {held->first.view(), held->second.view()}, held});
    }
    return cases;
  }
  static LuSolve::Output output(const LuSolve::Args& args) {
    return {.x = factor::guarded_matrix(args.b.rows, args.b.cols)};
  }
  static std::string compare(const LuSolve::Args& args, const LuSolve::Output& expected,
                             const LuSolve::Output& got) {
    return factor::solution_differs(args, expected, got);
  }
};

}  // namespace weir::ops
