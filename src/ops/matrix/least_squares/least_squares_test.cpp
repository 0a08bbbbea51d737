#include "ops/matrix/least_squares/least_squares.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/sample.hpp"

namespace weir::ops {
namespace {

namespace naive = factor::naive;

struct Solved {
  Matrix<double> x;
  std::vector<double> residuals;
  LeastSquares::Output out;
  Status status;
};

Solved solve(const LeastSquares::Args& args, unsigned threads = 1, bool reference = false) {
  Solved got{.x = Matrix<double>(args.a.cols, args.b.cols),
             .residuals = std::vector<double>(args.b.cols),
             .out = {},
             .status = LeastSquares::check(args)};
  if (!got.status) return got;
  got.out.x = got.x.view();
  got.out.residuals = got.residuals;
  Workers workers(threads);
  CpuRun run{workers};
  got.status =
      reference ? LeastSquares::reference(args, got.out) : LeastSquares::cpu(run, args, got.out);
  return got;
}

// The normal equations hold, to the bound of the header.
void expect_least(const LeastSquares::Args& args, const Solved& got) {
  const naive::LongMatrix a = naive::widen(args.a);
  naive::LongMatrix r = naive::multiply(a, naive::widen(got.x.view()));
  for (std::size_t i = 0; i < r.values.size(); ++i)
    r.values[i] = args.b(i / r.cols, i % r.cols) - r.values[i];
  const naive::LongMatrix normal = naive::multiply(naive::transpose(a), r);
  const long double norm = naive::norm_frobenius(a);
  const double side = static_cast<double>(std::max(args.a.rows, args.a.cols));
  EXPECT_LE(naive::norm_frobenius(normal),
            32 * side * factor::kUnit * norm *
                (norm * factor::norm_frobenius(got.x.view()) + factor::norm_frobenius(args.b)));
}

TEST(LeastSquares, AnswersAWorkedExample) {
  const double a[] = {1, 1, 1, 2, 1, 3, 1, 4};  // a line through 4 points
  const double b[] = {6, 5, 7, 10};             // 3.5 + 1.4 t, residual sqrt(4.2)
  for (const bool reference : {false, true}) {
    const Solved got = solve({.a = {a, 4, 2}, .b = {b, 4, 1}}, 1, reference);
    ASSERT_TRUE(got.status) << got.status.to_string();
    EXPECT_NEAR(got.x(0, 0), 3.5, 1e-14);
    EXPECT_NEAR(got.x(1, 0), 1.4, 1e-14);
    EXPECT_EQ(got.out.rank, 2u);
    EXPECT_NEAR(got.residuals[0], std::sqrt(4.2), 1e-14);
  }
}

TEST(LeastSquares, MeetsTheNormalEquationsAndTheReference) {
  const std::size_t shapes[][2] = {{1, 1},   {2, 1},   {1, 2},   {33, 33},  {60, 20},
                                   {20, 60}, {34, 33}, {500, 7}, {2500, 12}};
  for (const auto& [rows, cols] : shapes) {
    for (const std::size_t sides : {1u, 3u}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << cols << ", " << sides);
      const Matrix<double> a = factor::random_matrix(rows, cols, 1);
      const Matrix<double> b = factor::random_matrix(rows, sides, 2);
      const LeastSquares::Args args{.a = a.view(), .b = b.view()};
      const Solved got = solve(args, 2);
      const Solved expected = solve(args, 1, true);
      ASSERT_TRUE(got.status && expected.status);
      expect_least(args, got);
      EXPECT_EQ(got.out.rank, std::min(rows, cols));
      EXPECT_EQ(expected.out.rank, got.out.rank);
      EXPECT_LE(factor::difference(got.x.view(), expected.x.view()),
                1e-9 * (1 + factor::largest(expected.x.view())));
      for (std::size_t c = 0; c < sides; ++c)
        EXPECT_NEAR(got.residuals[c], expected.residuals[c], 1e-11);
    }
  }
}

TEST(LeastSquares, TakesTheSolutionOfLeastNormWhenColumnsDepend) {
  std::vector<double> values{5, 4, 3, 2, 0, 0, 0};
  const std::size_t shapes[][2] = {{30, 7}, {7, 30}, {1500, 7}, {7, 7}};
  for (const auto& [rows, cols] : shapes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << cols);
    const Matrix<double> a = factor::with_values(rows, cols, values, 3);
    const Matrix<double> b = factor::random_matrix(rows, 2, 4);
    const Solved got = solve({.a = a.view(), .b = b.view()});
    const Solved expected = solve({.a = a.view(), .b = b.view()}, 1, true);
    ASSERT_TRUE(got.status && expected.status);
    EXPECT_EQ(got.out.rank, 4u);
    EXPECT_EQ(expected.out.rank, 4u);
    // Against the pseudo-inverse, from the singular values.
    const naive::Svd svd = naive::jacobi_svd(naive::widen(a.view()));
    naive::LongMatrix scaled = naive::multiply(naive::transpose(svd.u), naive::widen(b.view()));
    for (std::size_t i = 0; i < scaled.rows; ++i) {
      for (std::size_t c = 0; c < 2; ++c)
        scaled(i, c) = svd.s[i] > 1e-10L ? scaled(i, c) / svd.s[i] : 0;
    }
    Matrix<double> pseudo(cols, 2);
    naive::round(naive::multiply(svd.v, scaled), pseudo.view());
    EXPECT_LE(factor::difference(got.x.view(), pseudo.view()), 1e-13);
    EXPECT_LE(factor::difference(expected.x.view(), pseudo.view()), 1e-13);
  }
}

TEST(LeastSquares, RankFollowsTheTolerance) {
  std::vector<double> values{1, 1e-3, 1e-6, 1e-9};
  const Matrix<double> a = factor::with_values(50, 4, values, 5);
  const Matrix<double> b = factor::random_matrix(50, 1, 6);
  EXPECT_EQ(solve({.a = a.view(), .b = b.view()}).out.rank, 4u);
  EXPECT_EQ(solve({.a = a.view(), .b = b.view(), .tolerance = 1e-7}).out.rank, 3u);
  EXPECT_EQ(solve({.a = a.view(), .b = b.view(), .tolerance = 1e-2}).out.rank, 1u);
  const Matrix<double> zero(50, 4);
  const Solved got = solve({.a = zero.view(), .b = b.view()});
  EXPECT_EQ(got.out.rank, 0u);
  EXPECT_EQ(factor::largest(got.x.view()), 0);
}

TEST(LeastSquares, GivesTheSameBitsForEveryNumberOfThreads) {
  const Matrix<double> a = factor::random_matrix(5000, 9, 7);
  const Matrix<double> b = factor::random_matrix(5000, 2, 8);
  const Solved one = solve({.a = a.view(), .b = b.view()}, 1);
  const Solved two = solve({.a = a.view(), .b = b.view()}, 2);
  EXPECT_EQ(0, std::memcmp(one.x.data(), two.x.data(), 18 * sizeof(double)));
}

TEST(LeastSquares, HandlesEmptyDimensionsAndNamesWhatDoesNotFit) {
  const double ones[] = {1, 1};
  const Solved no_columns = solve({.a = {nullptr, 2, 0}, .b = {ones, 2, 1}});
  ASSERT_TRUE(no_columns.status);
  EXPECT_NEAR(no_columns.residuals[0], std::sqrt(2.0), 1e-15);
  const Solved no_rows = solve({.a = {nullptr, 0, 3}, .b = {nullptr, 0, 1}});
  ASSERT_TRUE(no_rows.status);
  EXPECT_EQ(factor::largest(no_rows.x.view()), 0);
  EXPECT_NE(solve({.a = {ones, 1, 2}, .b = {ones, 2, 1}}).status.message().find("[1, 2]"),
            std::string::npos);
  EXPECT_EQ(solve({.a = {ones, 2, 1}, .b = {ones, 2, 1}, .tolerance = 1}).status.code(),
            Code::kInvalidArgument);
  const double bad[] = {1, std::numeric_limits<double>::infinity()};
  EXPECT_NE(solve({.a = {ones, 2, 1}, .b = {bad, 2, 1}}).status.message().find("b(1, 0) is inf"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::ops
