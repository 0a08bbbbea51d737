#include "ops/matrix/randomized_svd/randomized_svd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/gaussian.hpp"
#include "ops/matrix/factor/householder.hpp"
#include "ops/matrix/factor/sample.hpp"

namespace weir::ops {
namespace {

struct Decomposed {
  Matrix<double> u, vt;
  std::vector<double> values;
  double error_bound = 0;
  Status status;
};

Decomposed decompose(const RandomizedSvd::Args& args, unsigned threads = 1,
                     bool reference = false) {
  const std::size_t k = RandomizedSvd::rank_of(args);
  Decomposed got{.u = Matrix<double>(args.a.rows, k),
                 .vt = Matrix<double>(k, args.a.cols),
                 .values = std::vector<double>(k),
                 .error_bound = 0,
                 .status = RandomizedSvd::check(args)};
  if (!got.status) return got;
  RandomizedSvd::Output out{.u = got.u.view(), .values = got.values, .vt = got.vt.view()};
  Workers workers(threads);
  CpuRun run{workers};
  got.status = reference ? RandomizedSvd::reference(args, out) : RandomizedSvd::cpu(run, args, out);
  got.error_bound = out.error_bound;
  return got;
}

Matrix<double> scaled_u(const Decomposed& got) {
  Matrix<double> scaled(got.u.rows(), got.values.size());
  for (std::size_t r = 0; r < got.u.rows(); ++r) {
    for (std::size_t c = 0; c < got.values.size(); ++c) scaled(r, c) = got.u(r, c) * got.values[c];
  }
  return scaled;
}

void expect_orthonormal(const Decomposed& got) {
  ASSERT_TRUE(got.status) << got.status.to_string();
  const double unit =
      20 * static_cast<double>(std::max(got.u.rows(), got.vt.cols())) * factor::kUnit;
  Matrix<double> v(got.vt.cols(), got.vt.rows());
  factor::transpose(got.vt.view(), v.view());
  EXPECT_LE(factor::orthogonality_error(got.u.view()), unit);
  EXPECT_LE(factor::orthogonality_error(v.view()), unit);
  EXPECT_TRUE(std::is_sorted(got.values.rbegin(), got.values.rend()));
  for (std::size_t i = 0; i < got.vt.rows(); ++i) {
    const auto row = got.vt.view().row(i);
    const double low = *std::min_element(row.begin(), row.end());
    const double high = *std::max_element(row.begin(), row.end());
    EXPECT_GE(high, -low) << "row " << i;
  }
}

// norm_2(a - u diag(values) vt), by the largest value of the difference.
double distance(MatrixView<double> a, const Decomposed& got) {
  factor::naive::LongMatrix left = factor::naive::multiply(
      factor::naive::widen(scaled_u(got).view()), factor::naive::widen(got.vt.view()));
  for (std::size_t i = 0; i < left.values.size(); ++i)
    left.values[i] = a(i / a.cols, i % a.cols) - left.values[i];
  return static_cast<double>(factor::naive::jacobi_svd(left).s[0]);
}

TEST(RandomizedSvd, ReconstructsAMatrixOfExactRank) {
  const std::vector<double> values{9, 5, 2, 1, 1e-3};
  const std::size_t shapes[][2] = {{60, 40}, {40, 60}, {3000, 12}, {12, 900}};
  for (const auto& [rows, cols] : shapes) {
    SCOPED_TRACE(testing::Message() << rows << " x " << cols);
    std::vector<double> all(std::min(rows, cols), 0.0);
    std::copy(values.begin(), values.end(), all.begin());
    const Matrix<double> a = factor::with_values(rows, cols, all, 1);
    const Decomposed got = decompose({.a = a.view(), .rank = 5, .oversample = 5, .seed = 3}, 2);
    expect_orthonormal(got);
    EXPECT_LE(factor::product_error(scaled_u(got).view(), got.vt.view(), a.view()),
              1e-10 * factor::norm_frobenius(a.view()));
    for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(got.values[i], values[i], 1e-12);
    EXPECT_LE(got.error_bound, 1e-12);
  }
}

TEST(RandomizedSvd, BoundsItsErrorWithoutExaggeration) {
  std::vector<double> values(50);
  for (std::size_t i = 0; i < 50; ++i) values[i] = 1 / (1 + static_cast<double>(i));
  const Matrix<double> a = factor::with_values(80, 50, values, 2);
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Decomposed got =
        decompose({.a = a.view(), .rank = 12, .oversample = 0, .power = 2, .seed = seed});
    expect_orthonormal(got);
    const double error = distance(a.view(), got);  // rank = width: Q's range is U's
    EXPECT_LE(error, got.error_bound);
    EXPECT_GE(got.error_bound, values[12]);  // nothing of rank 12 is nearer
    EXPECT_LE(got.error_bound, 100 * values[12]);
    EXPECT_LE(error, 1.2 * values[12]);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(got.values[i], values[i], 0.02 * values[i]);
  }
}

TEST(RandomizedSvd, AgreesWithTheReferenceFromTheSameSeed) {
  const std::size_t shapes[][2] = {{50, 30}, {30, 50}};
  for (const auto& [rows, cols] : shapes) {
    std::vector<double> values(30), shift(cols);
    for (std::size_t i = 0; i < 30; ++i) values[i] = std::pow(0.7, static_cast<double>(i));
    for (std::size_t c = 0; c < cols; ++c) shift[c] = 0.01 * static_cast<double>(c % 7);
    const Matrix<double> a = factor::with_values(rows, cols, values, 3);
    for (const bool shifted : {false, true}) {
      RandomizedSvd::Args args{.a = a.view(), .rank = 6, .oversample = 4, .power = 1, .seed = 9};
      if (shifted) args.shift = shift;
      const Decomposed got = decompose(args);
      const Decomposed expected = decompose(args, 1, true);
      expect_orthonormal(expected);
      for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(got.values[i], expected.values[i], 1e-12);
      EXPECT_LE(factor::difference(got.u.view(), expected.u.view()), 1e-9);
      EXPECT_LE(factor::difference(got.vt.view(), expected.vt.view()), 1e-9);
      EXPECT_NEAR(got.error_bound / expected.error_bound, 1, 1e-6);
    }
  }
}

TEST(RandomizedSvd, ShiftsAsIfTheMatrixHadBeenShifted) {
  const Matrix<double> a = factor::random_matrix(9000, 20, 4);
  std::vector<double> shift(20);
  Matrix<double> centred(9000, 20);
  for (std::size_t c = 0; c < 20; ++c) shift[c] = 3 + static_cast<double>(c);
  for (std::size_t r = 0; r < 9000; ++r) {
    for (std::size_t c = 0; c < 20; ++c) centred(r, c) = a(r, c) - shift[c];
  }
  const Decomposed implicit =
      decompose({.a = a.view(), .rank = 20, .oversample = 0, .shift = shift});
  const Decomposed explicit_one = decompose({.a = centred.view(), .rank = 20, .oversample = 0});
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_NEAR(implicit.values[i], explicit_one.values[i], 1e-9 * explicit_one.values[0]);
  EXPECT_LE(factor::product_error(scaled_u(implicit).view(), implicit.vt.view(), centred.view()),
            1e-10 * factor::norm_frobenius(centred.view()));
}

TEST(RandomizedSvd, DependsOnTheSeedAndNotOnTheThreads) {
  const Matrix<double> a = factor::random_matrix(9000, 30, 5);
  const RandomizedSvd::Args args{.a = a.view(), .rank = 4, .oversample = 2, .power = 0, .seed = 1};
  const Decomposed one = decompose(args, 1);
  const Decomposed two = decompose(args, 2);
  EXPECT_EQ(one.values, two.values);
  EXPECT_EQ(one.error_bound, two.error_bound);
  EXPECT_EQ(0, std::memcmp(one.u.data(), two.u.data(), 9000 * 4 * sizeof(double)));
  RandomizedSvd::Args other = args;
  other.seed = 2;
  EXPECT_NE(decompose(other).values, one.values);
}

TEST(RandomizedSvd, CapsTheBlockAtTheSmallerSide) {
  const Matrix<double> a = factor::random_matrix(7, 30, 6);
  const RandomizedSvd::Args args{.a = a.view()};
  EXPECT_EQ(RandomizedSvd::rank_of(args), 7u);
  EXPECT_EQ(RandomizedSvd::block_of(args), 7u);
  EXPECT_EQ(RandomizedSvd::block_of({.a = a.view(), .rank = 3, .oversample = 2}), 5u);
  EXPECT_EQ(RandomizedSvd::block_of({.a = a.view(), .rank = 3, .oversample = ~std::size_t{0}}), 7u);
  const Decomposed got = decompose(args);
  expect_orthonormal(got);
  EXPECT_LE(factor::product_error(scaled_u(got).view(), got.vt.view(), a.view()), 1e-13);
}

TEST(RandomizedSvd, DrawsNumbersThatAreNormal) {
  Matrix<double> w(500, 21);
  factor::fill_gaussian(w.view(), 7, 0);
  double sum = 0, squares = 0, fourth = 0;
  for (std::size_t i = 0; i < 500 * 21; ++i) {
    const double x = w.data()[i];
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  const double n = 500 * 21;
  EXPECT_NEAR(sum / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(fourth / n, 3, 5 * std::sqrt(96 / n));
}

TEST(RandomizedSvd, NamesWhatDoesNotFit) {
  const Matrix<double> a = factor::random_matrix(4, 3, 8);
  EXPECT_EQ(decompose({.a = a.view(), .rank = 0}).status.reason(), "rank_zero");
  const double shift[] = {1, std::numeric_limits<double>::quiet_NaN(), 2};
  EXPECT_EQ(decompose({.a = a.view(), .shift = {shift, 2}}).status.reason(), "length_mismatch");
  EXPECT_NE(decompose({.a = a.view(), .shift = shift}).status.message().find("shift(0, 1) is nan"),
            std::string::npos);
  EXPECT_TRUE(decompose({.a = {nullptr, 0, 5}}).status);
  EXPECT_TRUE(decompose({.a = {nullptr, 5, 0}}).status);
}

TEST(RandomizedSvd, TakesEntriesWhoseSquaresOverflow) {
  Matrix<double> a(3, 2);
  a(0, 0) = 1e308;
  a(1, 1) = -5e307;
  const Decomposed got = decompose({.a = a.view(), .rank = 2, .seed = 7});
  ASSERT_TRUE(got.status) << got.status.to_string();
  EXPECT_NEAR(got.values[0] / 1e308, 1, 1e-14);
  EXPECT_NEAR(got.values[1] / 5e307, 1, 1e-14);
  EXPECT_NEAR(got.vt(0, 0), 1, 1e-14);
}

}  // namespace
}  // namespace weir::ops
