// The cases of matrix.eigen_symmetric.
#pragma once

#include <memory>

#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"
#include "ops/matrix/factor/cases.hpp"

namespace weir::ops {

template <>
struct Parity<EigenSymmetric> {
  static std::vector<ParityCase<EigenSymmetric>> cases(std::uint64_t seed) {
    std::vector<ParityCase<EigenSymmetric>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, true)) {
      if (shape.rows > 70) continue;  // the reference needs seconds for them
      auto a = std::make_shared<factor::CaseMatrix>(factor::make_case_matrix(shape));
      factor::make_symmetric(*a, 0);
      cases.push_back({shape.name, {a->view()}, a});
    }
    return cases;
  }
  static EigenSymmetric::Output output(const EigenSymmetric::Args& args) {
    return {.values = parity::guarded<double>(args.a.rows),
            .vectors = factor::guarded_matrix(args.a.rows, args.a.rows)};
  }
  // Values against the reference; vectors by what they must do, for those of equal values are free.
  static std::string compare(const EigenSymmetric::Args& args,
                             const EigenSymmetric::Output& expected,
                             const EigenSymmetric::Output& got) {
    const double unit = 20 * factor::unit_of(args.a);
    const double bound = unit * factor::norm_frobenius(args.a);
    std::string difference = factor::not_orthonormal("V'V - 1", got.vectors, unit);
    if (difference.empty()) {
      const Matrix<double> scaled = factor::scaled_columns(got.vectors, got.values);
      difference = factor::beyond("AV - V diag(values)",
                                  factor::product_error(args.a, got.vectors, scaled.view()), bound);
    }
    for (std::size_t i = 0; i < got.values.size() && difference.empty(); ++i)
      difference = factor::beyond("value", std::abs(got.values[i] - expected.values[i]), bound);
    return difference;
  }
};

}  // namespace weir::ops
