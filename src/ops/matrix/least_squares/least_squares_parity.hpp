// The cases of matrix.least_squares.
#pragma once

#include <memory>
#include <utility>

#include "ops/matrix/factor/cases.hpp"
#include "ops/matrix/least_squares/least_squares.hpp"

namespace weir::ops {

template <>
struct Parity<LeastSquares> {
  using Held = std::pair<factor::CaseMatrix, factor::CaseMatrix>;

  static std::vector<ParityCase<LeastSquares>> cases(std::uint64_t seed) {
    std::vector<ParityCase<LeastSquares>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, false)) {
      factor::CaseShape side = shape;
      side.cols = 1 + shape.rows % 2;
      side.content = factor::Content::kRandom;
      auto held = std::make_shared<const Held>(factor::make_case_matrix(shape),
                                               factor::make_case_matrix(side));
      cases.push_back({shape.name, {.a = held->first.view(), .b = held->second.view()}, held});
    }
    return cases;
  }
  static LeastSquares::Output output(const LeastSquares::Args& args) {
    return {.x = factor::guarded_matrix(args.a.cols, args.b.cols),
            .residuals = parity::guarded<double>(args.b.cols)};
  }
  static std::string compare(const LeastSquares::Args& args, const LeastSquares::Output& expected,
                             const LeastSquares::Output& got) {
    if (expected.rank != got.rank)
      return "rank " + std::to_string(got.rank) + ", expected " + std::to_string(expected.rank);
    // Random matrices of these sizes have conditions whose squares lose at most 9 digits.
    std::string difference = factor::beyond("x", factor::difference(got.x, expected.x),
                                            1e-7 * factor::largest(expected.x));
    const double bound = 1e-7 * factor::largest(args.b);
    for (std::size_t c = 0; c < got.residuals.size() && difference.empty(); ++c)
      difference =
          factor::beyond("residual", std::abs(got.residuals[c] - expected.residuals[c]), bound);
    return difference;
  }
};

}  // namespace weir::ops
