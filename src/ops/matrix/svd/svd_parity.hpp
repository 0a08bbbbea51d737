// The cases of matrix.svd.
#pragma once

#include <algorithm>
#include <memory>

#include "ops/matrix/factor/cases.hpp"
#include "ops/matrix/svd/svd.hpp"

namespace weir::ops {

template <>
struct Parity<Svd> {
  static std::vector<ParityCase<Svd>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Svd>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, false)) {
      auto a = std::make_shared<const factor::CaseMatrix>(factor::make_case_matrix(shape));
      cases.push_back({shape.name, {a->view()}, a});
    }
    return cases;
  }
  static Svd::Output output(const Svd::Args& args) {
    const std::size_t k = std::min(args.a.rows, args.a.cols);
    return {.u = factor::guarded_matrix(args.a.rows, k),
            .values = parity::guarded<double>(k),
            .vt = factor::guarded_matrix(k, args.a.cols)};
  }
  // Values against the reference; vectors by what they must do, for those of equal values are free.
  static std::string compare(const Svd::Args& args, const Svd::Output& expected,
                             const Svd::Output& got) {
    const double unit = 20 * factor::unit_of(args.a);
    const double bound = unit * factor::norm_frobenius(args.a);
    std::string difference = factor::not_orthonormal("U'U - 1", got.u, unit);
    if (difference.empty())
      difference = factor::not_orthonormal("VV' - 1", factor::transposed(got.vt).view(), unit);
    if (difference.empty()) {
      const Matrix<double> scaled = factor::scaled_columns(got.u, got.values);
      difference =
          factor::beyond("USV' - A", factor::product_error(scaled.view(), got.vt, args.a), bound);
    }
    for (std::size_t i = 0; i < got.values.size() && difference.empty(); ++i)
      difference = factor::beyond("value", std::abs(got.values[i] - expected.values[i]), bound);
    return difference;
  }
};

}  // namespace weir::ops
