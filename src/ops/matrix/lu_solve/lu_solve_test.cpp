#include "ops/matrix/lu_solve/lu_solve.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/residual.hpp"
#include "ops/matrix/factor/sample.hpp"

namespace weir::ops {
namespace {

struct Solved {
  Matrix<double> x;
  LuSolve::Output out;
  Status status;
};

Solved solve(MatrixView<double> a, MatrixView<double> b, unsigned threads = 1,
             bool reference = false) {
  Solved solved{.x = Matrix<double>(b.rows, b.cols), .out = {}, .status = {}};
  solved.out.x = solved.x.view();
  Workers workers(threads);
  CpuRun run{workers};
  solved.status = LuSolve::check({a, b});
  if (!solved.status) return solved;
  solved.status =
      reference ? LuSolve::reference({a, b}, solved.out) : LuSolve::cpu(run, {a, b}, solved.out);
  return solved;
}

TEST(LuSolve, AnswersAWorkedExampleThatNeedsPivots) {
  const double a[] = {0, 2, 1, 1, 1, 1, 2, 1, -1};
  const double b[] = {7, 6, 1};  // x = 1, 2, 3
  const Solved got = solve({a, 3, 3}, {b, 3, 1});
  ASSERT_TRUE(got.status) << got.status.to_string();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(got.x(i, 0), static_cast<double>(i) + 1, 1e-15);
}

TEST(LuSolve, StaysWithinItsBackwardErrorOnRandomMatrices) {
  for (const std::size_t n : {1u, 2u, 3u, 31u, 63u, 64u, 65u, 127u, 129u, 200u, 321u}) {
    for (const std::size_t sides : {1u, 2u, 70u}) {
      if (n > 200 && sides > 2) continue;
      SCOPED_TRACE(testing::Message() << "n " << n << " sides " << sides);
      const Matrix<double> a = factor::random_matrix(n, n, 1);
      const Matrix<double> b = factor::random_matrix(n, sides, 2);
      const Solved got = solve(a.view(), b.view());
      ASSERT_TRUE(got.status) << got.status.to_string();
      const double bound = 16 * static_cast<double>(n) * factor::kUnit;
      const double measured = factor::backward_error(a.view(), got.out.x, b.view());
      EXPECT_LE(measured, bound);
      // What the op says of itself is true, up to the rounding of its own residual.
      EXPECT_NEAR(got.out.backward_error, measured, bound / 4);
    }
  }
}

TEST(LuSolve, AgreesWithTheReferenceAsFarAsTheConditionAllows) {
  for (const std::size_t n : {1u, 5u, 40u, 100u}) {
    const Matrix<double> a = factor::random_matrix(n, n, 3);
    const Matrix<double> b = factor::random_matrix(n, 3, 4);
    const Solved got = solve(a.view(), b.view());
    const Solved expected = solve(a.view(), b.view(), 1, true);
    ASSERT_TRUE(got.status && expected.status);
    EXPECT_LE(factor::difference(got.x.view(), expected.x.view()),
              16 * static_cast<double>(n) * factor::kUnit / expected.out.rcond *
                  factor::largest(expected.x.view()));
    EXPECT_LE(expected.out.rcond, got.out.rcond * (1 + 1e-8));
    EXPECT_LE(got.out.rcond, 10 * expected.out.rcond);
  }
}

TEST(LuSolve, KeepsItsBackwardErrorOnIllConditionedMatrices) {
  std::vector<double> values(50);
  for (std::size_t i = 0; i < 50; ++i) values[i] = std::pow(10.0, -0.25 * static_cast<double>(i));
  const Matrix<double> a = factor::with_values(50, 50, values, 5);
  const Matrix<double> b = factor::random_matrix(50, 2, 6);
  const Solved got = solve(a.view(), b.view());
  ASSERT_TRUE(got.status) << got.status.to_string();
  EXPECT_LE(factor::backward_error(a.view(), got.out.x, b.view()), 16 * 50 * factor::kUnit);
  EXPECT_LT(got.out.rcond, 1e-12);
  EXPECT_GT(got.out.rcond, 1e-15);
}

TEST(LuSolve, GivesTheSameBitsForEveryNumberOfThreads) {
  const Matrix<double> a = factor::random_matrix(300, 300, 7);
  const Matrix<double> b = factor::random_matrix(300, 130, 8);
  const Solved one = solve(a.view(), b.view(), 1);
  const Solved two = solve(a.view(), b.view(), 2);
  ASSERT_TRUE(one.status && two.status);
  EXPECT_EQ(0, std::memcmp(one.x.data(), two.x.data(), 300 * 130 * sizeof(double)));
}

TEST(LuSolve, AnswersSingularWithRcond) {
  const double rank_one[] = {1, 2, 2, 4};
  const double zero_column[] = {1, 0, 2, 0};
  const double b[] = {1, 1};
  for (const double* a : {rank_one, zero_column}) {
    for (const bool reference : {false, true}) {
      const Solved got = solve({a, 2, 2}, {b, 2, 1}, 1, reference);
      EXPECT_EQ(got.status.code(), Code::kFailedPrecondition);
      EXPECT_EQ(got.status.reason(), "singular");
      EXPECT_NE(got.status.message().find("rcond 0"), std::string::npos) << got.status.message();
    }
  }
  std::vector<double> values(20, 1.0);
  values[19] = 1e-17;  // singular to working precision, without a zero pivot
  const Matrix<double> nearly = factor::with_values(20, 20, values, 9);
  const Matrix<double> ones = factor::random_matrix(20, 1, 10);
  const Solved got = solve(nearly.view(), ones.view());
  EXPECT_EQ(got.status.reason(), "singular");
  EXPECT_LT(got.out.rcond, 20 * factor::kUnit);
}

// Partial pivoting lets the numbers grow by 2^(n-1) on this well-conditioned matrix (Wilkinson).
Matrix<double> growing(std::size_t n) {
  Matrix<double> a(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) a(j, i) = -1;
    a(i, i) = 1;
    a(n - 1, i) = 1;
  }
  return a;
}

TEST(LuSolve, RefinementRepairsWhatGrowthOfTheFactorsSpoils) {
  const Matrix<double> a = growing(45);
  const Matrix<double> b = factor::random_matrix(45, 1, 11);
  const double bound = 16 * 45 * factor::kUnit;
  factor::Lu lu(45);
  factor::copy(a.view(), lu.factors());
  Workers workers(1);
  CpuRun run{workers};
  ASSERT_EQ(lu.factor(run), 0u);
  Matrix<double> raw(45, 1);
  factor::copy(b.view(), raw.view());
  lu.solve(run, raw.view());
  EXPECT_GT(factor::backward_error(a.view(), raw.view(), b.view()), bound);
  const Solved got = solve(a.view(), b.view());
  ASSERT_TRUE(got.status) << got.status.to_string();
  EXPECT_LE(factor::backward_error(a.view(), got.out.x, b.view()), bound);
  const Matrix<double> sides = factor::random_matrix(45, 20, 12);  // refined because they need it
  const Solved many = solve(a.view(), sides.view());
  ASSERT_TRUE(many.status) << many.status.to_string();
  EXPECT_LE(factor::backward_error(a.view(), many.out.x, sides.view()), bound);
}

TEST(LuSolve, RefusesRatherThanAnswerWrongly) {
  const Matrix<double> a = growing(120);  // beyond what one step repairs
  const Matrix<double> b = factor::random_matrix(120, 1, 11);
  EXPECT_EQ(solve(a.view(), b.view()).status.code(), Code::kFailedPrecondition);
  EXPECT_EQ(factor::check_backward_error(1e-10, 1e-12).reason(), "inaccurate");
  EXPECT_TRUE(factor::check_backward_error(1e-12, 1e-12));
}

TEST(LuSolve, HandlesEmptyAndOneByOneAndScaledMatrices) {
  const Solved empty = solve({nullptr, 0, 0}, {nullptr, 0, 3});
  EXPECT_TRUE(empty.status);
  EXPECT_EQ(empty.out.rcond, 1);
  const double four[] = {4};
  const double eight[] = {8};
  const Solved one = solve({four, 1, 1}, {eight, 1, 1});
  ASSERT_TRUE(one.status);
  EXPECT_EQ(one.x(0, 0), 2);
  EXPECT_EQ(one.out.rcond, 1);
  for (const double scale : {1e300, 1e-300}) {
    const double a[] = {2 * scale, scale, scale, 3 * scale};
    const double b[] = {3, 4};
    const Solved got = solve({a, 2, 2}, {b, 2, 1});
    ASSERT_TRUE(got.status) << scale << ": " << got.status.to_string();
    EXPECT_NEAR(got.x(0, 0) * scale, 1, 1e-15);
    EXPECT_NEAR(got.x(1, 0) * scale, 1, 1e-15);
  }
}

TEST(LuSolve, ReadsSlicesWithAStride) {
  const Matrix<double> wide = factor::random_matrix(20, 31, 12);
  const Matrix<double> sides = factor::random_matrix(20, 9, 13);
  const MatrixView<double> a = wide.view().block(0, 5, 20, 20);
  const MatrixView<double> b = sides.view().block(0, 2, 20, 4);
  const Solved got = solve(a, b);
  ASSERT_TRUE(got.status);
  EXPECT_LE(factor::backward_error(a, got.out.x, b), 16 * 20 * factor::kUnit);
}

TEST(LuSolve, NamesWhatDoesNotFit) {
  const Matrix<double> a = factor::random_matrix(3, 4, 14);
  const Matrix<double> b = factor::random_matrix(2, 1, 15);
  EXPECT_NE(solve(a.view(), b.view()).status.message().find("[3, 4]"), std::string::npos);
  const Matrix<double> square = factor::random_matrix(3, 3, 16);
  const std::string message = solve(square.view(), b.view()).status.message();
  EXPECT_NE(message.find("[2, 1]"), std::string::npos) << message;
  EXPECT_NE(message.find("[3, 3]"), std::string::npos) << message;
  Matrix<double> bad = factor::random_matrix(3, 3, 17);
  bad(1, 2) = std::numeric_limits<double>::infinity();
  const Matrix<double> right = factor::random_matrix(3, 1, 18);
  const Status status = solve(bad.view(), right.view()).status;
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("a(1, 2) is inf"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace weir::ops
