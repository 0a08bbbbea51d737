#include "model/numeric/levels.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"

namespace weir::model {
namespace {

naive::Rows random_rows(std::size_t rows, std::size_t cols) {
  Philox rng(9, rows);
  naive::Rows made(rows, std::vector<double>(cols));
  for (auto& row : made) {
    for (double& value : row) value = rng.next_unit() * 4 + 10;
  }
  return made;
}

std::vector<double> flat(const naive::Rows& rows) {
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return values;
}

std::unique_ptr<Pool> pool(std::size_t values) {
  return std::move(*Pool::create({.name = "t", .block_values = values, .blocks = 4}));
}

TEST(Levels, NaiveFeaturesAreTheGoldenOnes) {
  const std::vector<double> first = {1, 2, 3, 4, 5, 6, 7, 9};
  const std::vector<double> expected = {4.625,
                                        6.234375,
                                        .237138714152412,
                                        1,
                                        9,
                                        4.625,
                                        1.35931298132055,
                                        .800390529679106,
                                        .658421004231679,
                                        .625};
  const auto got = naive::window_features(first, 8, 4);
  ASSERT_EQ(got.size(), 1U);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(got[0][i], expected[i], 1e-14) << i;

  std::vector<double> second;
  for (std::size_t t = 0; t < 12; ++t) {
    second.push_back(static_cast<double>(7 * t % 11) + static_cast<double>(t) / 4);
  }
  const std::vector<double> window = {6.25,
                                      8.34375,
                                      .192546022105095,
                                      2.75,
                                      10.5,
                                      6.25,
                                      .527435430098834,
                                      1.00778221853732,
                                      1.65923532600908,
                                      .5};
  const auto both = naive::window_features(second, 8, 4);
  ASSERT_EQ(both.size(), 2U);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(both[1][i], window[i], 1e-13) << i;
  EXPECT_TRUE(naive::window_features(first, 9, 1).empty());
}

TEST(Levels, FeaturesAgreeWithTheNaiveForm) {
  auto series = flat(random_rows(1, 300));
  series[150] = std::nan("");
  for (std::size_t i = 200; i < 290; ++i) series[i] = 0.1;
  const auto vectors = pool(64);
  for (const std::size_t size : {5, 8, 13, 64, 100}) {
    for (const std::size_t stride : {1, 3, 64}) {
      const auto expected = naive::window_features(series, size, stride);
      const auto simd = simd_window_features(series, size, stride);
      ASSERT_EQ(simd.size(), expected.size());
      std::vector<double> out(expected.size() * kWindowFeatures);
      ASSERT_TRUE(pooled_window_features(series, {size, stride}, *vectors, out).is_ok());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        for (std::size_t f = 0; f < kWindowFeatures; ++f) {
          if (std::isnan(expected[i][f])) {
            EXPECT_TRUE(std::isnan(simd[i][f]) && std::isnan(out[i * kWindowFeatures + f]));
            continue;
          }
          EXPECT_NEAR(simd[i][f], expected[i][f], 1e-9) << size << " " << i << " " << f;
          EXPECT_EQ(out[i * kWindowFeatures + f], simd[i][f]);
        }
      }
    }
  }
  EXPECT_EQ(vectors->stats().outstanding, 0U);
}

TEST(Levels, ModelsAndPredictionsAgreeWithTheNaiveForm) {
  const naive::Rows rows = random_rows(500, 23);
  const std::vector<double> values = flat(rows);
  const ops::MatrixView<double> view(values.data(), 500, 23);
  std::vector<double> y;
  for (const auto& row : rows) y.push_back(row[0] - 3 * row[22] + row[7] * row[7]);
  const naive::FitOptions options{.energy = 0.8, .lambda = 0.5};
  const auto batches = pool(24 * 100);
  const auto vectors = pool(64);
  const naive::Fit expected = naive::train(rows, y, options);
  const naive::Fit simd = simd_train(rows, y, options);
  const naive::Fit pooled = *pooled_train(view, y, options, *batches);
  ASSERT_EQ(simd.beta.size(), expected.beta.size());
  ASSERT_EQ(pooled.beta.size(), expected.beta.size());
  for (std::size_t j = 0; j < 23; ++j) {
    EXPECT_NEAR(naive::weights(simd)[j], naive::weights(expected)[j], 1e-9);
    EXPECT_NEAR(naive::weights(pooled)[j], naive::weights(expected)[j], 1e-9);
  }
  const auto said = naive::predict(expected, rows);
  const auto said_simd = simd_predict(simd, rows);
  std::vector<double> said_pooled(500);
  ASSERT_TRUE(pooled_predict(pooled, view, *vectors, said_pooled).is_ok());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_NEAR(said_simd[i], said[i], 1e-9);
    EXPECT_NEAR(said_pooled[i], said[i], 1e-9);
  }
}

}  // namespace
}  // namespace weir::model
