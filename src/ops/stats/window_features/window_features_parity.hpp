// The parity cases of stats.window_features: every form of window, at the edges of blocks, pieces
// and the series.
#pragma once

#include "base/rng.hpp"
#include "ops/parity/case.hpp"
#include "ops/stats/parity_columns.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::ops {

template <>
struct Parity<WindowFeatures> {
  using Args = WindowFeatures::Args;
  using Output = WindowFeatures::Output;

  static std::vector<ParityCase<WindowFeatures>> cases(std::uint64_t seed) {
    std::vector<ParityCase<WindowFeatures>> cases;
    const auto add = [&](std::size_t n, std::size_t size, std::size_t stride,
                         ParityContent content) {
      ParityColumn column =
          parity_column("rows=" + std::to_string(n) + " size=" + std::to_string(size) +
                            " stride=" + std::to_string(stride),
                        seed + cases.size(), n, n % 5, content, false, 0.0);
      cases.push_back(
          {column.name, {.series = column.x.f64, .size = size, .stride = stride}, column.data});
    };
    for (std::size_t n = 0; n <= 65; ++n) add(n, 5 + n % 9, 1 + n % 3, ParityContent::kUsual);
    for (const std::size_t size : {5U, 8U, 63U, 64U, 65U, 255U, 256U}) {
      for (const std::size_t stride : {1U, 2U, 7U, 15U, 64U, 300U}) {
        add(size + 700, size, stride, ParityContent::kUsual);
      }
    }
    for (const std::size_t size : {257U, 300U, 448U, 513U, 1000U}) {
      for (const std::size_t stride : {1U, 3U, 70U, 128U, 600U}) {
        add(2 * size + 333, size, stride, ParityContent::kUsual);
      }
    }
    add(3000, 64, 1, ParityContent::kFarFromZero);
    add(2000, 64, 1, ParityContent::kWide);
    add(2000, 320, 9, ParityContent::kWide);
    add(1500, 16, 1, ParityContent::kWithInfinities);
    add(1500, 32, 5, ParityContent::kWithNan);
    add(1500, 400, 30, ParityContent::kWithNan);
    add(70'000, 65'536, 900, ParityContent::kUsual);
    add(40'000, 64, 1, ParityContent::kUsual);
    add(40, 4, 1, ParityContent::kUsual);
    add(40, 8, 0, ParityContent::kUsual);
    // Bins that overflow: infinities, and NaN where they meet.
    const auto huge = std::make_shared<std::vector<double>>(1500, 1.7e308);
    cases.push_back({"the largest values", {.series = *huge, .size = 64, .stride = 1}, huge});
    cases.push_back({"the largest values", {.series = *huge, .size = 400, .stride = 9}, huge});
    Philox rng(seed, 5);
    for (int i = 0; i < 8; ++i) {
      const std::size_t size = 5 + rng.next_below(600);
      add(size + rng.next_below(1500), size, 1 + rng.next_below(i < 4 ? 5 : 300),
          static_cast<ParityContent>(rng.next_below(5)));
    }
    return cases;
  }
  static Output output(const Args& args) {
    if (!WindowFeatures::check(args).is_ok()) return {};
    return {parity::guarded<double>(
        kWindowFeatures * WindowFeatures::windows(args.series.size(), args.size, args.stride))};
  }
  static std::string compare(const Args&, const Output& expected, const Output& got) {
    return parity::bits_differ(std::span<const double>(expected.features),
                               std::span<const double>(got.features), "features");
  }
};

}  // namespace weir::ops
