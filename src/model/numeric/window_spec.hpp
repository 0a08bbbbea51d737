// WindowSpec: which windows of a series features are extracted from, and which features.
//
//   const WindowSpec spec{.size = 64, .stride = 1};
//   std::vector<double> out(window_count(1'000'000, spec) * kWindowFeatures);
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace weir::model {

struct WindowSpec {
  std::size_t size = 64;   // 5 to 65,536 values
  std::size_t stride = 1;  // from one window's first value to the next one's, at least 1
};

inline constexpr std::size_t kWindowFeatures = 10;
inline constexpr std::array<std::string_view, kWindowFeatures> kWindowFeatureNames = {
    "mean", "variance", "skewness", "min", "max", "x0", "x1", "x2", "x3", "x4"};

// Returns how many windows lie wholly within `values` values.
constexpr std::size_t window_count(std::size_t values, const WindowSpec& spec) {
  return values < spec.size ? 0 : (values - spec.size) / spec.stride + 1;
}

}  // namespace weir::model
