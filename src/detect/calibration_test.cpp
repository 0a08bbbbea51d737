#include "detect/calibration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace weir::detect {
namespace {

enum class Shape { kUniform, kExponential, kHeavy, kBounded, kTies };

// Draws of several laws by inversion.
std::vector<float> draws(std::size_t count, Shape shape, std::uint64_t seed) {
  Philox rng(seed, static_cast<std::uint64_t>(shape));
  std::vector<float> made(count);
  for (float& x : made) {
    const double u = 1 - rng.next_unit();  // (0, 1]
    switch (shape) {
      case Shape::kUniform:
        x = static_cast<float>(u * 7 - 3);
        break;
      case Shape::kExponential:
        x = static_cast<float>(-std::log(u));
        break;
      case Shape::kHeavy:
        x = static_cast<float>(std::pow(u, -0.4));
        break;
      case Shape::kBounded:
        x = static_cast<float>(-std::pow(u, 0.5));
        break;
      case Shape::kTies:
        x = static_cast<float>(std::floor(-4 * std::log(u)));
        break;
    }
  }
  return made;
}

constexpr Shape kShapes[] = {Shape::kUniform, Shape::kExponential, Shape::kHeavy, Shape::kBounded,
                             Shape::kTies};

TEST(Calibration, KeepsItsPromiseOnExchangeableRows) {
  constexpr std::size_t kRows = 100'000;
  for (const Shape shape : kShapes) {
    const Calibration calibration = *Calibration::fit(draws(kRows, shape, 1));
    std::vector<float> tails(kRows);
    calibration.tails(draws(kRows, shape, 2), tails);
    for (const double a : {0.1, 0.01, 0.001}) {
      const auto level = static_cast<float>(-std::log10(a));
      const auto hits =
          std::count_if(tails.begin(), tails.end(), [&](float tail) { return tail >= level; });
      // Both samples vary: the reference as well as the rows counted.
      const double se = std::sqrt(2 * a * (1 - a) / kRows);
      EXPECT_LE(static_cast<double>(hits) / kRows, a + 3 * se)
          << "shape " << static_cast<int>(shape) << " a " << a;
      if (shape != Shape::kTies) {
        EXPECT_GE(static_cast<double>(hits) / kRows, a - 4 * se) << "no power";
      }
    }
  }
}

TEST(Calibration, NeverFallsAsRawRises) {
  for (const Shape shape : kShapes) {
    const Calibration calibration = *Calibration::fit(draws(10'000, shape, 3));
    std::vector<float> probes = draws(20'000, shape, 4);
    for (const float knot : calibration.knot_scores()) {
      probes.push_back(knot);
      probes.push_back(std::nextafter(knot, -1e30F));
      probes.push_back(std::nextafter(knot, 1e30F));
    }
    for (const float far : {-1e30F, 1e30F, 1e6F}) probes.push_back(far);
    std::sort(probes.begin(), probes.end());
    float last = 0;
    for (const float raw : probes) {
      const float tail = calibration.tail(raw);
      ASSERT_GE(tail, last) << "shape " << static_cast<int>(shape) << " raw " << raw;
      ASSERT_LE(tail, kTailMax);
      last = tail;
    }
    EXPECT_EQ(calibration.tail(-1e30F), 0);
  }
}

TEST(Calibration, BothBranchesMeetWithinAFactorOfTwo) {
  for (const Shape shape : {Shape::kUniform, Shape::kExponential, Shape::kHeavy, Shape::kBounded}) {
    std::vector<float> reference = draws(50'000, shape, 5);
    const Calibration calibration = *Calibration::fit(reference);
    std::sort(reference.begin(), reference.end());
    const float top = reference[reference.size() - 10];
    EXPECT_FALSE(calibration.extrapolated(top));
    const float above = std::nextafter(top, 1e30F);
    EXPECT_TRUE(calibration.extrapolated(above));
    const float step = calibration.tail(above) - calibration.tail(top);
    EXPECT_LE(step, std::log10(2.0F)) << static_cast<int>(shape);
    EXPECT_NEAR(calibration.tail(top), -std::log10(11.0 / 50'001.0), 1e-5);
    // The next law knot: a sixteenth of a decade further, wherever its value lies.
    const auto scores = calibration.knot_scores();
    const auto next = std::upper_bound(scores.begin(), scores.end(), top) - scores.begin();
    const auto tails = calibration.knot_tails();
    EXPECT_LE(tails[static_cast<std::size_t>(next)] - calibration.tail(top), std::log10(2.0F))
        << static_cast<int>(shape);
  }
}

TEST(Calibration, EqualsTheEmpiricalShareAtItsKnots) {
  std::vector<float> reference = draws(20'000, Shape::kTies, 6);
  const Calibration calibration = *Calibration::fit(reference);
  for (const float score : {1.0F, 4.0F, 9.0F, 12.0F}) {
    const auto scores = calibration.knot_scores();
    if (std::find(scores.begin(), scores.end(), score) == scores.end()) continue;
    const auto count =
        std::count_if(reference.begin(), reference.end(), [&](float r) { return r >= score; });
    EXPECT_NEAR(calibration.tail(score), -std::log10((1.0 + static_cast<double>(count)) / 20'001),
                1e-5);
  }
}

TEST(Calibration, RecoversTheTailOfAKnownLaw) {
  // P(x >= r) = exp(-r): tail = r / ln 10, far beyond the reference.
  const Calibration calibration = *Calibration::fit(draws(200'000, Shape::kExponential, 7));
  EXPECT_NEAR(calibration.tail(2), 2 / std::log(10.0), 0.02);
  EXPECT_NEAR(calibration.tail(8), 8 / std::log(10.0), 0.1);
  EXPECT_NEAR(calibration.tail(14), 14 / std::log(10.0), 0.8);
}

TEST(Calibration, IsConservativeForConstantRows) {
  const Calibration calibration = *Calibration::fit(std::vector<float>(10'000, 3.0F));
  EXPECT_EQ(calibration.tail(2), 0);
  EXPECT_EQ(calibration.tail(3), 0);  // p(3) = 1: equal raw, equal p
  EXPECT_EQ(calibration.tail(4), 0);  // nothing is known about what lies above
  EXPECT_TRUE(calibration.extrapolated(4));
}

TEST(Calibration, RefusesTooFewRowsAndBadOnes) {
  const auto few = Calibration::fit(std::vector<float>(9'999, 1.0F));
  ASSERT_FALSE(few.has_value());
  EXPECT_EQ(few.error().code(), Code::kFailedPrecondition);
  std::vector<float> bad(10'000, 1.0F);
  bad[5] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(Calibration::fit(bad).has_value());
}

TEST(Calibration, RoundTripsAndRefusesBrokenBytes) {
  const Calibration calibration = *Calibration::fit(draws(10'000, Shape::kHeavy, 8));
  ByteWriter out;
  calibration.serialize(out);
  ByteReader in(out.bytes());
  const Calibration again = *Calibration::deserialize(in);
  for (const float raw : draws(1'000, Shape::kHeavy, 9)) {
    ASSERT_EQ(again.tail(raw), calibration.tail(raw));
  }
  for (std::size_t size = 0; size < out.bytes().size(); size += 3) {
    ByteReader cut(out.bytes().first(size));
    EXPECT_FALSE(Calibration::deserialize(cut).has_value());
  }
  std::vector<std::uint8_t> broken = out.buffer();
  store(broken.data() + 4 + 8 + 4 + 8, std::numeric_limits<float>::quiet_NaN());
  ByteReader nan(broken);
  EXPECT_FALSE(Calibration::deserialize(nan).has_value());
}

TEST(TailE6, FloorsToMillionths) {
  EXPECT_EQ(tail_e6(0), 0U);
  EXPECT_EQ(tail_e6(1), 1'000'000U);
  EXPECT_EQ(tail_e6(kTailMax), 9'000'000U);
  EXPECT_EQ(tail_e6(0.5F), 500'000U);
  EXPECT_EQ(shown_score(7), 1);
  EXPECT_EQ(shown_score(3), 0.5F);
}

}  // namespace
}  // namespace weir::detect
