#include "ops/fft/rfft/rfft.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "ops/fft/dft_reference.hpp"
#include "ops/fft/sample.hpp"

namespace weir::ops {
namespace {

std::vector<Complex> bins_of(std::span<const double> x, std::size_t n, unsigned threads = 1) {
  Workers workers(threads);
  CpuRun run{workers};
  const Rfft::Args args{.x = x, .n = n};
  std::vector<Complex> y(args.batch() * args.bins());
  Rfft::Output out{.y = y};
  const Status status = Rfft::cpu(run, args, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return y;
}

std::vector<double> values_of(std::span<const Complex> x, std::size_t n, unsigned threads = 1) {
  Workers workers(threads);
  CpuRun run{workers};
  const Irfft::Args args{.x = x, .n = n};
  std::vector<double> y(args.batch() * n);
  Irfft::Output out{.y = y};
  const Status status = Irfft::cpu(run, args, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return y;
}

TEST(Rfft, FourValues) {
  const std::vector<double> x = {1, 2, 3, 4};
  const std::vector<Complex> want = {10, {-2, 2}, -2};
  EXPECT_EQ(bins_of(x, 4), want);
  EXPECT_EQ(values_of(want, 4), x);
}

TEST(Rfft, LongTransformsAgreeWithTheDefinitionInSampledBins) {
  Philox rng(41, 0);
  for (const std::size_t n : {4096U, 65536U, 262144U, 65538U, 16807U}) {
    const std::vector<double> x = fft::sample(n, rng);
    const std::vector<Complex> values(x.begin(), x.end());
    const std::vector<Complex> y = bins_of(x, n);
    long double error = 0;
    long double size = 0;
    for (int i = 0; i < 6; ++i) {
      const std::size_t k = i == 0 ? n / 2 : rng.next_below(static_cast<std::uint32_t>(n / 2));
      const fft::Exact want = fft::bin_reference(values, k);
      error += std::norm(want - fft::Exact(y[k]));
      size += std::norm(want);
    }
    // Of an even length the transform of half of it counts.
    EXPECT_LE(std::sqrt(error), std::max(fft::bound(n), fft::bound(n / 2)) * std::sqrt(size)) << n;
  }
}

TEST(Rfft, EnergyIsKept) {
  Philox rng(42, 0);
  for (std::size_t n = 1; n <= 400; ++n) {
    const std::vector<double> x = fft::sample(n, rng);
    const std::vector<Complex> y = bins_of(x, n);
    long double before = 0;
    for (const double value : x) before += static_cast<long double>(value) * value;
    long double after = 0;
    for (std::size_t k = 0; k < y.size(); ++k) {
      const bool single = k == 0 || 2 * k == n;  // the others stand for their conjugates too
      after += (single ? 1 : 2) * std::norm(fft::Exact(y[k]));
    }
    after /= static_cast<long double>(n);
    EXPECT_NEAR(static_cast<double>(after / before), 1.0, 2 * fft::bound(n)) << n;
  }
}

TEST(Irfft, ReturnsTheValues) {
  Philox rng(43, 0);
  for (const std::size_t n : {1U, 2U, 5U, 34U, 64U, 96U, 101U, 1000U, 40000U}) {
    const std::vector<double> x = fft::sample(3 * n, rng);
    const std::vector<double> back = values_of(bins_of(x, n), n);
    for (std::size_t t = 0; t < x.size(); ++t) EXPECT_NEAR(back[t], x[t], 2 * fft::bound(n)) << n;
  }
}

TEST(Irfft, DoesNotReadTheImaginaryPartsThatMustBeZero) {
  Philox rng(44, 0);
  for (const std::size_t n : {2U, 3U, 8U, 64U, 256U}) {
    std::vector<Complex> bins = bins_of(fft::sample(n, rng), n);
    const std::vector<double> want = values_of(bins, n);
    bins.front().imag(7);
    if (n % 2 == 0) bins.back().imag(std::nan(""));
    EXPECT_EQ(values_of(bins, n), want) << n;
  }
}

TEST(Rfft, BitsDoNotDependOnBatchPlaceOrThreads) {
  Philox rng(45, 0);
  for (const std::size_t n : {4U, 15U, 19U, 34U, 64U, 81U, 120U, 128U, 256U, 500U, 2048U, 1018U}) {
    const std::vector<double> x = fft::sample(21 * n, rng);
    const std::size_t bins = n / 2 + 1;
    const std::vector<Complex> all = bins_of(x, n, 3);
    const std::vector<double> back = values_of(all, n, 3);
    for (std::size_t row = 0; row < 21; ++row) {
      const auto one = bins_of(std::span(x).subspan(n * row, n), n);
      EXPECT_EQ(std::memcmp(one.data(), &all[bins * row], bins * sizeof(Complex)), 0) << n;
      const auto values = values_of(one, n);
      EXPECT_EQ(std::memcmp(values.data(), &back[n * row], n * sizeof(double)), 0) << n;
    }
  }
}

TEST(Rfft, RefusesShapesThatDoNotFit) {
  const std::vector<double> x(10);
  const std::vector<Complex> bins(10);
  EXPECT_EQ(Rfft::check({.x = x, .n = 4}).code(), Code::kInvalidArgument);
  EXPECT_EQ(Rfft::check({.x = x, .n = 0}).code(), Code::kInvalidArgument);
  EXPECT_EQ(Irfft::check({.x = bins, .n = 6}).code(), Code::kInvalidArgument);
  Workers workers(1);
  CpuRun run{workers};
  std::vector<Complex> y(7);
  Rfft::Output out{.y = y};
  EXPECT_EQ(Rfft::cpu(run, {.x = x, .n = 10}, out).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
