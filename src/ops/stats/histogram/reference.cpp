#include <algorithm>
#include <string>

#include "base/number_text.hpp"
#include "base/result.hpp"
#include "ops/stats/histogram/bins.hpp"

namespace weir::ops {
namespace {

bool finite(double x) {
  return x - x == 0;
}

}  // namespace

Status Histogram::check(const Args& args) {
  WEIR_TRY(check_values(args.x, "x"));
  const std::size_t bins = args.bin_count();
  if (bins < 1 || bins > kBinsMax) {
    return invalid_argument("bins", std::to_string(bins) + " bins")
        .at("bins")
        .hint("use 1 to 16777216");
  }
  if (args.edges.empty()) {
    const double part = (args.high - args.low) / static_cast<double>(bins) / 4;
    if (finite(args.low) && finite(args.high) && finite(part) && args.low + part > args.low &&
        args.high - part < args.high) {
      return Status::ok();
    }
    return invalid_argument("bins", std::to_string(bins) + " bins of " + number_text(args.low) +
                                        " to " + number_text(args.high))
        .at("low")
        .hint("use a finite low below a finite high, and bins of more than their rounding");
  }
  for (std::size_t i = 0; i < args.edges.size(); ++i) {
    if (finite(args.edges[i]) && (i == 0 || args.edges[i - 1] < args.edges[i])) continue;
    return invalid_argument("edges",
                            "edge " + std::to_string(i) + " is " + number_text(args.edges[i]))
        .at("edges")
        .hint("use finite edges, each above the one before");
  }
  return Status::ok();
}

Status Histogram::check_output(const Args& args, const Output& out) {
  if (out.counts.size() == args.bin_count()) return Status::ok();
  return invalid_argument("shapes", "room for " + std::to_string(out.counts.size()) +
                                        " counts of " + std::to_string(args.bin_count()) + " bins")
      .at("counts")
      .hint("give one counter a bin");
}

Support Histogram::supports(const Args& args, device::Kind kind) {
  if (kind == device::Kind::kCpu || args.bin_count() <= kDeviceBinsMax) return Support::yes();
  return Support::no(Reason::kUnsupportedShape, "more than 1,024 bins run on the CPU");
}

Footprint Histogram::footprint(const Args& args) {
  const std::size_t n = args.x.size();
  const std::size_t counters = args.bin_count() + 4;
  const std::size_t blocks = (n + kHistogramBlock - 1) / kHistogramBlock;
  return {.rows = n,
          .bytes_in = n * args.x.value_bytes() + (args.x.validity != nullptr ? n / 8 : 0),
          .bytes_scratch = blocks * counters * sizeof(std::uint32_t),
          .bytes_resident = counters * sizeof(double),
          .flops = 8.0 * static_cast<double>(n),
          .ceiling = Ceiling::kDram};
}

Status Histogram::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::vector<double> edges = Bins::edges_of(args);
  std::fill(out.counts.begin(), out.counts.end(), 0);
  out.below = out.above = out.nans = out.nulls = 0;
  for (std::size_t i = 0; i < args.x.size(); ++i) {
    const double x = args.x.at(i);
    if (!args.x.valid(i)) {
      ++out.nulls;
    } else if (x != x) {
      ++out.nans;
    } else if (x < edges.front()) {
      ++out.below;
    } else if (x > edges.back()) {
      ++out.above;
    } else {
      const auto above = std::upper_bound(edges.begin(), edges.end() - 1, x);
      ++out.counts[static_cast<std::size_t>(above - edges.begin()) - 1];
    }
  }
  return Status::ok();
}

}  // namespace weir::ops
