// The cases of matrix.qr.
#pragma once

#include <algorithm>
#include <memory>

#include "ops/matrix/factor/cases.hpp"
#include "ops/matrix/qr/qr.hpp"

namespace weir::ops {

template <>
struct Parity<Qr> {
  static std::vector<ParityCase<Qr>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Qr>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, false)) {
      auto a = std::make_shared<const factor::CaseMatrix>(factor::make_case_matrix(shape));
      cases.push_back({shape.name, {a->view()}, a});
    }
    return cases;
  }
  static Qr::Output output(const Qr::Args& args) {
    const std::size_t k = std::min(args.a.rows, args.a.cols);
    return {.q = factor::guarded_matrix(args.a.rows, k),
            .r = factor::guarded_matrix(k, args.a.cols)};
  }
  // By the product and the orthogonality: where columns depend, Q is not the only one. R has the
  // reference's columns, whose norms are A's.
  static std::string compare(const Qr::Args& args, const Qr::Output& expected,
                             const Qr::Output& got) {
    if (args.a.empty()) return {};
    const double unit = 10 * factor::unit_of(args.a);
    const double bound = unit * factor::norm_frobenius(args.a);
    std::string difference = factor::not_orthonormal("Q'Q - 1", got.q, unit);
    if (difference.empty())
      difference = factor::beyond("QR - A", factor::product_error(got.q, got.r, args.a), bound);
    if (difference.empty())
      difference = factor::beyond("R(0, 0)", std::abs(got.r(0, 0) - expected.r(0, 0)), bound);
    for (std::size_t r = 0; r < got.r.rows && difference.empty(); ++r) {
      for (std::size_t c = 0; c <= r && c < got.r.cols; ++c) {
        if (c < r ? got.r(r, c) != 0 : !(got.r(r, c) >= 0)) difference = "R is no such triangle";
      }
    }
    return difference;
  }
};

}  // namespace weir::ops
