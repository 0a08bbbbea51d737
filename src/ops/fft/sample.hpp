// Values for the tests and parity cases of the family, and the distance of transforms.
//
//   const auto x = sample(2 * n, rng, Sample::kHostile);
//   rows_differ(expected, got, 2 * n, bound(n));   // "" if every row is as near as it must be
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/numeric/elementary.hpp"
#include "base/rng.hpp"
#include "ops/fft/engine/plan.hpp"
#include "ops/fft/shape.hpp"

namespace weir::ops::fft {

enum class Sample : std::uint8_t { kUnit, kTiny, kHuge, kDenormal, kHostile };
inline constexpr Sample kSamples[] = {Sample::kUnit, Sample::kTiny, Sample::kHuge,
                                      Sample::kDenormal, Sample::kHostile};

// n values in [-1/2, 1/2), times 1e-300 or 1e300, or denormal, or some of them NaN and infinite.
inline std::vector<double> sample(std::size_t n, Philox& rng, Sample kind = Sample::kUnit) {
  constexpr double kFactors[] = {1, 1e-300, 1e300, 1e-310, 1};
  std::vector<double> values(n);
  for (double& value : values) {
    value = (rng.next_unit() - 0.5) * kFactors[static_cast<std::size_t>(kind)];
    if (kind != Sample::kHostile || rng.next_below(40) != 0) continue;
    value = rng.next_below(2) == 0 ? std::numeric_limits<double>::quiet_NaN()
                                   : std::numeric_limits<double>::infinity();
  }
  return values;
}

// The relative error in the root mean square that a transform of n values may have.
inline double bound(std::size_t n) {
  const double stages = std::max(1.0, numeric::log2(static_cast<double>(n)));
  return (is_product(n) ? 5 : 20) * 0x1p-53 * stages;
}

// Compares rows of `width` values by their root mean squares: the error may be `relative` times
// that of the expected row, and a few denormals for every value. A row that is not finite must not
// be either.
inline std::string rows_differ(std::span<const double> expected, std::span<const double> got,
                               std::size_t width, double relative) {
  for (std::size_t at = 0; at < expected.size(); at += width) {
    long double error = 0;
    long double size = 0;
    bool finite = true;
    bool got_finite = true;
    for (std::size_t i = at; i < at + width; ++i) {
      finite = finite && numeric::is_finite(expected[i]);
      got_finite = got_finite && numeric::is_finite(got[i]);
      const long double distance = static_cast<long double>(got[i]) - expected[i];
      error += distance * distance;
      size += static_cast<long double>(expected[i]) * expected[i];
    }
    const std::string row = "row " + std::to_string(at / width);
    if (finite != got_finite) return row + (finite ? " is not finite" : " should not be finite");
    const long double floor = static_cast<long double>(width) * 16 * 0x1p-1074L;
    if (finite && std::sqrt(error) > relative * std::sqrt(size) + floor) {
      return row + ": relative error " +
             std::to_string(static_cast<double>(std::sqrt(error / size) / 0x1p-53L)) +
             " u, may be " + std::to_string(relative * 0x1p53) + " u";
    }
  }
  return {};
}

// Shapes of the parity cases: {n, batch, sample}.
struct Shape {
  std::size_t n;
  std::size_t batch;
  Sample kind = Sample::kUnit;
  std::string name() const {
    return "n=" + std::to_string(n) + " batch=" + std::to_string(batch) + " sample " +
           std::to_string(static_cast<int>(kind));
  }
};
inline std::vector<Shape> shapes(std::uint64_t seed) {
  std::vector<Shape> all;
  for (const std::size_t batch : {0U, 1U, 31U, 32U, 33U, 65U}) {
    all.push_back({8, batch});
    all.push_back({30, batch});
  }
  for (std::size_t n = 1; n < 64; ++n) all.push_back({n, 1 + n % 11});
  for (const Sample kind : kSamples) {
    for (const std::size_t n : {7U, 16U, 17U, 60U, 96U}) all.push_back({n, 13, kind});
  }
  for (const std::size_t n : {64U, 65U, 100U, 128U, 169U, 243U, 250U, 256U}) all.push_back({n, 9});
  for (const std::size_t n : {1001U, 1024U}) all.push_back({n, 1});
  Philox rng(seed, 54);
  for (int i = 0; i < 8; ++i) {
    all.push_back({1 + rng.next_below(500), 1 + rng.next_below(5), kSamples[i % 5]});
  }
  return all;
}

}  // namespace weir::ops::fft
