// The cases of matrix.gram.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "ops/matrix/factor/cases.hpp"
#include "ops/matrix/gram/gram.hpp"

namespace weir::ops {

template <>
struct Parity<Gram> {
  struct Held {
    factor::CaseMatrix x;
    std::vector<double> shift, y;
  };

  static std::vector<ParityCase<Gram>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Gram>> cases;
    std::vector<factor::CaseShape> shapes = factor::case_shapes(seed, false);
    shapes.push_back({.name = "tasks [9000, 3]", .rows = 9000, .cols = 3, .seed = seed});
    for (const factor::CaseShape& shape : shapes) {
      if (shape.scale > 1) continue;  // squares overflow
      auto held = std::make_shared<Held>();
      held->x = factor::make_case_matrix(shape);
      if (shape.rows % 3 != 0) held->shift.assign(shape.cols, 0.25);
      if (shape.rows % 2 != 0) held->y.assign(shape.rows, 1.5);
      cases.push_back({shape.name,
                       {.x = held->x.view(), .shift = held->shift, .y = held->y, .y_shift = 0.75},
                       held});
    }
    return cases;
  }
  static Gram::Output output(const Gram::Args& args) {
    const std::size_t cols = args.x.cols;
    return {.gram = factor::guarded_matrix(cols, cols),
            .sums = parity::guarded<double>(cols),
            .xy = parity::guarded<double>(args.y.empty() ? 0 : cols)};
  }
  static std::string compare(const Gram::Args& args, const Gram::Output& expected,
                             const Gram::Output& got) {
    // |z| <= 1.25 and |t| = 0.75 in all cases but those with ones and NaN.
    const auto rows = static_cast<double>(args.x.rows);
    const double bound = (rows + 8) * factor::kUnit * 1.6 * rows;
    const auto differs = [&](double a, double b) {
      return std::isnan(a) || std::isinf(a) ? std::isfinite(b) : !(std::abs(a - b) <= bound);
    };
    for (std::size_t i = 0; i < args.x.cols; ++i) {
      for (std::size_t j = 0; j < args.x.cols; ++j) {
        if (differs(expected.gram(i, j), got.gram(i, j)))
          return "gram(" + std::to_string(i) + ", " + std::to_string(j) + ")";
      }
      if (differs(expected.sums[i], got.sums[i])) return "sums[" + std::to_string(i) + "]";
      if (!got.xy.empty() && differs(expected.xy[i], got.xy[i]))
        return "xy[" + std::to_string(i) + "]";
    }
    if (differs(expected.y_sum, got.y_sum)) return "y_sum";
    return differs(expected.yy, got.yy) ? "yy" : "";
  }
};

}  // namespace weir::ops
