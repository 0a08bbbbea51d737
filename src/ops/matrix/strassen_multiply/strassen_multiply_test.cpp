#include "ops/matrix/strassen_multiply/strassen_multiply.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "ops/matrix/multiply/multiply.hpp"

namespace weir::ops {
namespace {

Matrix<double> random_matrix(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Matrix<double> matrix(rows, cols);
  Philox rng(seed, 5);
  for (std::size_t i = 0; i < rows * cols; ++i) matrix.data()[i] = 2 * rng.next_unit() - 1;
  return matrix;
}

double largest_difference(const Matrix<double>& x, const Matrix<double>& y) {
  double most = 0;
  for (std::size_t i = 0; i < x.rows() * x.cols(); ++i) {
    const double difference = std::fabs(x.data()[i] - y.data()[i]);
    most = std::isnan(difference) ? difference : std::max(most, difference);
  }
  return most;
}

// Returns the largest error of an element, or NaN.
double error_of(std::size_t m, std::size_t n, std::size_t k, std::size_t crossover, double* bound) {
  const Matrix<double> a = random_matrix(m, k, 1 + m);
  const Matrix<double> b = random_matrix(k, n, 2 + n);
  Matrix<double> expected(m, n);
  Matrix<double> got(m, n);
  std::fill(got.data(), got.data() + m * n, std::nan(""));
  const StrassenMultiply::Args args{a.view(), b.view(), crossover};
  StrassenMultiply::Output want{expected.view()};
  std::vector<double> workspace(StrassenMultiply::workspace_elements(args) + 1, std::nan(""));
  workspace.back() = 77;
  StrassenMultiply::Output have{got.view(), std::span(workspace).first(workspace.size() - 1)};
  Workers workers(2);
  CpuRun run{workers};
  EXPECT_TRUE(StrassenMultiply::check(args).is_ok());
  EXPECT_TRUE(StrassenMultiply::reference(args, want).is_ok());
  EXPECT_TRUE(StrassenMultiply::cpu(run, args, have).is_ok());
  EXPECT_EQ(workspace.back(), 77) << "wrote beyond the workspace";
  *bound = StrassenMultiply::error_bound(args);
  return largest_difference(expected, got);
}

TEST(StrassenMultiply, StaysWithinTheBoundOnEverySmallShape) {
  for (std::size_t m = 1; m <= 9; ++m) {
    for (std::size_t n = 1; n <= 9; ++n) {
      for (std::size_t k = 1; k <= 9; ++k) {
        for (const std::size_t crossover : {std::size_t{2}, std::size_t{4}}) {
          double bound = 0;
          ASSERT_LE(error_of(m, n, k, crossover, &bound), bound)
              << m << " x " << k << " x " << n << ", crossover " << crossover;
        }
      }
    }
  }
}

TEST(StrassenMultiply, StaysWithinTheBoundOnOddAndRectangularShapes) {
  const std::size_t shapes[][3] = {{64, 64, 64},    {65, 65, 65},   {127, 33, 61}, {33, 128, 95},
                                   {130, 131, 129}, {257, 20, 300}, {0, 5, 7},     {5, 0, 7}};
  for (const auto& [m, n, k] : shapes) {
    for (const std::size_t crossover : {8, 16, 64}) {
      double bound = 0;
      EXPECT_LE(error_of(m, n, k, crossover, &bound), bound)
          << m << " x " << k << " x " << n << ", crossover " << crossover;
    }
  }
}

TEST(StrassenMultiply, HalvesWhileTheSmallestDimensionReachesTheCrossover) {
  const Matrix<double> a(1000, 129);
  const Matrix<double> b(129, 300);
  StrassenMultiply::Args args{a.view(), b.view(), 64};
  EXPECT_EQ(StrassenMultiply::levels(args), 2U) << "129, 65, 33";
  args.crossover = 66;
  EXPECT_EQ(StrassenMultiply::levels(args), 1U);
  args.crossover = 130;
  EXPECT_EQ(StrassenMultiply::levels(args), 0U);
  EXPECT_EQ(StrassenMultiply::workspace_elements(args), 0U);
}

TEST(StrassenMultiply, ErrsMoreThanTheOrdinaryProductButOnlyInNorm) {
  // Rows of very different size: the ordinary product keeps the digits of the small ones.
  constexpr std::size_t kSide = 64;
  Matrix<double> a = random_matrix(kSide, kSide, 3);
  for (std::size_t c = 0; c < kSide; ++c) a(kSide - 1, c) *= 1e-20;
  const Matrix<double> b = random_matrix(kSide, kSide, 4);
  Matrix<double> exact(kSide, kSide);
  Matrix<double> got(kSide, kSide);
  const StrassenMultiply::Args args{std::as_const(a).view(), b.view(), 8};
  StrassenMultiply::Output want{exact.view()};
  StrassenMultiply::Output have{got.view()};
  Workers workers(1);
  CpuRun run{workers};
  ASSERT_TRUE(StrassenMultiply::reference(args, want).is_ok());
  ASSERT_TRUE(StrassenMultiply::cpu(run, args, have).is_ok());
  EXPECT_LE(largest_difference(exact, got), StrassenMultiply::error_bound(args));
  EXPECT_GT(std::fabs(got(kSide - 1, 0) - exact(kSide - 1, 0)),
            1e-3 * std::fabs(exact(kSide - 1, 0)))
      << "the recursion did not run";
}

TEST(StrassenMultiply, RefusesWhatDoesNotFit) {
  const Matrix<double> a(3, 4);
  const Matrix<double> b(5, 6);
  const Status status = StrassenMultiply::check({a.view(), b.view()});
  EXPECT_EQ(status.reason(), "shape_mismatch");
  EXPECT_NE(status.message().find("3 x 4"), std::string::npos);
  EXPECT_EQ(StrassenMultiply::check({a.view(), {b.data(), 4, 6}, 1}).reason(), "range");
  Matrix<double> c(3, 5);
  StrassenMultiply::Output out{c.view()};
  Workers workers(1);
  CpuRun run{workers};
  EXPECT_EQ(StrassenMultiply::cpu(run, {a.view(), {b.data(), 4, 6}}, out).reason(),
            "shape_mismatch");
}

TEST(StrassenMultiply, HasTheBitsOfTheOrdinaryProductBelowTheCrossover) {
  const Matrix<double> a = random_matrix(50, 60, 6);
  const Matrix<double> b = random_matrix(60, 70, 7);
  Matrix<double> ordinary(50, 70);
  Matrix<double> got(50, 70);
  Workers workers(1);
  CpuRun run{workers};
  MultiplyF64::Output want{ordinary.view()};
  StrassenMultiply::Output have{got.view()};
  ASSERT_TRUE(MultiplyF64::cpu(run, {.a = a.view(), .b = b.view()}, want).is_ok());
  ASSERT_TRUE(StrassenMultiply::cpu(run, {a.view(), b.view()}, have).is_ok());
  EXPECT_TRUE(std::equal(got.data(), got.data() + 50 * 70, ordinary.data()));
}

}  // namespace
}  // namespace weir::ops
