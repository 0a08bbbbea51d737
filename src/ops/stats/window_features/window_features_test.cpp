#include "ops/stats/window_features/window_features.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "base/numeric/canonical.hpp"
#include "base/rng.hpp"

namespace weir::ops {
namespace {

std::vector<double> features_of(std::span<const double> series, std::size_t size,
                                std::size_t stride, WindowWorkspace* workspace = nullptr,
                                unsigned threads = 1) {
  Workers workers(threads);
  CpuRun run{workers};
  std::vector<double> features(kWindowFeatures *
                               WindowFeatures::windows(series.size(), size, stride));
  WindowFeatures::Output out{features};
  const Status status = WindowFeatures::cpu(run, {series, size, stride, workspace}, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return features;
}

TEST(WindowFeatures, GiveTheGoldenValues) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6, 7, 9};
  const double want[] = {4.625,
                         6.234375,
                         .237138714152412,
                         1,
                         9,
                         4.625,
                         1.35931298132055,
                         .800390529679106,
                         .658421004231679,
                         .625};
  const std::vector<double> got = features_of(x, 8, 1);
  ASSERT_EQ(got.size(), kWindowFeatures);
  for (std::size_t f = 0; f < kWindowFeatures; ++f) EXPECT_NEAR(got[f], want[f], 1e-14) << f;
}

TEST(WindowFeatures, GiveTheGoldenValuesOfTheSecondWindow) {
  std::vector<double> x(16);
  for (std::size_t t = 0; t < x.size(); ++t) {
    x[t] = static_cast<double>(7 * t % 11) + static_cast<double>(t) / 4;
  }
  const double want[] = {6.25,
                         8.34375,
                         .192546022105095,
                         2.75,
                         10.5,
                         6.25,
                         .527435430098834,
                         1.00778221853732,
                         1.65923532600908,
                         .5};
  const std::vector<double> got = features_of(x, 8, 4);
  ASSERT_EQ(got.size(), 3 * kWindowFeatures);
  for (std::size_t f = 0; f < kWindowFeatures; ++f) {
    EXPECT_NEAR(got[kWindowFeatures + f], want[f], 1e-14) << f;
  }
}

// One window in long double, term by term.
std::vector<long double> exact_features(std::span<const double> x) {
  const auto n = static_cast<long double>(x.size());
  long double mean = 0;
  for (const double value : x) mean += value;
  mean /= n;
  long double m2 = 0;
  long double m3 = 0;
  for (const double value : x) {
    const long double d = value - mean;
    m2 += d * d;
    m3 += d * d * d;
  }
  const long double v = m2 / n;
  std::vector<long double> out = {mean, v, v > 0 ? (m3 / n) / (v * std::sqrt(v)) : 0,
                                  *std::min_element(x.begin(), x.end()),
                                  *std::max_element(x.begin(), x.end())};
  for (int k = 0; k <= 4; ++k) {
    long double re = 0;
    long double im = 0;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const long double angle =
          2 * std::numbers::pi_v<long double> * k * static_cast<long double>(t) / n;
      re += x[t] * std::cos(angle);
      im -= x[t] * std::sin(angle);
    }
    out.push_back(std::hypot(re, im) / n);
  }
  return out;
}

void expect_accurate(std::span<const double> x, std::size_t size, std::size_t stride,
                     std::size_t every) {
  const std::vector<double> got = features_of(x, size, stride);
  for (std::size_t i = 0; i * kWindowFeatures < got.size(); i += every) {
    const auto window = x.subspan(i * stride, size);
    const std::vector<long double> want = exact_features(window);
    double top = 0;
    for (const double value : window) top = std::max(top, std::abs(value));
    for (std::size_t f = 0; f < kWindowFeatures; ++f) {
      const double bound = f == 1 ? 1e-12 * top * top : f == 2 ? 1e-9 : 1e-12 * top;
      ASSERT_NEAR(got[i * kWindowFeatures + f], static_cast<double>(want[f]), bound)
          << "window " << i << " feature " << f << " size " << size << " stride " << stride;
    }
  }
}

TEST(WindowFeatures, AgreeWithLongDoubleInEveryForm) {
  Philox rng(61, 0);
  std::vector<double> x(9000);
  for (double& value : x) value = rng.next_unit() * 10 - 3;
  for (const std::size_t size : {5U, 7U, 64U, 100U, 256U}) expect_accurate(x, size, 1, 97);
  for (const std::size_t size : {257U, 1000U, 4097U}) expect_accurate(x, size, 1, 499);
  expect_accurate(x, 100, 7, 31);
  expect_accurate(x, 1000, 130, 3);
  expect_accurate(x, 64, 64, 7);
  expect_accurate(x, 1000, 400, 3);
  expect_accurate(x, 8999, 9, 1);
}

TEST(WindowFeatures, AgreeWithLongDoubleWhereTheMeanIsFarFromZero) {
  Philox rng(62, 0);
  std::vector<double> x(3000);
  for (double& value : x) value = 1e6 + rng.next_unit();
  expect_accurate(x, 64, 1, 83);
  expect_accurate(x, 300, 1, 211);
  expect_accurate(x, 300, 150, 1);
}

TEST(WindowFeatures, AgreeWithLongDoubleBesideValuesFarFromAllOthers) {
  Philox rng(63, 0);
  std::vector<double> x(2000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 5 + rng.next_unit() * 1e-3 + (i % 191 == 0 ? 1e7 : 0);
  }
  expect_accurate(x, 64, 1, 1);
  expect_accurate(x, 300, 1, 37);
}

TEST(WindowFeatures, OfTheLargestWindowStayWithinTheBound) {
  Philox rng(64, 0);
  std::vector<double> x(kWindowSizeMax + 4000);
  for (double& value : x) value = rng.next_unit();
  expect_accurate(x, kWindowSizeMax, 1, 3999);
  expect_accurate(x, kWindowSizeMax, 4000, 1);
  expect_accurate(x, kWindowSizeMax, 20'000, 1);
}

// In long double, whose exponents have room: all ten features at the scales that are promised.
TEST(WindowFeatures, StayWithinTheirBoundsAtEveryScaleThatIsPromised) {
  Philox rng(68, 0);
  std::vector<double> unit(700);
  for (double& value : unit) value = rng.next_unit() - 0.25;
  for (const double scale :
       {1e-300, 1e-200, 1e-112, 1e-98, 1e-50, 1e50, 9e99, 1e105, 1e149, 1e299}) {
    std::vector<double> x = unit;
    for (double& value : x) value *= scale;
    const bool spread = scale < 1e150;
    const bool shape = scale > 1e-99 && scale < 1e100;
    for (const auto& [size, stride] :
         {std::pair<std::size_t, std::size_t>{64, 1}, {300, 1}, {300, 150}}) {
      const std::vector<double> got = features_of(x, size, stride);
      for (std::size_t i = 0; i * kWindowFeatures < got.size(); i += 23) {
        const auto window = std::span(x).subspan(i * stride, size);
        const std::vector<long double> want = exact_features(window);
        long double top = 0;
        for (const double value : window) top = std::max<long double>(top, std::abs(value));
        for (std::size_t f = 0; f < kWindowFeatures; ++f) {
          if ((f == 1 && !spread) || (f == 2 && !shape)) continue;
          const long double bound =
              f == 1 ? 1e-12L * top * top + 0x1p-1074L : (f == 2 ? 1e-9L : 1e-12L * top);
          ASSERT_LE(std::abs(got[i * kWindowFeatures + f] - want[f]), bound)
              << "scale " << scale << " window " << i << " feature " << f << " size " << size;
        }
      }
    }
  }
}

// Sums of bins overflow from both sides and meet: the NaN of a machine may have any sign.
TEST(WindowFeatures, HaveOneNanWhereBinsOverflow) {
  const std::vector<double> x(200, 1.7e308);
  for (const std::size_t size : {64U, 100U}) {
    std::size_t nans = 0;
    for (const double value : features_of(x, size, 1)) {
      if (value == value) continue;
      ++nans;
      ASSERT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(numeric::kNan));
    }
    EXPECT_GT(nans, 0U) << size;
  }
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

TEST(WindowFeatures, NanStaysWithinItsWindows) {
  Philox rng(65, 0);
  std::vector<double> clean(2500);
  for (double& value : clean) value = rng.next_unit();
  std::vector<double> dirty = clean;
  const std::size_t bad[] = {0, 63, 64, 700, 1500, 2499};
  for (const std::size_t i : bad) dirty[i] = std::numeric_limits<double>::quiet_NaN();
  dirty[1200] = std::numeric_limits<double>::infinity();
  for (const auto& [size, stride] : {std::pair<std::size_t, std::size_t>{64, 1},
                                     {300, 1},
                                     {64, 5},
                                     {400, 90},
                                     {64, 64},
                                     {300, 200}}) {
    const std::vector<double> want = features_of(clean, size, stride);
    const std::vector<double> got = features_of(dirty, size, stride);
    for (std::size_t i = 0; i * kWindowFeatures < got.size(); ++i) {
      bool hit = false;
      for (std::size_t t = i * stride; t < i * stride + size; ++t) hit |= !(dirty[t] == clean[t]);
      const std::span<const double> row(got.data() + i * kWindowFeatures, kWindowFeatures);
      if (hit) {
        for (const double value : row) ASSERT_TRUE(std::isnan(value)) << i;
      } else {
        ASSERT_TRUE(same_bits(row, {want.data() + i * kWindowFeatures, kWindowFeatures})) << i;
      }
    }
  }
}

TEST(WindowFeatures, DoNotDependOnHowMuchOfTheSeriesIsThere) {
  Philox rng(66, 0);
  std::vector<double> x(5000);
  for (double& value : x) value = rng.next_unit();
  for (const auto& [size, stride] :
       {std::pair<std::size_t, std::size_t>{64, 1}, {700, 3}, {64, 30}}) {
    const std::vector<double> whole = features_of(x, size, stride, nullptr, 2);
    for (const std::size_t n : {701U, 1111U, 2048U}) {
      const std::vector<double> part = features_of(std::span(x).first(n), size, stride);
      EXPECT_TRUE(same_bits(part, std::span(whole).first(part.size()))) << size << " " << n;
    }
  }
}

TEST(WindowFeatures, OfConstantWindowsHaveNoSpread) {
  const std::vector<double> x(600, 0.1);
  for (const std::size_t size : {5U, 64U, 300U}) {
    const std::vector<double> got = features_of(x, size, 1);
    for (std::size_t i = 0; i < got.size(); i += kWindowFeatures) {
      ASSERT_NEAR(got[i], 0.1, 1e-15);
      ASSERT_EQ(got[i + 1], 0);
      ASSERT_EQ(got[i + 2], 0);
      ASSERT_NEAR(got[i + 6], 0, 1e-15);
    }
  }
}

TEST(WindowFeatures, AWorkspaceServesOtherSizesToo) {
  Philox rng(67, 0);
  std::vector<double> x(3000);
  for (double& value : x) value = rng.next_unit();
  WindowWorkspace workspace;
  for (const std::size_t size : {64U, 700U, 64U, 5U, 512U}) {
    EXPECT_TRUE(same_bits(features_of(x, size, 1, &workspace), features_of(x, size, 1))) << size;
  }
}

TEST(WindowFeatures, RefuseWhatDoesNotFit) {
  const std::vector<double> x(100);
  EXPECT_NE(WindowFeatures::check({x, 4, 1}).message().find("4 values"), std::string::npos);
  EXPECT_EQ(WindowFeatures::check({x, 65'537, 1}).code(), Code::kInvalidArgument);
  EXPECT_EQ(WindowFeatures::check({x, 64, 0}).code(), Code::kInvalidArgument);
  EXPECT_TRUE(WindowFeatures::check({x, 64, 1}).is_ok());
  Workers workers(1);
  CpuRun run{workers};
  std::vector<double> room(11);
  WindowFeatures::Output out{room};
  const Status status = WindowFeatures::cpu(run, {x, 64, 1}, out);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("11 features of 37 windows"), std::string::npos);
  EXPECT_TRUE(features_of({}, 64, 1).empty());
}

}  // namespace
}  // namespace weir::ops
