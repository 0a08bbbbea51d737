#include "ops/matrix/qr/qr.hpp"

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

struct Factored {
  Matrix<double> q, r;
  Status status;
};

Factored factorise(MatrixView<double> a, unsigned threads = 1, bool reference = false) {
  const std::size_t k = std::min(a.rows, a.cols);
  Factored got{
      .q = Matrix<double>(a.rows, k), .r = Matrix<double>(k, a.cols), .status = Qr::check({a})};
  if (!got.status) return got;
  for (std::size_t i = 0; i < k * a.cols; ++i) got.r.data()[i] = 77;  // all is written
  for (std::size_t i = 0; i < k * a.rows; ++i) got.q.data()[i] = 77;
  Qr::Output out{.q = got.q.view(), .r = got.r.view()};
  Workers workers(threads);
  CpuRun run{workers};
  got.status = reference ? Qr::reference({a}, out) : Qr::cpu(run, {a}, out);
  return got;
}

void expect_qr(MatrixView<double> a, const Factored& got) {
  ASSERT_TRUE(got.status) << got.status.to_string();
  const double unit = 10 * static_cast<double>(std::max(a.rows, a.cols)) * factor::kUnit;
  EXPECT_LE(factor::orthogonality_error(got.q.view()), unit);
  EXPECT_LE(factor::product_error(got.q.view(), got.r.view(), a), unit * factor::norm_frobenius(a));
  for (std::size_t i = 0; i < got.r.rows(); ++i) {
    EXPECT_GE(got.r(i, i), 0) << i;
    for (std::size_t c = 0; c < i; ++c) ASSERT_EQ(got.r(i, c), 0) << i << ", " << c;
  }
}

TEST(Qr, AnswersAWorkedExample) {
  const double a[] = {12, -51, 4, 6, 167, -68, -4, 24, -41};
  const double r[] = {14, 21, -14, 0, 175, -70, 0, 0, 35};
  for (const bool reference : {false, true}) {
    const Factored got = factorise({a, 3, 3}, 1, reference);
    ASSERT_TRUE(got.status);
    EXPECT_LE(factor::difference(got.r.view(), {r, 3, 3}), 1e-13);
    EXPECT_NEAR(got.q(0, 0), 6.0 / 7, 1e-15);
    EXPECT_NEAR(got.q(2, 2), -33.0 / 35, 1e-15);
  }
}

TEST(Qr, KeepsItsBoundsOnAllShapes) {
  const std::size_t shapes[][2] = {{1, 1},   {1, 5},    {5, 1},    {2, 2},     {47, 48},
                                   {48, 48}, {49, 49},  {130, 97}, {97, 130},  {200, 150},
                                   {300, 3}, {2047, 5}, {2048, 5}, {5000, 17}, {2100, 40}};
  for (const auto& [rows, cols] : shapes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << cols);
    const Matrix<double> a = factor::random_matrix(rows, cols, 1);
    expect_qr(a.view(), factorise(a.view(), 2));
  }
}

TEST(Qr, AgreesWithTheReferenceOnWellConditionedMatrices) {
  const std::size_t shapes[][2] = {{60, 60}, {90, 30}, {30, 90}};
  for (const auto& [rows, cols] : shapes) {
    const std::size_t k = std::min(rows, cols);
    std::vector<double> values(k);
    for (std::size_t i = 0; i < k; ++i) values[i] = 1 + static_cast<double>(i) / 10;
    const Matrix<double> a = factor::with_values(rows, cols, values, 2);
    const Factored got = factorise(a.view());
    const Factored expected = factorise(a.view(), 1, true);
    EXPECT_LE(factor::difference(got.r.view(), expected.r.view()), 1e-11);
    EXPECT_LE(factor::difference(got.q.view(), expected.q.view()), 1e-11);
  }
}

TEST(Qr, StaysOrthogonalOnIllConditionedAndDeficientMatrices) {
  std::vector<double> values(40);
  for (std::size_t i = 0; i < 40; ++i) values[i] = std::pow(10.0, -0.5 * static_cast<double>(i));
  const Matrix<double> ill = factor::with_values(120, 40, values, 3);
  expect_qr(ill.view(), factorise(ill.view()));
  std::fill(values.begin() + 7, values.end(), 0.0);
  const Matrix<double> deficient = factor::with_values(2500, 40, values, 4);
  expect_qr(deficient.view(), factorise(deficient.view()));
  const Matrix<double> zero(70, 50);
  expect_qr(zero.view(), factorise(zero.view()));
  for (const double scale : {1e300, 1e-300}) {
    const double a[] = {3 * scale, 1 * scale, 4 * scale, 2 * scale};
    const Factored got = factorise({a, 2, 2});
    EXPECT_NEAR(got.r(0, 0) / scale, 5, 1e-14);
    EXPECT_LE(factor::orthogonality_error(got.q.view()), 1e-15);
  }
}

TEST(Qr, MakesTheSameRWithoutQ) {
  const std::size_t shapes[][2] = {{3000, 20}, {100, 100}};
  for (const auto& [rows, cols] : shapes) {
    const Matrix<double> a = factor::random_matrix(rows, cols, 5);
    const Factored whole = factorise(a.view());
    Matrix<double> r(cols, cols);
    Qr::Output out{.q = {}, .r = r.view()};
    Workers workers(1);
    CpuRun run{workers};
    ASSERT_TRUE(Qr::cpu(run, {a.view()}, out));
    EXPECT_EQ(0, factor::difference(r.view(), whole.r.view()));
  }
}

TEST(Qr, GivesTheSameBitsForEveryNumberOfThreads) {
  const std::size_t shapes[][2] = {{3000, 20}, {300, 300}};
  for (const auto& [rows, cols] : shapes) {
    const Matrix<double> a = factor::random_matrix(rows, cols, 6);
    const Factored one = factorise(a.view(), 1);
    const Factored two = factorise(a.view(), 2);
    EXPECT_EQ(0, std::memcmp(one.q.data(), two.q.data(), rows * cols * sizeof(double)));
    EXPECT_EQ(0, std::memcmp(one.r.data(), two.r.data(), cols * cols * sizeof(double)));
  }
}

TEST(Qr, ReadsSlicesAndHandlesEmptyDimensions) {
  const Matrix<double> wide = factor::random_matrix(2200, 30, 7);
  const MatrixView<double> a = wide.view().block(0, 4, 2200, 12);
  expect_qr(a, factorise(a));
  EXPECT_TRUE(factorise({nullptr, 0, 0}).status);
  EXPECT_TRUE(factorise({nullptr, 0, 5}).status);
  EXPECT_TRUE(factorise({nullptr, 5, 0}).status);
}

TEST(Qr, NamesWhatDoesNotFit) {
  const double bad[] = {1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_NE(factorise({bad, 2, 1}).status.message().find("a(1, 0) is nan"), std::string::npos);
  const Matrix<double> a = factor::random_matrix(4, 3, 8);
  Matrix<double> r(4, 3);
  const Status status = Qr::check_output({a.view()}, {.q = {}, .r = r.view()});
  EXPECT_NE(status.message().find("[4, 3], it must be [3, 3]"), std::string::npos);
}

}  // namespace
}  // namespace weir::ops
