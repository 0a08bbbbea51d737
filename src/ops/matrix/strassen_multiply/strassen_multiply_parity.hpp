// The cases of matrix.strassen_multiply.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "ops/matrix/strassen_multiply/strassen_multiply.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

template <>
struct Parity<StrassenMultiply> {
  static std::vector<ParityCase<StrassenMultiply>> cases(std::uint64_t seed) {
    std::vector<ParityCase<StrassenMultiply>> all;
    const auto add = [&](std::size_t m, std::size_t n, std::size_t k, std::size_t crossover,
                         double size = 1, double strange = 0) {
      const std::size_t from = all.size() % 3;  // slices that start anywhere
      auto values = std::make_shared<std::vector<double>>(from + m * k + k * n);
      Philox rng(seed++, 6);
      for (double& value : *values) value = size * (2 * rng.next_unit() - 1);
      if (strange != 0) (*values)[values->size() / 3] = strange;
      const double* const at = values->data() + from;
      const StrassenMultiply::Args args{{at, m, k}, {at + m * k, k, n}, crossover};
      all.push_back({"m=" + std::to_string(m) + " n=" + std::to_string(n) +
                         " k=" + std::to_string(k) + " crossover=" + std::to_string(crossover),
                     args, std::shared_ptr<const void>(values)});
    };
    for (const std::size_t rows : {0, 1, 31, 32, 33, 65}) add(rows, 20, 30, 8);
    for (std::size_t length = 1; length < 64; ++length) add(length, 65 - length, length, 4);
    for (const double size : {1e-300, 1e-160, 1e150}) add(40, 41, 42, 8, size);
    for (const double strange :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
      add(20, 21, 22, 30, 1, strange);  // without halving
      add(40, 41, 42, 8, 1, strange);
    }
    add(130, 129, 140, 32);
    Philox rng(seed, 7);
    for (int i = 0; i < 8; ++i) {
      add(rng.next_below(100), rng.next_below(100), rng.next_below(100), 2 + rng.next_below(20));
    }
    return all;
  }
  static bool is_finite(const MatrixView<double>& matrix) {
    for (std::size_t r = 0; r < matrix.rows; ++r) {
      for (const double value : matrix.row(r)) {
        if (!std::isfinite(value)) return false;
      }
    }
    return true;
  }
  static StrassenMultiply::Output output(const StrassenMultiply::Args& args) {
    const auto memory = parity::guarded<double>(args.a.rows * args.b.cols);
    const auto workspace = parity::guarded<double>(StrassenMultiply::workspace_elements(args));
    return {{memory.data(), args.a.rows, args.b.cols}, workspace};
  }
  static std::string compare(const StrassenMultiply::Args& args,
                             const StrassenMultiply::Output& expected,
                             const StrassenMultiply::Output& got) {
    const double bound = StrassenMultiply::error_bound(args) + 0x1p-1060;  // below, steps count
    // Sums and differences of quarters carry what is not finite elsewhere too, and never lose it.
    const bool spreads =
        StrassenMultiply::levels(args) != 0 && !(is_finite(args.a) && is_finite(args.b));
    for (std::size_t r = 0; r < expected.c.rows; ++r) {
      for (std::size_t c = 0; c < expected.c.cols; ++c) {
        const double want = expected.c(r, c);
        const double found = got.c(r, c);
        if (std::isfinite(want) && std::isfinite(found) && std::fabs(want - found) <= bound) {
          continue;
        }
        if (!std::isfinite(found) && (spreads || !std::isfinite(want))) continue;
        return "(" + std::to_string(r) + ", " + std::to_string(c) + "): want " +
               std::to_string(want) + ", got " + std::to_string(found);
      }
    }
    return {};
  }
};

}  // namespace weir::ops
