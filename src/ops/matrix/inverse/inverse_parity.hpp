// The cases of matrix.inverse.
#pragma once

#include <memory>

#include "ops/matrix/factor/cases.hpp"
#include "ops/matrix/inverse/inverse.hpp"

namespace weir::ops {

template <>
struct Parity<Inverse> {
  static std::vector<ParityCase<Inverse>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Inverse>> cases;
    for (const factor::CaseShape& shape : factor::case_shapes(seed, true)) {
      auto a = std::make_shared<const factor::CaseMatrix>(factor::make_case_matrix(shape));
      cases.push_back({shape.name, {a->view()}, a});
    }
    return cases;
  }
  static Inverse::Output output(const Inverse::Args& args) {
    return {.inverse = factor::guarded_matrix(args.a.rows, args.a.cols)};
  }
  static std::string compare(const Inverse::Args& args, const Inverse::Output& expected,
                             const Inverse::Output& got) {
    if (args.a.empty()) return parity::bits_differ(expected.rcond, got.rcond, "rcond");
    const double relative = 64 * factor::unit_of(args.a) / expected.rcond;
    std::string difference =
        factor::beyond("inverse", factor::difference(got.inverse, expected.inverse),
                       relative * factor::largest(expected.inverse));
    if (difference.empty())
      difference = factor::beyond("rcond", std::abs(got.rcond / expected.rcond - 1), relative);
    return difference;
  }
};

}  // namespace weir::ops
