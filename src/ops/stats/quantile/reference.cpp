#include <algorithm>
#include <string>
#include <vector>

#include "base/number_text.hpp"
#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/stats/quantile/quantile.hpp"

namespace weir::ops {

Status Quantile::check(const Args& args) {
  for (std::size_t i = 0; i < args.q.size(); ++i) {
    if (args.q[i] >= 0 && args.q[i] <= 1) continue;
    return invalid_argument("quantile_range",
                            "fraction " + std::to_string(i) + " is " + number_text(args.q[i]))
        .at("q")
        .hint("use 0 to 1");
  }
  return check_values(args.x, "x");
}

Status Quantile::check_output(const Args& args, const Output& out) {
  if (out.values.size() == args.q.size()) return Status::ok();
  return invalid_argument("shapes", "room for " + std::to_string(out.values.size()) +
                                        " quantiles of " + std::to_string(args.q.size()))
      .at("values")
      .hint("give one number a fraction");
}

Support Quantile::supports(const Args&, device::Kind kind) {
  return kind == device::Kind::kCpu
             ? Support::yes()
             : Support::no(Reason::kUnsupportedShape, "selection runs on the CPU");
}

Footprint Quantile::footprint(const Args& args) {
  const std::size_t n = args.x.size();
  return {.rows = n,
          .bytes_in = 2 * n * args.x.value_bytes(),
          .flops = 4.0 * static_cast<double>(n),
          .ceiling = Ceiling::kDram,
          .chunkable = false};
}

Quantile::Ranks Quantile::ranks_of(double q, std::size_t n) {
  const double h = static_cast<double>(n - 1) * q;
  const auto low = std::min(static_cast<std::size_t>(h), n - 1);
  const double part = h - static_cast<double>(low);
  return {low, part > 0 ? std::min(low + 1, n - 1) : low, part};
}

double Quantile::between(Interpolation interpolation, const Ranks& ranks, double low, double high) {
  if (low == high) return low;
  switch (interpolation) {
    case Interpolation::kLinear:
      // The distance of two finite values may leave the range; what lies between them does not.
      if (high - low == numeric::kInfinity && low != -numeric::kInfinity &&
          high != numeric::kInfinity) {
        return low * (1 - ranks.part) + high * ranks.part;
      }
      return numeric::one_nan(low + (high - low) * ranks.part);
    case Interpolation::kLower:
      return low;
    case Interpolation::kHigher:
      return high;
    case Interpolation::kNearest:
      if (ranks.part == 0.5) return ranks.low % 2 == 0 ? low : high;
      return ranks.part < 0.5 ? low : high;
    case Interpolation::kMidpoint:
      return numeric::one_nan(low * 0.5 + high * 0.5);
  }
  return numeric::kNan;
}

Status Quantile::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::vector<double> sorted;
  out.count = out.nulls = out.nans = 0;
  for (std::size_t i = 0; i < args.x.size(); ++i) {
    const double value = args.x.at(i);
    if (!args.x.valid(i)) {
      ++out.nulls;
    } else if (value == value) {
      sorted.push_back(value + 0.0);  // -0.0 becomes 0.0
    } else {
      if (args.nan == NanPolicy::kRaise) return nan_found(i);
      ++out.nans;
    }
  }
  std::sort(sorted.begin(), sorted.end());
  const bool nan = out.nans != 0 && args.nan == NanPolicy::kPropagate;
  out.count = sorted.size() + (nan ? out.nans : 0);
  for (std::size_t i = 0; i < args.q.size(); ++i) {
    out.values[i] = numeric::kNan;
    if (nan || sorted.empty()) continue;
    const Ranks ranks = ranks_of(args.q[i], sorted.size());
    out.values[i] = between(args.interpolation, ranks, sorted[ranks.low], sorted[ranks.high]);
  }
  return Status::ok();
}

}  // namespace weir::ops
