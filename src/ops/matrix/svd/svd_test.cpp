#include "ops/matrix/svd/svd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/householder.hpp"
#include "ops/matrix/factor/sample.hpp"

namespace weir::ops {
namespace {

struct Decomposed {
  Matrix<double> u, vt;
  std::vector<double> values;
  Status status;
};

Decomposed decompose(MatrixView<double> a, unsigned threads = 1, bool reference = false) {
  const std::size_t k = std::min(a.rows, a.cols);
  Decomposed got{.u = Matrix<double>(a.rows, k),
                 .vt = Matrix<double>(k, a.cols),
                 .values = std::vector<double>(k, 77),
                 .status = Svd::check({a})};
  if (!got.status) return got;
  Svd::Output out{.u = got.u.view(), .values = got.values, .vt = got.vt.view()};
  Workers workers(threads);
  CpuRun run{workers};
  got.status = reference ? Svd::reference({a}, out) : Svd::cpu(run, {a}, out);
  return got;
}

// U = 1 would fail the product, U = 0 or repeated columns the orthogonality.
void expect_svd(MatrixView<double> a, const Decomposed& got) {
  ASSERT_TRUE(got.status) << got.status.to_string();
  const std::size_t k = got.values.size();
  const double unit = 20 * static_cast<double>(std::max(a.rows, a.cols)) * factor::kUnit;
  EXPECT_TRUE(std::is_sorted(got.values.rbegin(), got.values.rend()));
  for (const double value : got.values) EXPECT_GE(value, 0);
  Matrix<double> v(a.cols, k), scaled(a.rows, k);
  factor::transpose(got.vt.view(), v.view());
  EXPECT_LE(factor::orthogonality_error(got.u.view()), unit);
  EXPECT_LE(factor::orthogonality_error(v.view()), unit);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < k; ++c) scaled(r, c) = got.u(r, c) * got.values[c];
  }
  EXPECT_LE(factor::product_error(scaled.view(), got.vt.view(), a),
            unit * factor::norm_frobenius(a));
  for (std::size_t i = 0; i < k; ++i) {
    std::size_t best = 0;
    for (std::size_t c = 1; c < a.cols; ++c) {
      if (std::abs(got.vt(i, c)) > std::abs(got.vt(i, best))) best = c;
    }
    EXPECT_GT(got.vt(i, best), 0) << "row " << i;
  }
}

TEST(Svd, AnswersAWorkedExample) {
  const double a[] = {3, 2, 2, 2, 3, -2};  // values 5 and 3
  for (const bool reference : {false, true}) {
    const Decomposed got = decompose({a, 2, 3}, 1, reference);
    expect_svd({a, 2, 3}, got);
    EXPECT_NEAR(got.values[0], 5, 1e-14);
    EXPECT_NEAR(got.values[1], 3, 1e-14);
    EXPECT_NEAR(std::abs(got.vt(1, 2)), 4 / std::sqrt(18.0), 1e-14);
    EXPECT_NEAR(got.vt(1, 2), 4 / std::sqrt(18.0), 1e-14);
    EXPECT_NEAR(got.u(0, 1), 1 / std::sqrt(2.0), 1e-14);
    EXPECT_NEAR(got.u(1, 1), -1 / std::sqrt(2.0), 1e-14);
  }
}

TEST(Svd, KeepsItsBoundsOnAllShapes) {
  const std::size_t shapes[][2] = {{1, 1},   {1, 6},   {6, 1},    {2, 3},    {30, 30},
                                   {40, 35}, {35, 40}, {60, 40},  {40, 60},  {61, 40},
                                   {150, 9}, {9, 150}, {2500, 6}, {6, 2500}, {130, 128}};
  for (const auto& [rows, cols] : shapes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << cols);
    const Matrix<double> a = factor::random_matrix(rows, cols, 1);
    expect_svd(a.view(), decompose(a.view(), 2));
  }
}

TEST(Svd, AgreesWithTheReferenceWhereValuesAreApart) {
  const std::size_t shapes[][2] = {{20, 20}, {50, 15}, {15, 50}};
  for (const auto& [rows, cols] : shapes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << cols);
    std::vector<double> values(std::min(rows, cols));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1 + static_cast<double>(i);
    const Matrix<double> a = factor::with_values(rows, cols, values, 2);
    const Decomposed got = decompose(a.view());
    const Decomposed expected = decompose(a.view(), 1, true);
    expect_svd(a.view(), expected);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(got.values[i], values[values.size() - 1 - i], 1e-12);
      EXPECT_NEAR(expected.values[i], got.values[i], 1e-13 * values.back());
    }
    EXPECT_LE(factor::difference(got.u.view(), expected.u.view()), 1e-12);
    EXPECT_LE(factor::difference(got.vt.view(), expected.vt.view()), 1e-12);
  }
}

TEST(Svd, CompletesTheBasesOfDeficientAndIllConditionedMatrices) {
  std::vector<double> values(25, 0.0);
  values[0] = 3;
  values[1] = 1e-9;
  const std::size_t shapes[][2] = {{25, 25}, {80, 25}, {25, 80}, {30, 25}};
  for (const auto& [rows, cols] : shapes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << cols);
    const Matrix<double> a = factor::with_values(rows, cols, values, 3);
    const Decomposed got = decompose(a.view());
    expect_svd(a.view(), got);
    EXPECT_NEAR(got.values[0], 3, 1e-14);
    EXPECT_NEAR(got.values[1], 1e-9, 1e-15);
    EXPECT_LT(got.values[2], 1e-14);
    expect_svd(a.view(), decompose(a.view(), 1, true));
  }
  const Matrix<double> zero(12, 7);
  expect_svd(zero.view(), decompose(zero.view()));
}

TEST(Svd, SurvivesExtremeScales) {
  for (const double scale : {1e300, 1e-300}) {
    Matrix<double> a = factor::random_matrix(40, 8, 4);
    const Decomposed plain = decompose(a.view());
    for (std::size_t i = 0; i < 320; ++i) a.data()[i] *= scale;
    const Decomposed got = decompose(a.view());
    ASSERT_TRUE(got.status);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(got.values[i] / scale, plain.values[i], 1e-13);
  }
}

TEST(Svd, ComputesTheSameValuesAlone) {
  const std::size_t shapes[][2] = {{20, 20}, {60, 10}, {10, 60}};
  for (const auto& [rows, cols] : shapes) {
    const Matrix<double> a = factor::random_matrix(rows, cols, 5);
    const Decomposed whole = decompose(a.view());
    std::vector<double> values(std::min(rows, cols));
    Svd::Output out{.u = {}, .values = values, .vt = {}};
    Workers workers(1);
    CpuRun run{workers};
    ASSERT_TRUE(Svd::cpu(run, {a.view()}, out));
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], whole.values[i], 1e-13);
  }
}

TEST(Svd, GivesTheSameBitsForEveryNumberOfThreads) {
  const Matrix<double> a = factor::random_matrix(4000, 11, 6);
  const Decomposed one = decompose(a.view(), 1);
  const Decomposed two = decompose(a.view(), 2);
  EXPECT_EQ(one.values, two.values);
  EXPECT_EQ(0, std::memcmp(one.u.data(), two.u.data(), 4000 * 11 * sizeof(double)));
}

TEST(Svd, NamesRandomizedSvdBeyondItsLimitAndWhatDoesNotFit) {
  const double bad[] = {1, std::numeric_limits<double>::quiet_NaN()};
  const Status large = Svd::check({{bad, 513, 600}});
  EXPECT_EQ(large.code(), Code::kInvalidArgument);
  EXPECT_EQ(large.reason(), "unsupported_shape");
  EXPECT_NE(large.to_string().find("randomized_svd"), std::string::npos);
  EXPECT_NE(decompose({bad, 1, 2}).status.message().find("a(0, 1) is nan"), std::string::npos);
  EXPECT_TRUE(decompose({nullptr, 0, 0}).status);
  EXPECT_TRUE(decompose({nullptr, 0, 4}).status);
  EXPECT_TRUE(decompose({nullptr, 4, 0}).status);
}

TEST(Svd, TakesEntriesWhoseSquaresOverflow) {
  for (const std::size_t rows : {2U, 5U}) {  // by LAPACK alone, and after reflections
    Matrix<double> a(rows, 2);
    a(0, 0) = 1e308;
    a(1, 1) = -5e307;
    const Decomposed got = decompose(a.view());
    ASSERT_TRUE(got.status) << got.status.to_string();
    EXPECT_NEAR(got.values[0] / 1e308, 1, 1e-15);
    EXPECT_NEAR(got.values[1] / 5e307, 1, 1e-15);
    EXPECT_NEAR(got.vt(1, 1), 1, 1e-15);
    EXPECT_NEAR(got.u(1, 1), -1, 1e-15);
  }
}

}  // namespace
}  // namespace weir::ops
