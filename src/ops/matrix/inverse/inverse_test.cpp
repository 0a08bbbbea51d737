#include "ops/matrix/inverse/inverse.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/lu.hpp"
#include "ops/matrix/factor/sample.hpp"

namespace weir::ops {
namespace {

struct Inverted {
  Matrix<double> inverse;
  Inverse::Output out;
  Status status;
};

Inverted invert(MatrixView<double> a, unsigned threads = 1, bool reference = false) {
  Inverted got{.inverse = Matrix<double>(a.rows, a.cols), .out = {}, .status = Inverse::check({a})};
  if (!got.status) return got;
  got.out.inverse = got.inverse.view();
  Workers workers(threads);
  CpuRun run{workers};
  got.status = reference ? Inverse::reference({a}, got.out) : Inverse::cpu(run, {a}, got.out);
  return got;
}

Matrix<double> unit(std::size_t n) {
  Matrix<double> one(n, n);
  for (std::size_t i = 0; i < n; ++i) one(i, i) = 1;
  return one;
}

void expect_inverse(MatrixView<double> a, const Inverted& got) {
  const double bound = 16 * static_cast<double>(a.rows) * factor::kUnit * factor::norm_one(a) *
                       factor::norm_one(got.inverse.view());
  const Matrix<double> one = unit(a.rows);
  EXPECT_LE(factor::product_error(a, got.inverse.view(), one.view()), bound);
  EXPECT_LE(factor::product_error(got.inverse.view(), a, one.view()), bound);
}

TEST(Inverse, AnswersAWorkedExampleThatNeedsPivots) {
  const double a[] = {0, 2, 1, 0, 0, 0, 0, 0, 4};  // a zero row at first: singular
  EXPECT_EQ(invert({a, 3, 3}).status.reason(), "singular");
  const double b[] = {0, 2, 0, 4, 0, 0, 0, 0, 8};
  const double expected[] = {0, .25, 0, .5, 0, 0, 0, 0, .125};
  const Inverted got = invert({b, 3, 3});
  ASSERT_TRUE(got.status) << got.status.to_string();
  EXPECT_EQ(0, factor::difference(got.inverse.view(), {expected, 3, 3}));
  EXPECT_EQ(got.out.rcond, .25);
}

TEST(Inverse, TimesTheMatrixIsOne) {
  for (const std::size_t n : {1u, 2u, 31u, 63u, 64u, 65u, 128u, 129u, 190u, 257u}) {
    SCOPED_TRACE(n);
    const Matrix<double> a = factor::random_matrix(n, n, 1);
    const Inverted got = invert(a.view());
    ASSERT_TRUE(got.status) << got.status.to_string();
    expect_inverse(a.view(), got);
  }
}

TEST(Inverse, AgreesWithTheReference) {
  for (const std::size_t n : {1u, 7u, 64u, 100u}) {
    const Matrix<double> a = factor::random_matrix(n, n, 2);
    const Inverted got = invert(a.view());
    const Inverted expected = invert(a.view(), 1, true);
    ASSERT_TRUE(got.status && expected.status);
    EXPECT_LE(factor::difference(got.inverse.view(), expected.inverse.view()),
              16 * static_cast<double>(n) * factor::kUnit / expected.out.rcond *
                  factor::largest(expected.inverse.view()));
    EXPECT_NEAR(got.out.rcond / expected.out.rcond, 1, 1e-6);
  }
}

TEST(Inverse, KeepsItsBoundOnIllConditionedMatrices) {
  std::vector<double> values(70);
  for (std::size_t i = 0; i < 70; ++i) values[i] = std::pow(10.0, -0.15 * static_cast<double>(i));
  const Matrix<double> a = factor::with_values(70, 70, values, 3);
  const Inverted got = invert(a.view());
  ASSERT_TRUE(got.status) << got.status.to_string();
  expect_inverse(a.view(), got);
  EXPECT_LT(got.out.rcond, 1e-9);
}

TEST(Inverse, GivesTheSameBitsForEveryNumberOfThreads) {
  const Matrix<double> a = factor::random_matrix(400, 400, 4);
  const Inverted one = invert(a.view(), 1);
  const Inverted two = invert(a.view(), 2);
  ASSERT_TRUE(one.status && two.status);
  EXPECT_EQ(0, std::memcmp(one.inverse.data(), two.inverse.data(), 400 * 400 * sizeof(double)));
}

TEST(Inverse, AnswersSingularWithRcond) {
  const double rank_two[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (const bool reference : {false, true}) {
    const Inverted got = invert({rank_two, 3, 3}, 1, reference);
    EXPECT_EQ(got.status.code(), Code::kFailedPrecondition);
    EXPECT_EQ(got.status.reason(), "singular");
    EXPECT_NE(got.status.message().find("rcond "), std::string::npos);
  }
  std::vector<double> values(150, 1.0);
  values[149] = 0;
  const Matrix<double> a = factor::with_values(150, 150, values, 5);
  EXPECT_EQ(invert(a.view()).status.reason(), "singular");
  const Matrix<double> zero(80, 80);
  EXPECT_NE(invert(zero.view()).status.message().find("rcond 0"), std::string::npos);
}

TEST(Inverse, HandlesEmptyScaledAndSlicedMatrices) {
  const Inverted empty = invert({nullptr, 0, 0});
  EXPECT_TRUE(empty.status);
  EXPECT_EQ(empty.out.rcond, 1);
  for (const double scale : {1e300, 1e-300}) {
    const double a[] = {2 * scale, 0, 0, 4 * scale};
    const Inverted got = invert({a, 2, 2});
    ASSERT_TRUE(got.status) << scale << ": " << got.status.to_string();
    EXPECT_NEAR(got.inverse(0, 0) * scale, .5, 1e-15);
    EXPECT_EQ(got.inverse(0, 1), 0);
  }
  const Matrix<double> wide = factor::random_matrix(130, 150, 6);
  const MatrixView<double> a = wide.view().block(0, 7, 130, 130);
  const Inverted got = invert(a);
  ASSERT_TRUE(got.status);
  expect_inverse(a, got);
}

// Sums of the one, and reciprocals of the other, are beyond the range of doubles.
TEST(Inverse, OfMatricesNearTheEndsOfTheRange) {
  for (const bool reference : {false, true}) {
    const double huge[] = {1.6e308, -1e308, 1e308, 1.6e308};
    const Inverted got = invert({huge, 2, 2}, 1, reference);
    ASSERT_TRUE(got.status) << got.status.to_string();
    EXPECT_NEAR(got.out.rcond, 3.56 / (2.6 * 2.6), 1e-12);
    EXPECT_NEAR(got.inverse(0, 0) * 1e308, 1.6 / 3.56, 1e-12);
    EXPECT_NEAR(got.inverse(0, 1) * 1e308, 1 / 3.56, 1e-12);
    const double tiny[] = {1e-307, 0, 0, 2e-307};
    EXPECT_NEAR(invert({tiny, 2, 2}, 1, reference).inverse(0, 0) * 1e-307, 1, 1e-15);
    const double denormal[] = {1e-310, 0, 0, 2e-310};
    const Inverted beyond = invert({denormal, 2, 2}, 1, reference);
    EXPECT_EQ(beyond.status.reason(), "too_small") << beyond.status.to_string();
    EXPECT_NEAR(beyond.out.rcond, 0.5, 1e-12);
  }
}

TEST(Inverse, WritesIntoAWiderMatrixAndNothingRoundIt) {
  const Matrix<double> a = factor::random_matrix(140, 140, 7);
  Matrix<double> wide(140, 160);
  for (std::size_t i = 0; i < 140 * 160; ++i) wide.data()[i] = 7;
  Inverse::Output out{.inverse = wide.view().block(0, 9, 140, 140)};
  Workers workers(1);
  CpuRun run{workers};
  ASSERT_TRUE(Inverse::cpu(run, {a.view()}, out));
  const Inverted packed = invert(a.view());
  EXPECT_EQ(0, factor::difference(out.inverse, packed.inverse.view()));
  for (std::size_t r = 0; r < 140; ++r) {
    for (std::size_t c = 0; c < 160; ++c) {
      const bool outside = c < 9 || c >= 149;
      ASSERT_EQ(outside && wide(r, c) != 7, false) << r << ", " << c;
    }
  }
}

TEST(Inverse, NamesWhatDoesNotFit) {
  const Matrix<double> a = factor::random_matrix(3, 4, 8);
  EXPECT_NE(invert(a.view()).status.message().find("[3, 4]"), std::string::npos);
  Matrix<double> bad = factor::random_matrix(3, 3, 9);
  bad(2, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(invert(bad.view()).status.message().find("a(2, 0) is nan"), std::string::npos);
}

}  // namespace
}  // namespace weir::ops
