// Bins: where a value falls, the same on every machine. Counters lie in a row: [0] below, [1 ..
// bins] the bins, [bins + 1] above, [bins + 2] NaN.
//
//   const std::vector<double> edges = Bins::edges_of(args);
//   const Bins bins = Bins::of(args, edges);
//   ++counters[bins.place_of(x)];
#pragma once

#include <vector>

#include "base/host_device.hpp"
#include "ops/stats/histogram/histogram.hpp"

namespace weir::ops {

inline constexpr std::size_t kHistogramBlock = 4096;  // values whose counts a device's block keeps

struct Bins {
  const double* edges;  // count + 1
  std::size_t count;
  double low;
  double per_unit;  // bins; 0: they are of different widths
  double step;      // width of equal bins

  static std::vector<double> edges_of(const Histogram::Args& args) {
    std::vector<double> edges(args.edges.begin(), args.edges.end());
    if (!edges.empty()) return edges;
    for (std::size_t i = 0; i < args.bins; ++i) {
      edges.push_back(args.low + static_cast<double>(i) * width_of(args));
    }
    edges.push_back(args.high);
    return edges;
  }
  static Bins of(const Histogram::Args& args, const std::vector<double>& edges) {
    const std::size_t count = edges.size() - 1;
    const double per_unit = static_cast<double>(count) / (edges.back() - edges.front());
    const bool equal = args.edges.empty() && per_unit - per_unit == 0;
    return {edges.data(), count, edges.front(), equal ? per_unit : 0.0, width_of(args)};
  }
  // Of equal bins. Histogram::check sees to it that a quarter of it moves the outermost edges: it
  // is about two units of their last place or more.
  static double width_of(const Histogram::Args& args) {
    return args.edges.empty() ? (args.high - args.low) / static_cast<double>(args.bins) : 0.0;
  }
  std::size_t counters() const { return count + 3; }

  WEIR_HD std::size_t place_of(double x) const {
    if (x != x) return count + 2;
    if (x < edges[0]) return 0;
    if (!(x <= edges[count])) return count + 1;
    return 1 + (per_unit > 0 ? guess(x) : search(x));
  }

 private:
  // Equal bins: the product is at most one bin off, and the edges themselves decide.
  WEIR_HD std::size_t guess(double x) const {
    const auto estimate = static_cast<std::size_t>((x - low) * per_unit);
    std::size_t bin = estimate < count ? estimate : count - 1;
    if (bin > 0 && x < edges[bin]) return bin - 1;
    if (bin + 1 < count && x >= edges[bin + 1]) return bin + 1;
    return bin;
  }
  WEIR_HD std::size_t search(double x) const {
    std::size_t bin = 0;  // edges[bin] <= x
    for (std::size_t left = count; left > 1;) {
      const std::size_t half = left / 2;
      bin = x >= edges[bin + half] ? bin + half : bin;
      left -= half;
    }
    return bin;
  }
};

}  // namespace weir::ops
