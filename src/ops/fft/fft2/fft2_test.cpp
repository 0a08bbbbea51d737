#include "ops/fft/fft2/fft2.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "ops/fft/sample.hpp"

namespace weir::ops {
namespace {

std::vector<Complex> transform(std::span<const Complex> x, std::size_t height, std::size_t width,
                               fft::Direction direction, unsigned threads) {
  Workers workers(threads);
  CpuRun run{workers};
  std::vector<Complex> y(x.size());
  Fft2::Output out{.y = y};
  const Status status =
      Fft2::cpu(run, {.x = x, .height = height, .width = width, .direction = direction}, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return y;
}

TEST(Fft2, TwoByTwo) {
  const std::vector<Complex> x = {1, 2, 3, 4};
  const std::vector<Complex> want = {10, -2, -4, 0};
  EXPECT_EQ(transform(x, 2, 2, fft::Direction::kForward, 1), want);
  EXPECT_EQ(transform(want, 2, 2, fft::Direction::kInverse, 1), x);
}

TEST(Fft2, KeepsEnergyAndReturnsTheValues) {
  Philox rng(51, 0);
  struct Sides {
    std::size_t height;
    std::size_t width;
  };
  for (const auto& [height, width] : {Sides{256, 100}, Sides{100, 37}, Sides{37, 100},
                                      Sides{17, 1000}, Sides{1, 64}, Sides{20000, 9}}) {
    std::vector<Complex> x(height * width);
    for (Complex& value : x) value = {rng.next_unit() - 0.5, rng.next_unit() - 0.5};
    const auto y = transform(x, height, width, fft::Direction::kForward, 2);
    const auto again = transform(x, height, width, fft::Direction::kForward, 1);
    EXPECT_EQ(std::memcmp(y.data(), again.data(), y.size() * sizeof(Complex)), 0);
    const auto back = transform(y, height, width, fft::Direction::kInverse, 1);
    long double before = 0;
    long double after = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      before += std::norm(x[i]);
      after += std::norm(y[i]);
      EXPECT_LE(std::abs(back[i] - x[i]), 4 * fft::bound(x.size()));
    }
    after /= static_cast<long double>(x.size());
    EXPECT_NEAR(static_cast<double>(after / before), 1.0, 1e-13) << height << " x " << width;
  }
}

TEST(Fft2, RefusesShapesThatDoNotFit) {
  const std::vector<Complex> x(10);
  EXPECT_EQ(Fft2::check({.x = x, .height = 0, .width = 5}).code(), Code::kInvalidArgument);
  EXPECT_EQ(Fft2::check({.x = x, .height = 3, .width = 5}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
