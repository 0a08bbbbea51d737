#include "ops/forest/throughput.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace weir::ops {
namespace {

TEST(ForestBench, MeasuresEveryFigureAndFindsNoDifferingBit) {
  const auto report = run_forest_bench({.rows = 3000, .columns = 6, .trees = 10, .seconds = 0.001});
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->rows, 3000U);
  EXPECT_EQ(report->differing_rows, 0U);
  EXPECT_GT(report->nodes_per_tree, 50);
  EXPECT_GT(report->exact_rows_per_second, 0);
  EXPECT_GE(report->exact_rows_per_second_best, report->exact_rows_per_second);
  EXPECT_GT(report->naive_rows_per_second, 0);
  EXPECT_GT(report->train_ms, 0);
  EXPECT_NE(forest_bench_text(*report).find("0 rows differ"), std::string::npos);
}

TEST(ForestBench, ScoresAnImportedModelAndWritesTheScores) {
  const std::string model = std::string(WEIR_SOURCE_DIR) + "/tests/golden/forest/import.json";
  const std::string scores = testing::TempDir() + "/forest_scores.f64";
  const auto report = run_forest_bench(
      {.rows = 100, .columns = 8, .seconds = 0.001, .model_json = model, .scores_file = scores});
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->trees, 20U);
  EXPECT_NE(forest_bench_text(*report).find("not measured"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(scores), 100 * sizeof(double));
  std::ifstream in(scores, std::ios::binary);
  double score = 0;
  while (in.read(reinterpret_cast<char*>(&score), sizeof score)) {
    EXPECT_GT(score, 0);
    EXPECT_LE(score, 1);
  }
  std::filesystem::remove(scores);
}

TEST(ForestBench, RefusesAModelOfOtherColumnsOrNone) {
  const std::string model = std::string(WEIR_SOURCE_DIR) + "/tests/golden/forest/import.json";
  EXPECT_FALSE(run_forest_bench({.rows = 10, .columns = 7, .model_json = model}).has_value());
  EXPECT_FALSE(run_forest_bench({.rows = 10, .model_json = "/no/such/model"}).has_value());
  EXPECT_FALSE(run_forest_bench({.rows = 0}).has_value());
}

}  // namespace
}  // namespace weir::ops
