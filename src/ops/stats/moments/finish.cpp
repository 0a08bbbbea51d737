#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "ops/stats/moments/moments.hpp"

namespace weir::ops {
namespace {

using numeric::one_nan;

// Null where a power leaves the normal range of finite data: its quotient would say nothing.
std::optional<double> quotient(double mean_power, double divisor) {
  constexpr double kNormalMin = std::numeric_limits<double>::min();
  if (divisor < kNormalMin || divisor == numeric::kInfinity) return std::nullopt;
  if (std::abs(mean_power) == numeric::kInfinity) return std::nullopt;
  return mean_power / divisor;
}

void shape(const MomentsOf::Args& args, const numeric::Moments& m, MomentsOf::Output& out) {
  const double n = m.count;
  const double v = m.m2 / n;
  const double unit = 1e-15 * std::abs(m.mean);
  if (v <= unit * unit) return;
  std::optional<double> skewness = quotient(m.m3 / n, v * std::sqrt(v));
  std::optional<double> kurtosis = quotient(m.m4 / n, v * v);
  if (!std::isfinite(m.mean)) skewness = kurtosis = numeric::kNan;
  if (skewness && args.bias) out.skewness = one_nan(*skewness);
  if (skewness && !args.bias && n > 2) {
    out.skewness = one_nan(*skewness * (std::sqrt(n * (n - 1)) / (n - 2)));
  }
  if (!kurtosis) return;
  const double excess = *kurtosis - 3;
  if (args.bias) out.kurtosis = one_nan(excess);
  if (!args.bias && n > 3) {
    out.kurtosis = one_nan(((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * excess + 6));
  }
}

}  // namespace

Status MomentsOf::finish(const Args& args, const Piece<MomentsPartial>& whole, Output& out) {
  const PieceCounts& counts = whole.counts;
  const auto& [m, low, high] = whole.partial;
  if (counts.nans != 0 && args.nan == NanPolicy::kRaise) return nan_found(counts.first_nan);
  out = {};
  out.count = counts.valid;
  out.nulls = counts.nulls;
  out.nans = counts.nans;
  out.partial = {one_nan(m), low, high};
  if (counts.valid == 0) return Status::ok();
  const bool nan = counts.nans != 0 && args.nan == NanPolicy::kPropagate;
  out.mean = one_nan(m.mean);
  out.min = nan ? numeric::kNan : low + 0.0;  // -0.0 becomes 0.0
  out.max = nan ? numeric::kNan : high + 0.0;
  if (counts.valid > args.ddof) {
    out.variance = one_nan(m.m2 / (m.count - static_cast<double>(args.ddof)));
  }
  shape(args, m, out);
  return Status::ok();
}

Status MomentsOf::check(const Args& args) {
  if (args.ddof > 1) {
    return invalid_argument("ddof", "ddof is " + std::to_string(args.ddof))
        .at("ddof")
        .hint("use 0 (population) or 1 (sample)");
  }
  return check_values(args.x, "x");
}

Support MomentsOf::supports(const Args&, device::Kind) {
  return Support::yes();
}

Footprint MomentsOf::footprint(const Args& args) {
  const std::size_t n = args.x.size();
  return {.rows = n,
          .bytes_in = n * args.x.value_bytes() + (args.x.validity != nullptr ? n / 8 : 0),
          .bytes_scratch = canonical_blocks(n) * sizeof(Piece<MomentsPartial>),
          .flops = 12.0 * static_cast<double>(n),
          .ceiling = Ceiling::kDram};
}

}  // namespace weir::ops
