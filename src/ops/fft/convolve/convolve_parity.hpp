// The parity cases of fft.convolve; see ops/parity/case.hpp.
#pragma once

#include "ops/fft/convolve/convolve.hpp"
#include "ops/fft/sample.hpp"
#include "ops/parity/case.hpp"

namespace weir::ops {

namespace fft {

inline long double norm2(std::span<const double> values) {
  long double sum = 0;
  for (const double value : values) sum += static_cast<long double>(value) * value;
  return std::sqrt(sum);
}

// Compares results whose errors are bounded by the norms of all values; where the sum itself is not
// finite, and only there, the result must not be. With `spread`, places may be spoiled by others.
inline std::string sums_differ(std::span<const double> expected, std::span<const double> got,
                               long double norms, long double terms, bool spread) {
  const long double allowed = terms * (norms * 0x1p-53L + 16 * 0x1p-1074L);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string place = "y[" + std::to_string(i) + "]";
    if (!numeric::is_finite(expected[i])) {
      if (numeric::is_finite(got[i])) return place + " should not be finite";
    } else if (!numeric::is_finite(got[i])) {
      if (!spread) return place + " is not finite";
    } else if (std::fabs(static_cast<long double>(got[i]) - expected[i]) > allowed) {
      return place + ": expected " + std::to_string(expected[i]) + ", got " +
             std::to_string(got[i]);
    }
  }
  return {};
}

// The norm of values without those that are not finite.
inline long double finite_norm2(std::span<const double> values, bool& all_finite) {
  std::vector<double> finite(values.begin(), values.end());
  all_finite = true;
  for (double& value : finite) {
    if (numeric::is_finite(value)) continue;
    value = 0;
    all_finite = false;
  }
  return norm2(finite);
}

}  // namespace fft

template <>
struct Parity<Convolve> {
  static std::vector<ParityCase<Convolve>> cases(std::uint64_t seed) {
    std::vector<ParityCase<Convolve>> all;
    Philox rng(seed, 4);
    const auto add = [&](std::size_t n, std::size_t m, fft::Sample kind) {
      const auto data = std::make_shared<std::vector<double>>(fft::sample(n, rng, kind));
      for (const double value : fft::sample(m, rng)) data->push_back(value);
      for (const fft::Part part : {fft::Part::kFull, fft::Part::kSame, fft::Part::kValid}) {
        for (const fft::Method method :
             {fft::Method::kAuto, fft::Method::kDirect, fft::Method::kFft}) {
          Convolve::Args args{.x = std::span(*data).first(n),
                              .kernel = std::span(*data).last(m),
                              .part = part,
                              .method = method};
          all.push_back({"n=" + std::to_string(n) + " m=" + std::to_string(m) + " part " +
                             std::to_string(static_cast<int>(part)) + " method " +
                             std::to_string(static_cast<int>(method)),
                         args, data});
        }
      }
    };
    for (const std::size_t n : {0U, 1U, 31U, 32U, 33U, 65U}) add(n, 5, fft::Sample::kUnit);
    for (std::size_t m = 1; m < 64; m += 3) add(64, m, fft::Sample::kUnit);
    for (const fft::Sample kind : fft::kSamples) add(200, 17, kind);
    add(2000, 96, fft::Sample::kUnit);
    add(1500, 300, fft::Sample::kHostile);
    add(10, 0, fft::Sample::kUnit);
    add(20, 40, fft::Sample::kUnit);
    for (int i = 0; i < 8; ++i) {
      add(rng.next_below(900), 1 + rng.next_below(130), fft::kSamples[i % 5]);
    }
    return all;
  }
  static Convolve::Output output(const Convolve::Args& args) {
    return {.y = parity::guarded<double>(args.size())};
  }
  static std::string compare(const Convolve::Args& args, const Convolve::Output& expected,
                             const Convolve::Output& got) {
    bool finite = true;
    const long double norms = fft::finite_norm2(args.x, finite) * fft::norm2(args.kernel);
    const std::size_t m = args.kernel.size();
    const bool direct = fft::choose(args.method, m) == fft::Method::kDirect;
    const auto length = static_cast<double>(fft::block_length(m));
    const double terms = direct ? static_cast<double>(m + 2) : 8 * numeric::log2(length);
    return fft::sums_differ(expected.y, got.y, norms, terms, !direct && !finite);
  }
};

}  // namespace weir::ops
