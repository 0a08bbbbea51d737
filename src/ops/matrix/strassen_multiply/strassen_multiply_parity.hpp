// The cases of matrix.strassen_multiply.
#pragma once

#include <cmath>
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
                         double size = 1) {
      auto values = std::make_shared<std::vector<double>>(m * k + k * n);
      Philox rng(seed++, 6);
      for (double& value : *values) value = size * (2 * rng.next_unit() - 1);
      const StrassenMultiply::Args args{
          {values->data(), m, k}, {values->data() + m * k, k, n}, crossover};
      all.push_back({"m=" + std::to_string(m) + " n=" + std::to_string(n) +
                         " k=" + std::to_string(k) + " crossover=" + std::to_string(crossover),
                     args, std::shared_ptr<const void>(values)});
    };
    for (const std::size_t rows : {0, 1, 31, 32, 33, 65}) add(rows, 20, 30, 8);
    for (std::size_t length = 1; length < 64; ++length) add(length, 65 - length, length, 4);
    for (const double size : {1e-300, 1e-160, 1e150}) add(40, 41, 42, 8, size);
    add(130, 129, 140, 32);
    Philox rng(seed, 7);
    for (int i = 0; i < 8; ++i) {
      add(rng.next_below(100), rng.next_below(100), rng.next_below(100), 2 + rng.next_below(20));
    }
    return all;
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
    for (std::size_t r = 0; r < expected.c.rows; ++r) {
      for (std::size_t c = 0; c < expected.c.cols; ++c) {
        if (std::fabs(expected.c(r, c) - got.c(r, c)) <= bound) continue;
        return "(" + std::to_string(r) + ", " + std::to_string(c) + "): want " +
               std::to_string(expected.c(r, c)) + ", got " + std::to_string(got.c(r, c));
      }
    }
    return {};
  }
};

}  // namespace weir::ops
