#include "ops/stats/covariance/covariance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.hpp"

namespace weir::ops {
namespace {

template <class Op>
Matrix<double> result_of(const MatrixView<double>& x, unsigned ddof = 1) {
  Workers workers(2);
  CpuRun run{workers};
  Matrix<double> result(x.cols, x.cols);
  typename Op::Output out{result.view()};
  const Status status = Op::cpu(run, {.x = x, .ddof = ddof}, out);
  EXPECT_TRUE(status.is_ok()) << status.to_string();
  return result;
}

TEST(Covariance, OfTwoSmallColumns) {
  // numpy.cov([1, 2, 3, 10], [4, 1, 0, 7])
  const double x[] = {1, 4, 2, 1, 3, 0, 10, 7};
  const MatrixView<double> view(x, 4, 2);
  const Matrix<double> sample = result_of<Covariance>(view);
  EXPECT_DOUBLE_EQ(sample(0, 0), 50.0 / 3);
  EXPECT_DOUBLE_EQ(sample(0, 1), 28.0 / 3);
  EXPECT_DOUBLE_EQ(sample(1, 0), 28.0 / 3);
  EXPECT_DOUBLE_EQ(sample(1, 1), 10.0);
  EXPECT_DOUBLE_EQ(result_of<Covariance>(view, 0)(0, 0), 12.5);
  const Matrix<double> correlation = result_of<Correlation>(view);
  EXPECT_EQ(correlation(0, 0), 1);
  EXPECT_NEAR(correlation(0, 1), (28.0 / 3) / std::sqrt(500.0 / 3), 1e-15);
}

TEST(Covariance, AgreesWithLongDoubleFarFromZero) {
  Philox rng(71, 0);
  const std::size_t rows = 20'000;
  const std::size_t cols = 5;
  std::vector<double> x(rows * cols);
  for (std::size_t r = 0; r < rows; ++r) {
    const double shared = rng.next_unit();
    for (std::size_t c = 0; c < cols; ++c) {
      x[r * cols + c] = 1e8 + shared * static_cast<double>(c) + rng.next_unit();
    }
  }
  const Matrix<double> got = result_of<Covariance>({x.data(), rows, cols});
  const Matrix<double> normalised = result_of<Correlation>({x.data(), rows, cols});
  std::vector<long double> mean(cols);
  for (std::size_t i = 0; i < x.size(); ++i) mean[i % cols] += x[i];
  for (long double& each : mean) each /= rows;
  const auto exact = [&](std::size_t i, std::size_t j) {
    long double sum = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      sum += (x[r * cols + i] - mean[i]) * (x[r * cols + j] - mean[j]);
    }
    return static_cast<double>(sum / (rows - 1));
  };
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      EXPECT_NEAR(got(i, j), exact(i, j), 1e-12);
      EXPECT_NEAR(normalised(i, j), exact(i, j) / std::sqrt(exact(i, i) * exact(j, j)), 1e-12);
      EXPECT_EQ(got(i, j), got(j, i));
    }
  }
}

TEST(Covariance, IsNullWhereThereIsNothingToSay) {
  const double x[] = {0.1, 1, 0.1, 2, 0.1, 4};
  const Matrix<double> constant = result_of<Correlation>({x, 3, 2});
  EXPECT_TRUE(std::isnan(constant(0, 0)));
  EXPECT_TRUE(std::isnan(constant(0, 1)));
  EXPECT_EQ(constant(1, 1), 1);
  EXPECT_EQ(result_of<Covariance>({x, 3, 2})(0, 1), 0);
  EXPECT_TRUE(std::isnan(result_of<Covariance>({x, 1, 2})(0, 0)));
  EXPECT_EQ(result_of<Covariance>({x, 1, 2}, 0)(0, 0), 0);
}

// Sums of pairs of two columns and of the ones beside them, as the blocks of rows give them and
// joined.
TEST(Covariance, CountsTheSumsOfEachBlockBegun) {
  const std::vector<double> x(1025 * 2);
  EXPECT_EQ(Covariance::footprint({.x = {x.data(), 1025, 2}}).bytes_scratch,
            (2 + 1) * 9 * sizeof(double));
}

TEST(Covariance, NamesShapesThatDoNotFit) {
  const double x[] = {1, 2, 3, 4, 5, 6};
  Matrix<double> result(2, 3);
  const Status status = Covariance::check_output({.x = {x, 3, 2}}, {result.view()});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("x is [3, 2], the result [2, 3]"), std::string::npos);
  EXPECT_EQ(Covariance::check({.x = {}, .ddof = 2}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
