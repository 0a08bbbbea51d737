#include "model/numeric/predict.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/isa.hpp"
#include "base/numeric/canonical.hpp"
#include "base/rng.hpp"

namespace weir::model {
namespace {

std::vector<double> random_values(std::size_t count, std::uint64_t stream) {
  Philox rng(11, stream);
  std::vector<double> values(count);
  for (double& value : values) value = (rng.next_unit() - 0.5) * 1e3;
  return values;
}

// Compares predict_rows with the reference, bit by bit, on every instruction set.
void expect_equal(const std::vector<double>& weight, double bias,
                  const ops::MatrixView<double>& x) {
  std::vector<double> expected(x.rows);
  predict_rows_reference(weight, bias, x, expected);
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    limit_isa(isa);
    std::vector<double> got(x.rows, -7);
    predict_rows(weight, bias, x, got);
    EXPECT_EQ(std::memcmp(got.data(), expected.data(), x.rows * sizeof(double)), 0)
        << x.rows << " rows of " << x.cols << " on " << isa_name(isa);
  }
  limit_isa(Isa::kAvx512);
}

TEST(Predict, HasTheCanonicalBitsOnEveryIsa) {
  for (const std::size_t cols :
       {1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100, 1023, 1024, 1025, 5000}) {
    const auto weight = random_values(cols, cols);
    const auto values = random_values(41 * (cols + 3), 99);
    for (const std::size_t rows : {1, 7, 8, 9, 24, 41}) {
      expect_equal(weight, 0.25, {values.data(), rows, cols, cols + 3});
    }
  }
}

TEST(Predict, EqualsTheCanonicalDotProduct) {
  const auto weight = random_values(3000, 1);
  const auto row = random_values(3000, 2);
  double got = 0;
  predict_rows(weight, 1.5, {row.data(), 1, 3000}, {&got, 1});
  EXPECT_EQ(got, 1.5 + numeric::canonical_dot(row, weight));
}

TEST(Predict, HandlesSpecialValues) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const std::size_t cols = 37;
  auto values = random_values(17 * cols, 5);
  values[2 * cols + 36] = std::nan("1");
  values[3 * cols] = kInf;
  values[4 * cols] = kInf;
  values[4 * cols + 1] = -kInf;
  for (std::size_t j = 0; j < cols; ++j) values[5 * cols + j] = -0.0;
  values[6 * cols] = 5e-324;
  values[7 * cols] = 1e300;
  auto weight = random_values(cols, 6);
  weight[0] = weight[1] = 2;
  const ops::MatrixView<double> x(values.data(), 17, cols);
  expect_equal(weight, 0.0, x);
  expect_equal(weight, -0.0, x);
  std::vector<double> got(17);
  predict_rows(weight, 0.0, x, got);
  for (std::size_t row = 0; row < 17; ++row) {
    EXPECT_EQ(std::isnan(got[row]), row == 2 || row == 4) << row;
  }
}

TEST(Predict, GivesTheBiasWithoutColumnsAndNothingWithoutRows) {
  std::vector<double> out(3, 1);
  predict_rows({}, 0.5, {nullptr, 3, 0}, out);
  EXPECT_EQ(out, (std::vector<double>{0.5, 0.5, 0.5}));
  const std::vector<double> weight(4, 1.0);
  predict_rows(weight, 0.5, {nullptr, 0, 4}, {});
}

}  // namespace
}  // namespace weir::model
