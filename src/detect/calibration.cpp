#include "detect/calibration.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/check.hpp"
#include "base/numeric/elementary.hpp"

namespace weir::detect {
namespace {

constexpr std::uint32_t kFormatVersion = 1;
constexpr int kKnotsPerDecade = 64;
constexpr int kLawKnotsPerDecade = 16;
constexpr std::size_t kTopRows = 10;  // above the 10th largest the fitted law speaks
constexpr double kLawShare = 0.02;    // of the rows, which the law is fitted to
constexpr double kLeastP = 1e-9;
constexpr std::size_t kKnotsMax = 4096;

// A generalised Pareto law of the exceedances over u.
struct Law {
  double u = 0;
  double share = 0;  // of all rows that exceed u
  double xi = 0;
  double sigma = 0;  // 0: the exceedances are all alike, no law

  // Returns the value that is exceeded with probability p < share.
  double quantile(double p) const {
    const double ratio = share / p;
    if (numeric::absolute(xi) < 1e-6) return u + sigma * numeric::ln(ratio);
    return u + sigma / xi * (numeric::pow(ratio, xi) - 1);
  }
};

// Fits by probability-weighted moments. sorted: rising.
Law fit_law(std::span<const float> sorted) {
  const std::size_t n = sorted.size();
  const auto m = static_cast<std::size_t>(kLawShare * static_cast<double>(n));
  Law law;
  law.u = sorted[n - m - 1];
  law.share = static_cast<double>(m) / static_cast<double>(n);
  double a0 = 0;
  double a1 = 0;
  for (std::size_t i = 1; i <= m; ++i) {
    const double y = static_cast<double>(sorted[n - m - 1 + i]) - law.u;
    a0 += y;
    a1 += (1 - (static_cast<double>(i) - 0.35) / static_cast<double>(m)) * y;
  }
  a0 /= static_cast<double>(m);
  a1 /= static_cast<double>(m);
  const double spread = a0 - 2 * a1;
  if (!(a0 > 0) || !(spread > 0) || !(a1 > 0)) return law;
  law.xi = std::clamp(2 - a0 / spread, -0.5, 0.5);
  law.sigma = 2 * a0 * a1 / spread;
  return law;
}

// Collects knots; scores must rise, tails must not fall.
class KnotList {
 public:
  KnotList(std::vector<float>& scores, std::vector<float>& tails)
      : scores_(scores), tails_(tails) {}

  void add(double score, double tail) {
    const auto s = static_cast<float>(score);
    const auto t = std::min(static_cast<float>(tail), kTailMax);
    if (!std::isfinite(s)) return;
    if (!scores_.empty() && (s <= scores_.back() || t <= tails_.back())) return;
    scores_.push_back(s);
    tails_.push_back(t);
  }

 private:
  std::vector<float>& scores_;
  std::vector<float>& tails_;
};

}  // namespace

Result<Calibration> Calibration::fit(std::span<const float> reference) {
  const std::size_t n = reference.size();
  if (n < kReferenceRowsMin) {
    return fail(failed_precondition("reference_too_small",
                                    std::to_string(n) + " reference rows, at least " +
                                        std::to_string(kReferenceRowsMin) + " are needed")
                    .hint("replay a longer window; 100,000 rows or more are advised"));
  }
  std::vector<float> sorted(reference.begin(), reference.end());
  for (const float raw : sorted) {
    if (!std::isfinite(raw)) {
      return fail(invalid_argument("reference_not_finite", "a reference value is not finite"));
    }
  }
  std::sort(sorted.begin(), sorted.end());

  Calibration made;
  made.reference_rows_ = n;
  made.top_ = sorted[n - kTopRows];
  KnotList knots(made.score_, made.tail_);
  knots.add(sorted[0], 0);
  const double rows = static_cast<double>(n);
  const auto add_rank = [&](std::size_t index) {
    const auto at_least = std::lower_bound(sorted.begin(), sorted.end(), sorted[index]);
    const auto count = static_cast<double>(sorted.end() - at_least);
    knots.add(sorted[index], -numeric::log10((1 + count) / (rows + 1)));
  };
  for (int k = 0;; ++k) {
    const double p = 0.5 * numeric::pow(10.0, -static_cast<double>(k) / kKnotsPerDecade);
    if (p < static_cast<double>(kTopRows) / rows) break;
    add_rank(n - static_cast<std::size_t>(p * rows));
  }
  add_rank(n - kTopRows);

  if (const Law law = fit_law(sorted); law.sigma > 0) {
    const double top_p = (1 + static_cast<double>(kTopRows)) / (rows + 1);
    for (int k = 1;; ++k) {
      const double p = top_p * numeric::pow(10.0, -static_cast<double>(k) / kLawKnotsPerDecade);
      knots.add(law.quantile(std::max(p, kLeastP)), -numeric::log10(std::max(p, kLeastP)));
      if (p <= kLeastP) break;
    }
  }
  made.index();
  return made;
}

// Pads the knots to a power of two for the search, and derives the slopes.
void Calibration::index() {
  const std::size_t knots = tail_.size();
  const std::size_t padded = std::bit_ceil(std::max<std::size_t>(knots, 2));
  search_.assign(padded, std::numeric_limits<float>::infinity());
  std::copy(score_.begin(), score_.end(), search_.begin());
  slope_.assign(knots, 0.0F);
  ceiling_.assign(knots, tail_.back());
  for (std::size_t k = 0; k + 1 < knots; ++k) {
    slope_[k] = (tail_[k + 1] - tail_[k]) / (score_[k + 1] - score_[k]);
    ceiling_[k] = tail_[k + 1];
  }
}

float Calibration::tail(float raw) const {
  float out = 0;
  tails({&raw, 1}, {&out, 1});
  return out;
}

// Several searches run side by side; each step halves what is left.
void Calibration::tails(std::span<const float> raw, std::span<float> tail) const {
  CHECK_GE(tail.size(), raw.size());
  constexpr std::size_t kSide = 8;
  std::array<float, kSide> r{};
  std::array<std::uint32_t, kSide> at{};
  const float* scores = search_.data();
  for (std::size_t first = 0; first < raw.size(); first += kSide) {
    const std::size_t count = std::min(kSide, raw.size() - first);
    for (std::size_t j = 0; j < kSide; ++j) r[j] = raw[first + (j < count ? j : 0)];
    at.fill(0);
    for (auto half = static_cast<std::uint32_t>(search_.size() / 2); half > 0; half /= 2) {
      for (std::size_t j = 0; j < kSide; ++j) {
        at[j] += scores[at[j] + half] <= r[j] ? half : 0;
      }
    }
    for (std::size_t j = 0; j < count; ++j) {
      const std::uint32_t k = at[j];
      const float t = tail_[k] + (r[j] - score_[k]) * slope_[k];
      const float capped = t < ceiling_[k] ? t : ceiling_[k];
      tail[first + j] = r[j] > score_[0] ? capped : 0.0F;
    }
  }
}

void Calibration::serialize(ByteWriter& out) const {
  out.u32(kFormatVersion);
  out.u64(reference_rows_);
  out.f32(top_);
  out.array(std::span<const float>(score_));
  out.array(std::span<const float>(tail_));
}

Result<Calibration> Calibration::deserialize(ByteReader& in) {
  const auto malformed = [](std::string_view what) {
    return fail(invalid_argument("calibration_malformed", std::string(what)));
  };
  if (in.u32() != kFormatVersion) return malformed("unknown calibration format");
  Calibration made;
  made.reference_rows_ = in.u64();
  made.top_ = in.f32();
  in.array(made.score_);
  in.array(made.tail_);
  if (!in.ok()) return malformed("the calibration is cut short");
  const std::size_t knots = made.score_.size();
  if (knots == 0 || knots > kKnotsMax || made.tail_.size() != knots || !std::isfinite(made.top_) ||
      made.tail_[0] != 0) {
    return malformed("the knots are not as fitted");
  }
  for (std::size_t k = 0; k < knots; ++k) {
    const bool rises =
        k == 0 || (made.score_[k] > made.score_[k - 1] && made.tail_[k] > made.tail_[k - 1]);
    if (!std::isfinite(made.score_[k]) || !(made.tail_[k] <= kTailMax) || !rises) {
      return malformed("knot " + std::to_string(k) + " does not rise");
    }
  }
  made.index();
  return made;
}

}  // namespace weir::detect
