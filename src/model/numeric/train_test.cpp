#include "model/numeric/train.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "base/rng.hpp"
#include "model/numeric/naive.hpp"
#include "model/numeric/predict.hpp"
#include "model/numeric/products.hpp"
#include "model/numeric/ridge_cg.hpp"
#include "model/numeric/row_zeros.hpp"
#include "ops/sparse/from_dense/from_dense.hpp"

namespace weir::model {
namespace {

ops::Workers& workers() {
  static ops::Workers two(2);
  return two;
}

Result<LinearModel> trained(const std::vector<double>& x, std::size_t cols,
                            const std::vector<double>& y, const TrainOptions& options = {}) {
  MemorySource source(
      ops::MatrixView<double>(x.data(), cols == 0 ? y.size() : x.size() / cols, cols));
  return train_linear(source, y, options, workers());
}

double said(const LinearModel& model, const std::vector<double>& row) {
  double out = 0;
  predict_rows(model.weight, model.bias, {row.data(), 1, row.size()}, {&out, 1});
  return out;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& expected,
                 double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], tolerance) << i;
}

const std::vector<double> kX = {1, 2, 0, 2, 1, 1, 3, 4, 0, 4, 3, 1, 5, 6, 0, 6, 5, 2};
const std::vector<double> kY = {1, 2, 3, 5, 4, 7};

TEST(Train, KeepsTheComponentsThatCarryTheEnergy) {
  const LinearModel model = *trained(kX, 3, kY);
  EXPECT_EQ(model.components(), 2U);
  EXPECT_NEAR(model.retained, .99446667657, 1e-11);
  expect_near(model.sigma, {5.68146227, 2.41706622}, 1e-8);
  expect_near(model.weight, {.94493861, -.04037941, .76376811}, 1e-8);
  EXPECT_NEAR(model.bias, -.0084692976, 1e-10);
  EXPECT_NEAR(said(model, {3, 3, 1}), 3.46897643432, 1e-11);
  EXPECT_TRUE(model.warnings.empty());
}

TEST(Train, KeepsTheComponentsAskedFor) {
  const LinearModel one = *trained(kX, 3, kY, {.components = 1});
  expect_near(one.weight, {.51010204, .5004718, .07049094}, 1e-8);
  EXPECT_NEAR(said(one, {3, 3, 1}), 3.18487672456, 1e-11);
  const LinearModel ridge = *trained(kX, 3, kY, {.components = 3, .lambda = .5});
  expect_near(ridge.sigma, {5.68146227, 2.41706622, .46055481}, 1e-8);
  expect_near(ridge.weight, {.89445539, .00168871, .71882916}, 1e-8);
  EXPECT_NEAR(ridge.bias, .0509428652, 1e-10);
}

// Rows and targets that a line of numpy gives too:
// x = ((i * (37 + 13 j) + 11 j j) % 97) / 8 + 100 (j == 2), y = (29 i % 31) / 4 + x1 - x4 / 2.
struct Sample {
  std::vector<double> x;
  std::vector<double> y;
};
Sample sample() {
  Sample made;
  for (std::size_t i = 0; i < 40; ++i) {
    for (std::size_t j = 0; j < 6; ++j) {
      const std::size_t whole = (i * (37 + 13 * j) + 11 * j * j) % 97;
      made.x.push_back(static_cast<double>(whole) / 8 + (j == 2 ? 100 : 0));
    }
    const double* row = made.x.data() + i * 6;
    made.y.push_back(static_cast<double>(29 * i % 31) / 4 + row[1] - 0.5 * row[4]);
  }
  return made;
}

TEST(Train, EqualsScikitLearnsRidgeWithAllComponents) {
  const Sample s = sample();
  const LinearModel model = *trained(s.x, 6, s.y, {.components = 6, .lambda = 2.5});
  expect_near(model.weight,
              {0.017962009934563965, 1.038014544150292, -0.0864933620875773, -0.0036940839926886296,
               -0.6416653418378966, 0.19698245929381575},
              1e-9);
  EXPECT_NEAR(model.bias, 12.513870726837904, 1e-9);
}

TEST(Train, EqualsScikitLearnsPcaAndLeastSquares) {
  const Sample s = sample();
  const LinearModel two = *trained(s.x, 6, s.y, {.components = 2});
  expect_near(two.weight,
              {0.13135951001045149, 0.8262547202330609, -0.3208119815824972, 0.19193136887240161,
               -0.5403422695148169, 0.4410634420949504},
              1e-9);
  EXPECT_NEAR(two.bias, 34.5404599829765, 1e-8);
  EXPECT_NEAR(two.retained, 0.4184454962055134, 1e-12);
  const LinearModel four = *trained(s.x, 6, s.y, {.energy = 0.75});
  EXPECT_EQ(four.components(), 4U);
  EXPECT_NEAR(four.retained, 0.7590388247939195, 1e-12);
  EXPECT_NEAR(said(four, {s.x.begin(), s.x.begin() + 6}), 1.154594028099762, 1e-9);
}

TEST(Train, EqualsScikitLearnsStandardScalerAndRidge) {
  const Sample s = sample();
  const LinearModel model =
      *trained(s.x, 6, s.y, {.components = 6, .lambda = 1.5, .standardise = true});
  expect_near(model.weight,
              {0.021008461044183007, 1.0063666937246052, -0.0905554493463447,
               -0.0023416695720663177, -0.6253111987802155, 0.1965974213260186},
              1e-9);
  EXPECT_NEAR(model.bias, 12.998621704217385, 1e-9);
}

TEST(Train, FoldedWeightsSayWhatTheirPartsSay) {
  const Sample s = sample();
  const LinearModel model = *trained(s.x, 6, s.y, {.energy = 0.8, .standardise = true});
  const std::size_t k = model.components();
  for (std::size_t i = 0; i < 40; ++i) {
    const std::vector<double> row(s.x.begin() + static_cast<std::ptrdiff_t>(6 * i),
                                  s.x.begin() + static_cast<std::ptrdiff_t>(6 * i + 6));
    double parts = model.ybar;
    for (std::size_t c = 0; c < k; ++c) {
      double score = 0;
      for (std::size_t j = 0; j < 6; ++j) {
        score += (row[j] - model.mu[j]) / model.scale[j] * model.v[j * k + c];
      }
      parts += score * model.beta[c];
    }
    EXPECT_NEAR(said(model, row), parts, 1e-12 * std::fabs(parts) + 1e-12);
  }
}

TEST(Train, EqualsTheNaiveForm) {
  Philox rng(3, 0);
  naive::Rows rows;
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t i = 0; i < 300; ++i) {
    rows.emplace_back();
    for (std::size_t j = 0; j < 17; ++j) {
      rows.back().push_back(rng.next_unit() * static_cast<double>(j + 1) + 50);
      x.push_back(rows.back().back());
    }
    y.push_back(rows.back()[3] - 2 * rows.back()[16] + rng.next_unit());
  }
  const naive::Fit fit = naive::train(rows, y, {.energy = 0.9, .lambda = 0.25});
  const LinearModel model = *trained(x, 17, y, {.energy = 0.9, .lambda = 0.25});
  ASSERT_EQ(model.components(), fit.beta.size());
  EXPECT_NEAR(model.retained, fit.retained, 1e-12);
  const std::vector<double> expected = naive::predict(fit, rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_NEAR(said(model, rows[i]), expected[i], 1e-9);
}

TEST(Train, HasTheSameBitsFromAFileAndForAnyThreads) {
  constexpr std::size_t kCols = 100;  // 81,920 rows are a block
  constexpr std::size_t kRows = 85'000;
  std::vector<double> x(kRows * kCols);
  std::vector<double> y(kRows);
  Philox rng(4, 0);
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kCols; ++j) {
      x[i * kCols + j] = static_cast<double>(rng.next_u32() >> 2) * 0x1p-30;
    }
    y[i] = x[i * kCols] + rng.next_unit();
  }
  const std::string path = ::testing::TempDir() + "/weir_train_test.f64";
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(std::fwrite(x.data(), sizeof(double), x.size(), file), x.size());
  std::fclose(file);
  const TrainOptions options{.components = 3};
  const auto memory = encode_linear_model(*trained(x, kCols, y, options));
  const auto source = std::move(*FileSource::open(path, kCols));
  ops::Workers one(1);
  EXPECT_EQ(encode_linear_model(*train_linear(*source, y, options, one)), memory);
  EXPECT_EQ(encode_linear_model(*train_linear(*source, y, options, workers())), memory);
  EXPECT_FALSE(FileSource::open(path, 99));
  std::remove(path.c_str());
  EXPECT_FALSE(FileSource::open(path, kCols));
}

// Rows of which one value in `of` is not zero, and their targets.
struct SparseSample {
  std::vector<double> dense;
  std::vector<double> y;
  ops::Csr csr;
};
SparseSample sparse_sample(std::size_t rows, std::size_t cols, std::uint32_t of = 8) {
  SparseSample made;
  Philox rng(6, cols);
  for (std::size_t i = 0; i < rows; ++i) {
    double sum = rng.next_unit();
    for (std::size_t j = 0; j < cols; ++j) {
      made.dense.push_back(rng.next_below(of) == 0 ? rng.next_unit() + 0.5 : 0);
      sum += made.dense.back() * static_cast<double>(j % 5);
    }
    made.y.push_back(sum);
  }
  ops::CsrFromDense::Output out;
  ops::CpuRun run{workers()};
  const ops::MatrixView<double> view(made.dense.data(), rows, cols);
  EXPECT_TRUE(ops::CsrFromDense::cpu(run, {.dense = view}, out).is_ok());
  made.csr = std::move(out.matrix);
  return made;
}

TEST(Train, LearnsTheSameFromCompressedRows) {
  const SparseSample s = sparse_sample(3000, 40, 16);
  const TrainOptions options{.energy = 0.9, .lambda = 0.5};
  CsrSource source(s.csr.view());
  const LinearModel sparse = *train_linear(source, s.y, options, workers());
  const LinearModel dense = *trained(s.dense, 40, s.y, options);
  ASSERT_EQ(sparse.components(), dense.components());
  expect_near(sparse.weight, dense.weight, 1e-10);
  EXPECT_NEAR(sparse.bias, dense.bias, 1e-10);
  ops::Workers one(1);
  EXPECT_EQ(encode_linear_model(*train_linear(source, s.y, options, one)),
            encode_linear_model(sparse));

  auto values = s.csr.parts();
  values.values[7] = std::nan("");
  const ops::Csr damaged(values);
  CsrSource bad(damaged.view());
  const auto refused = train_linear(bad, s.y, options, workers());
  ASSERT_FALSE(refused);
  std::size_t row = 0;
  while (values.offsets[row + 1] <= 7) ++row;
  const std::string place =
      "row " + std::to_string(row) + ", column " + std::to_string(values.columns[7]);
  EXPECT_NE(refused.error().message().find(place), std::string::npos)
      << refused.error().to_string();
}

TEST(Train, SolvesWideSparseRowsWithoutTheirProduct) {
  const SparseSample s = sparse_sample(400, 60);
  for (const bool standardise : {false, true}) {
    const TrainOptions options{.components = 60, .lambda = 2, .standardise = standardise};
    const LinearModel expected = *trained(s.dense, 60, s.y, options);
    LinearModel model;
    model.rows = 400;
    model.lambda = 2;
    model.standardised = standardise;
    model.weight.resize(60);
    model.mu.resize(60);
    model.scale.assign(60, 1);
    ASSERT_TRUE(ridge_by_cg(s.csr.view(), s.y, workers(), model).is_ok());
    expect_near(model.weight, expected.weight, 1e-8);
    EXPECT_NEAR(model.bias, expected.bias, 1e-7);
  }
  const SparseSample wide = sparse_sample(50, 4200);
  CsrSource source(wide.csr.view());
  const LinearModel model = *train_linear(source, wide.y, {.lambda = 1e-6}, workers());
  ASSERT_EQ(model.warnings.size(), 1U);
  EXPECT_NE(model.warnings[0].find("4200 columns"), std::string::npos);
  EXPECT_EQ(model.warnings[0].find("did not converge"), std::string::npos) << model.warnings[0];
  for (std::size_t i = 0; i < 50; ++i) {
    const auto begin = wide.dense.begin() + static_cast<std::ptrdiff_t>(4200 * i);
    EXPECT_NEAR(said(model, {begin, begin + 4200}), wide.y[i], 1e-4);
  }
  EXPECT_TRUE(decode_linear_model(encode_linear_model(model)));
  // Dense rows with as many zeros go the same way, unless components are asked for.
  const LinearModel dense = *trained(wide.dense, 4200, wide.y, {.lambda = 1e-6});
  EXPECT_EQ(encode_linear_model(dense), encode_linear_model(model));
  EXPECT_EQ(trained(wide.dense, 4200, wide.y, {.components = 10})->components(), 10U);
  std::vector<double> full = wide.dense;
  for (double& value : full) value += 1;
  const LinearModel leading = *trained(full, 4200, wide.y);
  EXPECT_EQ(leading.ops.count("matrix.randomized_svd"), 1U);
  for (const TrainOptions& options :
       {TrainOptions{.standardise = true}, TrainOptions{.route = TrainRoute::kGram}}) {
    const auto refused = trained(full, 4200, wide.y, options);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().to_string().find("4200 columns"), std::string::npos);
    EXPECT_NE(refused.error().to_string().find("randomized"), std::string::npos);
  }
}

TEST(Train, CompressesRowsOfWhichMostValuesAreZero) {
  const SparseSample s = sparse_sample(3000, 40, 16);
  const TrainOptions options{.energy = 0.9, .lambda = 0.5};
  const LinearModel by_itself = *trained(s.dense, 40, s.y, options);
  TrainOptions asked = options;
  asked.route = TrainRoute::kSparse;
  EXPECT_EQ(encode_linear_model(*trained(s.dense, 40, s.y, asked)), encode_linear_model(by_itself));
  asked.route = TrainRoute::kGram;
  const LinearModel dense = *trained(s.dense, 40, s.y, asked);
  EXPECT_NE(encode_linear_model(dense), encode_linear_model(by_itself));
  ASSERT_EQ(dense.components(), by_itself.components());
  expect_near(by_itself.weight, dense.weight, 1e-10);
  CsrSource compressed(s.csr.view());
  EXPECT_EQ(encode_linear_model(*train_linear(compressed, s.y, options, workers())),
            encode_linear_model(by_itself));
}

TEST(Train, KeepsAllComponentsOfWideRowsOfWhichMostValuesAreZero) {
  const SparseSample s = sparse_sample(30, 513, 3);
  const TrainOptions options{.energy = 0.9, .lambda = 0.5};
  const LinearModel model = *trained(s.dense, 513, s.y, options);
  EXPECT_EQ(model.ops.count("matrix.gram"), 1U);
  // Exactly half is not most.
  std::vector<double> half(30 * 514);
  for (std::size_t i = 0; i < half.size(); i += 2) half[i] = 1 + static_cast<double>(i % 89);
  EXPECT_EQ(trained(half, 514, s.y, options)->ops.count("matrix.randomized_svd"), 1U);
  half[0] = 0;
  EXPECT_EQ(trained(half, 514, s.y, options)->ops.count("matrix.gram"), 1U);
}

TEST(Train, CompressesRowsOfAFileWithTheSameBits) {
  constexpr std::size_t kCols = 2100;  // 4,096 rows are a block
  const SparseSample s = sparse_sample(4200, kCols, 64);
  const std::string path = ::testing::TempDir() + "/weir_train_sparse_test.f64";
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(std::fwrite(s.dense.data(), sizeof(double), s.dense.size(), file), s.dense.size());
  std::fclose(file);
  const auto source = std::move(*FileSource::open(path, kCols));
  Products memory(kCols);
  Products read(kCols);
  MemorySource dense(ops::MatrixView<double>(s.dense.data(), 4200, kCols));
  ASSERT_TRUE(memory.add_rows(dense, s.y, RowLayout::kCompressed, workers()).is_ok());
  ops::Workers one(1);
  ASSERT_TRUE(read.add_rows(*source, s.y, RowLayout::kCompressed, one).is_ok());
  EXPECT_TRUE(std::equal(memory.gram.data(), memory.gram.data() + kCols * kCols, read.gram.data()));
  EXPECT_EQ(memory.xy, read.xy);
  EXPECT_NEAR(*zero_share(*source, workers()), 63.0 / 64, 0.001);
  const ops::Csr compressed = *compress_rows(*source, workers());
  EXPECT_TRUE(std::ranges::equal(compressed.view().columns(), s.csr.view().columns()));
  EXPECT_TRUE(std::ranges::equal(compressed.view().values(), s.csr.view().values()));
  EXPECT_TRUE(std::ranges::equal(compressed.view().offsets(), s.csr.view().offsets()));
  std::remove(path.c_str());
}

TEST(Train, LosesNothingOfColumnsFarFromZeroAmongZeros) {
  SparseSample s = sparse_sample(3000, 12);
  for (std::size_t i = 0; i < 3000; ++i) {
    s.dense[i * 12] = 1e8 + static_cast<double>(i % 7);
    s.dense[i * 12 + 1] = 0.1;  // never moves
    s.y[i] += 3 * static_cast<double>(i % 7);
  }
  const TrainOptions options{.components = 12, .route = TrainRoute::kSparse};
  const LinearModel sparse = *trained(s.dense, 12, s.y, options);
  const LinearModel dense =
      *trained(s.dense, 12, s.y, {.components = 12, .route = TrainRoute::kGram});
  EXPECT_EQ(encode_linear_model(sparse), encode_linear_model(dense));
  for (std::size_t i = 0; i < 3000; ++i) s.dense[i * 12] = 0;
  const LinearModel constant = *trained(s.dense, 12, s.y, options);
  EXPECT_EQ(constant.weight[1], 0.0);
  ASSERT_FALSE(constant.warnings.empty());
  EXPECT_EQ(constant.warnings[0], "2 constant columns have weight 0");
}

TEST(Train, FindsTheLeadingComponentsAtRandom) {
  // 700 columns of which 5 directions carry nearly everything.
  Philox rng(8, 0);
  constexpr std::size_t kRows = 900;
  constexpr std::size_t kCols = 700;
  std::vector<double> mix(5 * kCols);
  for (double& value : mix) value = rng.next_unit() - 0.5;
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t i = 0; i < kRows; ++i) {
    double hidden[5];
    for (double& value : hidden) value = rng.next_unit() * 10;
    for (std::size_t j = 0; j < kCols; ++j) {
      x.push_back(7 + 0.001 * rng.next_unit());
      for (std::size_t c = 0; c < 5; ++c) x.back() += hidden[c] * mix[c * kCols + j];
    }
    y.push_back(hidden[0] - 2 * hidden[4]);
  }
  const TrainOptions few{.components = 5, .lambda = 0.5};
  const LinearModel random = *trained(x, kCols, y, few);
  EXPECT_EQ(random.ops.count("matrix.randomized_svd"), 1U);
  const LinearModel whole =
      *trained(x, kCols, y, {.components = 5, .lambda = 0.5, .route = TrainRoute::kGram});
  EXPECT_EQ(whole.ops.count("matrix.gram"), 1U);
  expect_near(random.sigma, whole.sigma, 1e-6 * whole.sigma[0]);
  EXPECT_NEAR(random.retained, whole.retained, 1e-9);
  expect_near(random.weight, whole.weight, 1e-7);
  EXPECT_NEAR(random.bias, whole.bias, 1e-5);
  const TrainOptions energy{.energy = 0.99, .route = TrainRoute::kRandomized};
  EXPECT_LE(trained(x, kCols, y, energy)->components(), 5U);
  EXPECT_FALSE(trained(x, kCols, y, {.standardise = true, .route = TrainRoute::kRandomized}));
  // Without a number of components too.
  const LinearModel by_itself = *trained(x, kCols, y, {.energy = 0.99});
  EXPECT_EQ(encode_linear_model(by_itself), encode_linear_model(*trained(x, kCols, y, energy)));
  EXPECT_TRUE(by_itself.warnings.empty());
  EXPECT_EQ(trained(x, kCols, y, {.components = 101})->ops.count("matrix.gram"), 1U);
}

TEST(Train, SaysThatTheLeadingComponentsCarryTooLittle) {
  constexpr std::size_t kRows = 700;
  constexpr std::size_t kCols = 520;
  Philox rng(12, 0);
  std::vector<double> x(kRows * kCols);
  std::vector<double> y(kRows);
  for (double& value : x) value = rng.next_unit();
  for (double& value : y) value = rng.next_unit();
  const LinearModel model = *trained(x, kCols, y);
  EXPECT_EQ(model.components(), kTrainRandomComponents);
  EXPECT_LT(model.retained, 0.6);
  ASSERT_EQ(model.warnings.size(), 1U);
  EXPECT_NE(model.warnings[0].find("the 100 leading components carry 0."), std::string::npos)
      << model.warnings[0];
  EXPECT_NE(model.warnings[0].find("not the 0.9500 asked for"), std::string::npos);
}

// Rounding takes a little from the sum of all squares.
TEST(Train, DoesNotWarnOfAFullRank) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Philox rng(seed, 1);
    std::vector<double> x(40 * 6);
    std::vector<double> y(40);
    for (double& value : x) value = rng.next_unit();
    for (double& value : y) value = rng.next_unit();
    for (const TrainRoute route : {TrainRoute::kGram, TrainRoute::kRandomized}) {
      const LinearModel model = *trained(x, 6, y, {.energy = 1, .route = route});
      EXPECT_EQ(model.components(), 6U);
      EXPECT_TRUE(model.warnings.empty()) << seed << ": " << model.warnings[0];
    }
  }
}

TEST(Train, SurvivesMeansThatDwarfTheSpread) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(1e8 + (i % 7));
    x.push_back(-1e8 + (i % 11));
    y.push_back(3 * (i % 7) - 2 * (i % 11));
  }
  const LinearModel model = *trained(x, 2, y, {.components = 2});
  expect_near(model.weight, {3, -2}, 1e-9);
}

TEST(Train, WarnsOfWhatCannotBeLearned) {
  const LinearModel flat = *trained(kX, 3, std::vector<double>(6, 0.1));
  EXPECT_EQ(flat.weight, std::vector<double>(3, 0.0));
  EXPECT_EQ(flat.bias, 0.1);
  EXPECT_EQ(flat.warnings.size(), 1U);

  const LinearModel nothing = *trained(std::vector<double>(12, 0.1), 2, kY);
  EXPECT_EQ(nothing.components(), 0U);
  EXPECT_EQ(nothing.weight, std::vector<double>(2, 0.0));
  EXPECT_NEAR(nothing.bias, 22.0 / 6, 1e-15);
  EXPECT_EQ(nothing.warnings.size(), 1U);

  std::vector<double> doubled;  // the second column repeats the first, the third never moves
  for (const double value : kY) doubled.insert(doubled.end(), {value, 2 * value, 0.3});
  const LinearModel thin = *trained(doubled, 3, kY, {.components = 3});
  EXPECT_EQ(thin.components(), 1U);
  EXPECT_EQ(thin.weight[2], 0.0);
  EXPECT_EQ(thin.warnings.size(), 2U);
  EXPECT_NEAR(said(thin, {2, 4, 0.3}), 2, 1e-12);
}

TEST(Train, RefusesWhatItCannotLearnFrom) {
  constexpr TrainRoute kRoutes[] = {TrainRoute::kGram, TrainRoute::kRandomized,
                                    TrainRoute::kSparse};
  const auto message = [](const Result<LinearModel>& result) {
    return result ? std::string() : result.error().to_string();
  };
  EXPECT_NE(message(trained({1, 2}, 2, {1})).find("1 rows, at least 2"), std::string::npos);
  EXPECT_NE(message(trained({}, 0, {1, 2})).find("no columns"), std::string::npos);
  EXPECT_NE(message(trained({}, 3, {})).find("0 rows"), std::string::npos);
  EXPECT_NE(message(trained(kX, 3, {1, 2})).find("x has 6 rows, y 2"), std::string::npos);
  EXPECT_FALSE(trained(kX, 3, kY, {.energy = 0}));
  EXPECT_FALSE(trained(kX, 3, kY, {.energy = 1.5}));
  EXPECT_FALSE(trained(kX, 3, kY, {.lambda = -1}));
  EXPECT_FALSE(trained(kX, 3, kY, {.columns = {"a"}}));

  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    std::vector<double> x = kX;
    x[13] = bad;
    for (const TrainRoute route : kRoutes) {
      EXPECT_NE(message(trained(x, 3, kY, {.route = route})).find("row 4, column 1"),
                std::string::npos)
          << message(trained(x, 3, kY, {.route = route}));
    }
    std::vector<double> y = kY;
    y[2] = bad;
    EXPECT_NE(message(trained(kX, 3, y)).find("row 2, y"), std::string::npos);
  }
  for (const double large : {1e200, 1e307}) {
    std::vector<double> huge = kX;
    for (double& value : huge) value *= large;
    for (const TrainRoute route : kRoutes) {
      EXPECT_NE(message(trained(huge, 3, kY, {.route = route})).find("too large"),
                std::string::npos)
          << message(trained(huge, 3, kY, {.route = route}));
    }
  }
}

}  // namespace
}  // namespace weir::model
