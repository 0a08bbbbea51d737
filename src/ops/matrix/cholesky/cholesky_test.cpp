#include "ops/matrix/cholesky/cholesky.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/sample.hpp"

namespace weir::ops {
namespace {

struct Factored {
  Matrix<double> lower;
  Status status;
};

Factored factorise(MatrixView<double> a, unsigned threads = 1, bool reference = false) {
  Factored got{.lower = Matrix<double>(a.rows, a.cols), .status = Cholesky::check({a})};
  if (!got.status) return got;
  for (std::size_t i = 0; i < a.size(); ++i) got.lower.data()[i] = 77;  // all is written
  Cholesky::Output out{.lower = got.lower.view()};
  Workers workers(threads);
  CpuRun run{workers};
  got.status = reference ? Cholesky::reference({a}, out) : Cholesky::cpu(run, {a}, out);
  return got;
}

Matrix<double> transposed(MatrixView<double> a) {
  Matrix<double> turned(a.cols, a.rows);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) turned(c, r) = a(r, c);
  }
  return turned;
}

TEST(Cholesky, AnswersAWorkedExample) {
  const double a[] = {4, 12, -16, 12, 37, -43, -16, -43, 98};
  const double expected[] = {2, 0, 0, 6, 1, 0, -8, 5, 3};
  for (const bool reference : {false, true}) {
    const Factored got = factorise({a, 3, 3}, 1, reference);
    ASSERT_TRUE(got.status) << got.status.to_string();
    EXPECT_EQ(0, factor::difference(got.lower.view(), {expected, 3, 3}));
  }
}

TEST(Cholesky, LowerTimesItsTransposeIsTheMatrix) {
  for (const std::size_t n : {1u, 2u, 33u, 127u, 128u, 129u, 200u, 270u}) {
    SCOPED_TRACE(n);
    const Matrix<double> a = factor::positive_definite(n, 1);
    const Factored got = factorise(a.view(), 2);
    ASSERT_TRUE(got.status) << got.status.to_string();
    const Matrix<double> upper = transposed(got.lower.view());
    EXPECT_LE(factor::product_error(got.lower.view(), upper.view(), a.view()),
              8 * static_cast<double>(n) * factor::kUnit * factor::largest(a.view()));
    for (std::size_t r = 0; r < n; ++r) {
      EXPECT_GT(got.lower(r, r), 0);
      for (std::size_t c = r + 1; c < n; ++c) ASSERT_EQ(got.lower(r, c), 0) << r << ", " << c;
    }
  }
}

TEST(Cholesky, AgreesWithTheReference) {
  for (const std::size_t n : {1u, 20u, 140u}) {
    const Matrix<double> a = factor::positive_definite(n, 2);
    const Factored got = factorise(a.view());
    const Factored expected = factorise(a.view(), 1, true);
    ASSERT_TRUE(got.status && expected.status);
    EXPECT_LE(factor::difference(got.lower.view(), expected.lower.view()),
              64 * static_cast<double>(n) * factor::kUnit * factor::largest(a.view()));
  }
}

TEST(Cholesky, GivesTheSameBitsForEveryNumberOfThreads) {
  const Matrix<double> a = factor::positive_definite(300, 3);
  const Factored one = factorise(a.view(), 1);
  const Factored two = factorise(a.view(), 2);
  ASSERT_TRUE(one.status && two.status);
  EXPECT_EQ(0, std::memcmp(one.lower.data(), two.lower.data(), 300 * 300 * sizeof(double)));
}

TEST(Cholesky, NamesTheLeadingMinorThatIsNotPositive) {
  const double indefinite[] = {1, 2, 2, 1};
  for (const bool reference : {false, true}) {
    const Status status = factorise({indefinite, 2, 2}, 1, reference).status;
    EXPECT_EQ(status.code(), Code::kFailedPrecondition);
    EXPECT_EQ(status.reason(), "not_positive_definite");
    EXPECT_NE(status.message().find("order 2"), std::string::npos) << status.message();
  }
  Matrix<double> a = factor::positive_definite(300, 4);
  for (const std::size_t bad : {290u, 130u, 128u, 127u, 0u}) {
    a(bad, bad) = -1;
    const Status status = factorise(a.view()).status;
    EXPECT_NE(status.message().find("order " + std::to_string(bad + 1) + " "), std::string::npos)
        << status.message();
  }
}

TEST(Cholesky, RefusesAsymmetryBeyondEightUnits) {
  const double u = factor::kUnit;
  const double within[] = {2, 1, 1 + 4 * u, 2};
  EXPECT_TRUE(factorise({within, 2, 2}).status);
  const double beyond[] = {2, 1, 1 + 20 * u, 2};
  const Status status = factorise({beyond, 2, 2}).status;
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.reason(), "asymmetric");
  Matrix<double> far = factor::positive_definite(80, 5);
  far(70, 3) += 1;
  EXPECT_NE(factorise(far.view()).status.message().find("a(70, 3)"), std::string::npos);
}

TEST(Cholesky, HandlesEmptyMatricesAndRefusesOtherShapesAndNaN) {
  EXPECT_TRUE(factorise({nullptr, 0, 0}).status);
  const Matrix<double> a = factor::random_matrix(2, 3, 6);
  EXPECT_NE(factorise(a.view()).status.message().find("[2, 3]"), std::string::npos);
  const double bad[] = {1, 0, 0, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_NE(factorise({bad, 2, 2}).status.message().find("a(1, 1) is nan"), std::string::npos);
}

}  // namespace
}  // namespace weir::ops
