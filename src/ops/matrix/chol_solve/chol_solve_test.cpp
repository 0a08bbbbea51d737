#include "ops/matrix/chol_solve/chol_solve.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/residual.hpp"
#include "ops/matrix/factor/sample.hpp"

namespace weir::ops {
namespace {

struct Solved {
  Matrix<double> x;
  CholSolve::Output out;
  Status status;
};

Solved solve(MatrixView<double> a, MatrixView<double> b, unsigned threads = 1,
             bool reference = false) {
  Solved solved{.x = Matrix<double>(b.rows, b.cols), .out = {}, .status = {}};
  solved.out.x = solved.x.view();
  Workers workers(threads);
  CpuRun run{workers};
  solved.status = CholSolve::check({a, b});
  if (!solved.status) return solved;
  solved.status = reference ? CholSolve::reference({a, b}, solved.out)
                            : CholSolve::cpu(run, {a, b}, solved.out);
  return solved;
}

TEST(CholSolve, AnswersAWorkedExample) {
  const double a[] = {4, 12, -16, 12, 37, -43, -16, -43, 98};
  const double b[] = {-20, -43, 192};  // x = 1, 2, 3
  for (const bool reference : {false, true}) {
    const Solved got = solve({a, 3, 3}, {b, 3, 1}, 1, reference);
    ASSERT_TRUE(got.status) << got.status.to_string();
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(got.x(i, 0), static_cast<double>(i) + 1, 1e-11);
  }
}

TEST(CholSolve, StaysWithinItsBackwardErrorAndNearTheReference) {
  for (const std::size_t n : {1u, 2u, 65u, 130u}) {
    for (const std::size_t sides : {1u, 3u, 70u}) {
      SCOPED_TRACE(testing::Message() << "n " << n << " sides " << sides);
      const Matrix<double> a = factor::positive_definite(n, 1);
      const Matrix<double> b = factor::random_matrix(n, sides, 2);
      const Solved got = solve(a.view(), b.view());
      const Solved expected = solve(a.view(), b.view(), 1, true);
      ASSERT_TRUE(got.status && expected.status) << got.status.to_string();
      const double bound = 16 * static_cast<double>(n) * factor::kUnit;
      const double measured = factor::backward_error(a.view(), got.out.x, b.view());
      EXPECT_LE(measured, bound);
      EXPECT_NEAR(got.out.backward_error, measured, bound / 4);
      EXPECT_LE(factor::difference(got.x.view(), expected.x.view()),
                bound / expected.out.rcond * factor::largest(expected.x.view()));
      EXPECT_LE(expected.out.rcond, got.out.rcond * (1 + 1e-8));
      EXPECT_LE(got.out.rcond, 10 * expected.out.rcond);
    }
  }
}

TEST(CholSolve, GivesTheSameBitsForEveryNumberOfThreads) {
  const Matrix<double> a = factor::positive_definite(280, 3);
  const Matrix<double> b = factor::random_matrix(280, 130, 4);
  const Solved one = solve(a.view(), b.view(), 1);
  const Solved two = solve(a.view(), b.view(), 2);
  ASSERT_TRUE(one.status && two.status);
  EXPECT_EQ(0, std::memcmp(one.x.data(), two.x.data(), 280 * 130 * sizeof(double)));
}

TEST(CholSolve, NamesTheLeadingMinorAndTheConditionThatRefuseIt) {
  const double indefinite[] = {1, 0, 0, 0, -1, 0, 0, 0, 1};
  const double b[] = {1, 1, 1};
  for (const bool reference : {false, true}) {
    const Status status = solve({indefinite, 3, 3}, {b, 3, 1}, 1, reference).status;
    EXPECT_EQ(status.reason(), "not_positive_definite");
    EXPECT_NE(status.message().find("order 2"), std::string::npos);
    const double nearly[] = {1, 0, 0, 0, 1e-17, 0, 0, 0, 1};
    EXPECT_EQ(solve({nearly, 3, 3}, {b, 3, 1}, 1, reference).status.reason(), "singular");
  }
}

TEST(CholSolve, RefusesWhatDoesNotFit) {
  const Matrix<double> a = factor::positive_definite(3, 5);
  const Matrix<double> b = factor::random_matrix(4, 1, 6);
  EXPECT_NE(solve(a.view(), b.view()).status.message().find("[4, 1]"), std::string::npos);
  const double asymmetric[] = {2, 1, 0, 2};
  const double ones[] = {1, 1};
  EXPECT_EQ(solve({asymmetric, 2, 2}, {ones, 2, 1}).status.reason(), "asymmetric");
  EXPECT_TRUE(solve({nullptr, 0, 0}, {nullptr, 0, 1}).status);
}

}  // namespace
}  // namespace weir::ops
