#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"

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

struct Solved {
  std::vector<double> values;
  Matrix<double> vectors;
  Status status;
};

Solved solve(MatrixView<double> a, unsigned threads = 1, bool reference = false) {
  Solved got{.values = std::vector<double>(a.rows, 77),
             .vectors = Matrix<double>(a.rows, a.rows),
             .status = EigenSymmetric::check({a})};
  if (!got.status) return got;
  EigenSymmetric::Output out{.values = got.values, .vectors = got.vectors.view()};
  Workers workers(threads);
  CpuRun run{workers};
  got.status = reference ? EigenSymmetric::reference({a}, out) : EigenSymmetric::cpu(run, {a}, out);
  return got;
}

Matrix<double> random_symmetric(std::size_t n, std::uint64_t seed) {
  return factor::symmetric_part(factor::random_matrix(n, n, seed).view());
}

void expect_eigen(MatrixView<double> a, const Solved& got) {
  ASSERT_TRUE(got.status) << got.status.to_string();
  const std::size_t n = a.rows;
  const double unit = 20 * static_cast<double>(n) * factor::kUnit;
  EXPECT_TRUE(std::is_sorted(got.values.begin(), got.values.end()));
  EXPECT_LE(factor::orthogonality_error(got.vectors.view()), unit);
  Matrix<double> scaled(n, n);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < n; ++c) scaled(r, c) = got.vectors(r, c) * got.values[c];
  }
  EXPECT_LE(factor::product_error(a, got.vectors.view(), scaled.view()),
            unit * factor::norm_frobenius(a));
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t best = 0;
    for (std::size_t r = 1; r < n; ++r) {
      if (std::abs(got.vectors(r, c)) > std::abs(got.vectors(best, c))) best = r;
    }
    EXPECT_GT(got.vectors(best, c), 0) << "vector " << c;
  }
}

TEST(EigenSymmetric, AnswersAWorkedExample) {
  const double a[] = {2, 0, 0, 0, 3, 4, 0, 4, 9};  // values 1, 2, 11
  for (const bool reference : {false, true}) {
    const Solved got = solve({a, 3, 3}, 1, reference);
    ASSERT_TRUE(got.status) << got.status.to_string();
    EXPECT_NEAR(got.values[0], 1, 1e-14);
    EXPECT_NEAR(got.values[1], 2, 1e-14);
    EXPECT_NEAR(got.values[2], 11, 1e-14);
    EXPECT_NEAR(got.vectors(1, 0), 2 / std::sqrt(5.0), 1e-15);
    EXPECT_NEAR(got.vectors(2, 0), -1 / std::sqrt(5.0), 1e-15);
    EXPECT_NEAR(got.vectors(0, 1), 1, 1e-15);
    EXPECT_NEAR(got.vectors(1, 2), 1 / std::sqrt(5.0), 1e-15);
    EXPECT_NEAR(got.vectors(2, 2), 2 / std::sqrt(5.0), 1e-15);
  }
}

TEST(EigenSymmetric, KeepsItsBoundsOnRandomMatrices) {
  for (const std::size_t n : {1u, 2u, 3u, 25u, 26u, 64u, 129u, 200u}) {
    SCOPED_TRACE(n);
    const Matrix<double> a = random_symmetric(n, 1);
    expect_eigen(a.view(), solve(a.view(), 2));
  }
}

TEST(EigenSymmetric, AgreesWithTheReferenceWhereValuesAreApart) {
  for (const std::size_t n : {1u, 10u, 45u}) {
    const Matrix<double> a = random_symmetric(n, 2);
    const Solved got = solve(a.view());
    const Solved expected = solve(a.view(), 1, true);
    expect_eigen(a.view(), expected);
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_NEAR(got.values[i], expected.values[i], 1e-13 * factor::norm_frobenius(a.view()));
    EXPECT_LE(factor::difference(got.vectors.view(), expected.vectors.view()), 1e-10);
  }
}

TEST(EigenSymmetric, HandlesEqualZeroAndWidelySpreadValues) {
  Matrix<double> one(30, 30);
  for (std::size_t i = 0; i < 30; ++i) one(i, i) = 5;
  expect_eigen(one.view(), solve(one.view()));
  const Matrix<double> zero(20, 20);
  expect_eigen(zero.view(), solve(zero.view()));
  std::vector<double> values(40, 0.0);
  for (std::size_t i = 0; i < 20; ++i) values[i] = std::pow(10.0, -static_cast<double>(i));
  const Matrix<double> half = factor::with_values(40, 40, values, 3);
  const Matrix<double> spread = factor::symmetric_part(half.view());
  expect_eigen(spread.view(), solve(spread.view()));
  Matrix<double> ones(50, 50);  // rank one, values 0 ... 0, 50
  std::fill_n(ones.data(), 2500, 1.0);
  const Solved got = solve(ones.view());
  expect_eigen(ones.view(), got);
  EXPECT_NEAR(got.values[49], 50, 1e-12);
}

TEST(EigenSymmetric, SurvivesExtremeScales) {
  for (const double scale : {1e300, 1e-300, 1e-310}) {
    Matrix<double> a = random_symmetric(12, 4);
    const Solved plain = solve(a.view());
    for (std::size_t i = 0; i < 144; ++i) a.data()[i] *= scale;
    const Solved got = solve(a.view());
    ASSERT_TRUE(got.status) << scale << ": " << got.status.to_string();
    for (std::size_t i = 0; i < 12; ++i)
      EXPECT_NEAR(got.values[i] / scale, plain.values[i], scale < 1e-305 ? 1e-12 : 1e-13);
  }
}

TEST(EigenSymmetric, ComputesTheSameValuesAlone) {
  const Matrix<double> a = random_symmetric(60, 5);
  const Solved whole = solve(a.view());
  std::vector<double> values(60);
  EigenSymmetric::Output out{.values = values, .vectors = {}};
  Workers workers(1);
  CpuRun run{workers};
  ASSERT_TRUE(EigenSymmetric::cpu(run, {a.view()}, out));
  for (std::size_t i = 0; i < 60; ++i) EXPECT_NEAR(values[i], whole.values[i], 1e-13);
}

TEST(EigenSymmetric, GivesTheSameBitsForEveryNumberOfThreads) {
  const Matrix<double> a = random_symmetric(300, 6);
  const Solved one = solve(a.view(), 1);
  const Solved two = solve(a.view(), 2);
  EXPECT_EQ(one.values, two.values);
  EXPECT_EQ(0, std::memcmp(one.vectors.data(), two.vectors.data(), 300 * 300 * sizeof(double)));
}

TEST(EigenSymmetric, NamesWhatDoesNotFit) {
  EXPECT_TRUE(solve({nullptr, 0, 0}).status);
  const double asymmetric[] = {1, 2, 3, 1};
  const Status status = solve({asymmetric, 2, 2}).status;
  EXPECT_EQ(status.reason(), "asymmetric");
  EXPECT_NE(status.message().find("a(0, 1) is 2 and a(1, 0) is 3"), std::string::npos)
      << status.message();
  const Matrix<double> wide = factor::random_matrix(2, 3, 7);
  EXPECT_NE(solve(wide.view()).status.message().find("[2, 3]"), std::string::npos);
  const double bad[] = {std::numeric_limits<double>::quiet_NaN()};
  EXPECT_NE(solve({bad, 1, 1}).status.message().find("a(0, 0) is nan"), std::string::npos);
  const Status large = EigenSymmetric::check({{bad, 4097, 4097}});
  EXPECT_EQ(large.reason(), "unsupported_shape");
  EXPECT_EQ(large.code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
