// The cases of matrix.randomized_svd.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "ops/matrix/factor/cases.hpp"
#include "ops/matrix/randomized_svd/randomized_svd.hpp"

namespace weir::ops {

template <>
struct Parity<RandomizedSvd> {
  using Held = std::pair<factor::CaseMatrix, std::vector<double>>;

  static std::vector<ParityCase<RandomizedSvd>> cases(std::uint64_t seed) {
    std::vector<ParityCase<RandomizedSvd>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, false)) {
      std::vector<double> shift(shape.rows % 2 == 0 ? shape.cols : 0, 0.25 * shape.scale);
      auto held = std::make_shared<const Held>(factor::make_case_matrix(shape), std::move(shift));
      cases.push_back({shape.name,
                       {.a = held->first.view(),
                        .rank = 1 + shape.rows % 5,
                        .oversample = 3,
                        .power = shape.rows % 3,
                        .seed = shape.seed,
                        .shift = held->second},
                       held});
    }
    return cases;
  }
  static RandomizedSvd::Output output(const RandomizedSvd::Args& args) {
    const std::size_t k = RandomizedSvd::rank_of(args);
    return {.u = factor::guarded_matrix(args.a.rows, k),
            .values = parity::guarded<double>(k),
            .vt = factor::guarded_matrix(k, args.a.cols)};
  }
  // Values and the bound are those of the same random block.
  static std::string compare(const RandomizedSvd::Args& args, const RandomizedSvd::Output& expected,
                             const RandomizedSvd::Output& got) {
    const double unit = 20 * factor::unit_of(args.a);
    const double norm = factor::norm_frobenius(args.a);
    std::string difference = factor::not_orthonormal("U'U - 1", got.u, unit);
    if (difference.empty())
      difference = factor::not_orthonormal("VV' - 1", factor::transposed(got.vt).view(), unit);
    for (std::size_t i = 0; i < got.values.size() && difference.empty(); ++i)
      difference =
          factor::beyond("value", std::abs(got.values[i] - expected.values[i]), 1e-9 * norm);
    if (difference.empty())
      difference = factor::beyond("error bound", std::abs(got.error_bound - expected.error_bound),
                                  1e-7 * norm);
    return difference;
  }
};

}  // namespace weir::ops
