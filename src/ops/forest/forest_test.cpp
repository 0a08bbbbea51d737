#include "ops/forest/forest.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "ops/forest/forest_sample.hpp"
#include "ops/forest/scorer.hpp"

namespace weir::ops {
namespace {

// Two trees over two columns, fitted by scikit-learn 1.2.1.
constexpr std::string_view kGolden =
    R"({"format":"weir.sklearn","version":1,"class":"IsolationForest","n_features":2,"names":null,)"
    R"("max_samples":4,"offset":-0.5,"trees":[)"
    R"({"features":null,"feature":[0,1,-2,-2,-2],)"
    R"("threshold":[1.1526307459700065,1.6156390917560268,-2,-2,-2],)"
    R"("left":[1,2,-1,-1,-1],"right":[4,3,-1,-1,-1],"n":[4,3,2,1,1]},)"
    R"({"features":null,"feature":[1,0,-2,-2,-2],)"
    R"("threshold":[8.467728868344672,1.04236478034517,-2,-2,-2],)"
    R"("left":[1,2,-1,-1,-1],"right":[4,3,-1,-1,-1],"n":[4,3,2,1,1]}]})";

Forest golden_forest() {
  auto forest = import_sklearn_json(kGolden);
  EXPECT_TRUE(forest.has_value());
  return *std::move(forest);
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(kGolden);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<float> raw_of(const Forest& forest, const ColumnsView& rows) {
  std::vector<float> raw(rows.rows);
  ForestScorer(forest, ForestEngine::kTraverse).score(rows, raw);
  return raw;
}

std::vector<std::uint8_t> bytes_of(const Forest& forest) {
  ByteWriter out;
  forest.serialize(out);
  return out.buffer();
}

std::string read_golden(const std::string& name) {
  const std::string path = std::string(WEIR_SOURCE_DIR) + "/tests/golden/forest/" + name;
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<double> numbers(simdjson::dom::element element) {
  std::vector<double> values;
  for (const double value : simdjson::dom::array(element)) values.push_back(value);
  return values;
}

TEST(AveragePathLength, IsOneForTwoRowsAndFollowsTheHarmonicFormula) {
  EXPECT_EQ(average_path_length(0), 0);
  EXPECT_EQ(average_path_length(1), 0);
  EXPECT_EQ(average_path_length(2), 1);  // not what the formula gives
  EXPECT_NEAR(average_path_length(3), 1.207392357589623, 1e-15);
  EXPECT_NEAR(average_path_length(256), 10.244770920119917, 1e-14);
}

TEST(ForestImport, ScoresTheGoldenForestAsScikitLearnDoes) {
  const Forest forest = golden_forest();
  SampleRows rows(4, 2);
  const float points[4][2] = {{0, 0}, {9, 9}, {1, 2}, {5, -1}};
  for (std::size_t i = 0; i < 4; ++i) {
    rows.at(i, 0) = points[i][0];
    rows.at(i, 1) = points[i][1];
  }
  const double scores[4] = {.325296807644, .687743667779, .392253205257, .570347970667};
  const std::vector<float> raw = raw_of(forest, rows.view());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(forest.score(raw[i]), scores[i], 1e-6) << i;
}

TEST(ForestImport, KeepsEachSignOfScikitLearn) {
  const Forest forest = golden_forest();
  SampleRows rows(2, 2);
  rows.at(1, 0) = rows.at(1, 1) = 9;  // row 0 is normal, row 1 is not
  const std::vector<float> raw = raw_of(forest, rows.view());
  EXPECT_LT(raw[0], raw[1]);  // higher is more abnormal
  EXPECT_LT(forest.score(raw[0]), forest.score(raw[1]));
  EXPECT_GT(forest.score_samples(raw[0]), forest.score_samples(raw[1]));
  EXPECT_GT(forest.decision_function(raw[0]), 0);
  EXPECT_LT(forest.decision_function(raw[1]), 0);
  EXPECT_NEAR(forest.decision_function(raw[1]), -.687743667779 + .5, 1e-6);
  EXPECT_EQ(forest.predict(raw[0]), 1);
  EXPECT_EQ(forest.predict(raw[1]), -1);
}

TEST(ForestImport, EqualsScikitLearnWithColumnSubsetsAndOnThresholds) {
  const auto forest = import_sklearn_json(read_golden("import.json"));
  ASSERT_TRUE(forest.has_value()) << forest.error().to_string();
  simdjson::dom::parser parser;
  const std::string text = read_golden("import_scores.json");
  const simdjson::dom::element expected = parser.parse(text);
  const std::vector<double> scores = numbers(expected["scores"]);
  const SampleRows rows = fixture_rows(scores.size());
  const std::vector<float> raw = raw_of(*forest, rows.view());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    ASSERT_NEAR(forest->score(raw[i]), scores[i], 1e-6) << "row " << i;
  }
  const std::vector<double> edge_scores = numbers(expected["edge_scores"]);
  SampleRows edge(edge_scores.size(), 8);
  std::size_t i = 0;
  for (const simdjson::dom::element row : simdjson::dom::array(expected["edge_rows"])) {
    const std::vector<double> values = numbers(row);
    for (std::size_t c = 0; c < 8; ++c) edge.at(i, c) = static_cast<float>(values[c]);
    ++i;
  }
  const std::vector<float> edge_raw = raw_of(*forest, edge.view());
  for (i = 0; i < edge_scores.size(); ++i) {
    ASSERT_NEAR(forest->score(edge_raw[i]), edge_scores[i], 1e-6) << "edge row " << i;
  }
}

TEST(ForestImport, RoundsThresholdsDownSoThatComparisonsStay) {
  // The f32 next above this threshold must go right, although the nearest f32 is that very value.
  const float above = 1.5F;
  const double threshold = std::nextafter(1.5, 0.0);
  ASSERT_EQ(static_cast<float>(threshold), above);
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", threshold);
  const auto forest = import_sklearn_json(replaced("1.1526307459700065", text));
  ASSERT_TRUE(forest.has_value());
  EXPECT_LT(forest->threshold[0], above);
  EXPECT_EQ(forest->threshold[0], std::nextafter(above, 0.0F));
}

TEST(ForestImport, RefusesBrokenTreesWithTreeAndNode) {
  const struct {
    std::string text;
    const char* said;
  } cases[] = {
      {replaced("[1,2,-1,-1,-1],\"right\":[4,3", "[0,2,-1,-1,-1],\"right\":[4,3"),
       "tree 0 node 0: child 0 closes a cycle"},
      {replaced("\"right\":[4,3", "\"right\":[4,4"), "tree 0 node 1: child 4 closes a cycle"},
      {replaced("\"right\":[4,3", "\"right\":[9,3"), "tree 0 node 0: child 9 is out of range"},
      {replaced("\"right\":[4,3", "\"right\":[-7,3"), "tree 0 node 0: child is out of range"},
      {replaced("8.467728868344672", "-1e300"), "tree 1 node 0: threshold is not finite"},
      {replaced("8.467728868344672", "null"), "tree 1 node 0: threshold is not finite"},
      {replaced("\"feature\":[1,0,", "\"feature\":[1,2,"), "tree 1 node 1: feature 2 of 2"},
      {replaced("\"feature\":[1,0,", "\"feature\":[1,-2,"), "tree 1 node 1: feature -2 of 2"},
      {replaced("[4,3,2,1,1]", "[4,3,0,1,1]"), "tree 0 node 2: n is 0"},
      {replaced("[4,3,2,1,1]", "[4,3,2,1]"), "tree 0: the arrays differ in length"},
      {replaced("\"features\":null", "\"features\":[2]"), "tree 0: features names no column"},
      {replaced("\"features\":null", "\"features\":[1]"), "tree 0 node 1: feature 1 of 1"},
  };
  for (const auto& c : cases) {
    const auto forest = import_sklearn_json(c.text);
    ASSERT_FALSE(forest.has_value()) << c.said;
    EXPECT_EQ(forest.error().code(), Code::kInvalidArgument);
    EXPECT_NE(forest.error().message().find(c.said), std::string::npos)
        << forest.error().message() << " lacks " << c.said;
  }
}

TEST(ForestImport, RefusesOtherDocuments) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{"), replaced("weir.sklearn", "pickle"),
        replaced("\"version\":1", "\"version\":2"), replaced("IsolationForest", "RandomForest"),
        replaced("\"n_features\":2", "\"n_features\":0"),
        replaced("\"max_samples\":4", "\"max_samples\":0"),
        replaced("\"names\":null", "\"names\":[1]"),
        replaced("\"names\":null", "\"names\":[\"a\"]"), replaced("-0.5", "\"x\""),
        std::string(R"({"format":"weir.sklearn","version":1,"class":"IsolationForest",)"
                    R"("n_features":2,"names":null,"max_samples":4,"offset":-0.5,"trees":[]})")}) {
    EXPECT_FALSE(import_sklearn_json(text).has_value()) << text;
  }
}

TEST(ForestImport, AnswersEveryFileOfTheFuzzCorpus) {
  const std::string corpus = std::string(WEIR_SOURCE_DIR) + "/tests/fuzz/import_sklearn_fuzz";
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    std::ifstream in(file.path());
    std::stringstream text;
    text << in.rdbuf();
    ++(import_sklearn_json(text.str()) ? accepted : refused);
  }
  EXPECT_GE(accepted, 1U);
  EXPECT_GE(refused, 2U);
}

TEST(Forest, RoundTripsThroughBytes) {
  const SampleRows rows = bell_rows(500, 5, 1);
  Forest forest = *train_forest(rows.view(), {.trees = 7, .psi = 64, .seed = 3});
  forest.names = {"a", "b", "c", "d", "e"};
  const std::vector<std::uint8_t> bytes = bytes_of(forest);
  ByteReader in(bytes);
  const auto again = Forest::deserialize(in);
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(in.left(), 0U);
  EXPECT_EQ(bytes_of(*again), bytes);
  EXPECT_EQ(again->names, forest.names);
  EXPECT_EQ(raw_of(*again, rows.view()), raw_of(forest, rows.view()));
}

TEST(Forest, RefusesBytesCutAnywhereOrChanged) {
  const std::vector<std::uint8_t> bytes = bytes_of(golden_forest());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(Bytes(bytes).first(size));
    EXPECT_FALSE(Forest::deserialize(in).has_value()) << size;
  }
  Forest broken = golden_forest();
  broken.right[6] = 0;
  std::vector<std::uint8_t> changed = bytes_of(broken);
  ByteReader in(changed);
  const auto refused = Forest::deserialize(in);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message().find("tree 1 node 1"), std::string::npos);

  broken = golden_forest();
  broken.mean_path[2] += 1e-6F;  // no multiple of the unit: the sum would not be exact
  changed = bytes_of(broken);
  ByteReader again(changed);
  EXPECT_FALSE(Forest::deserialize(again).has_value());
}

TEST(Forest, SurvivesEverySingleByteChange) {
  const Forest forest = golden_forest();
  const SampleRows rows = bell_rows(3, 2, 1);
  std::vector<std::uint8_t> bytes = bytes_of(forest);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ flip);
      ByteReader in(bytes);
      const auto read = Forest::deserialize(in);
      if (read && read->columns <= 2) {
        EXPECT_EQ(raw_of(*read, rows.view()).size(), 3U);
      }
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ flip);
    }
  }
}

TEST(Forest, ContributionsSumToTheShorteningOfThePath) {
  const SampleRows rows = bell_rows(2000, 6, 9);
  const Forest forest = *train_forest(rows.view(), {.trees = 50, .psi = 256, .seed = 1});
  const std::vector<float> raw = raw_of(forest, rows.view());
  double roots = 0;
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    roots += forest.mean_path[forest.begin[tree]];
  }
  std::vector<double> parts(6);
  for (std::size_t row = 0; row < rows.rows; row += 17) {
    forest_contributions(forest, rows.view(), row, parts);
    double sum = 0;
    for (const double part : parts) sum += part;
    EXPECT_NEAR(sum, roots + raw[row], 1e-5 * 50) << row;
  }
}

// A forest of one tree that is a chain: row value v goes right `depth` times if it is above all.
Forest chain_forest(std::uint32_t depth) {
  Forest forest;
  forest.columns = 2;
  forest.psi = depth + 1;
  forest.begin = {0, 2 * depth + 1};
  for (std::uint32_t i = 0; i < depth; ++i) {
    const std::uint32_t at = 2 * i;
    forest.feature.insert(forest.feature.end(), {static_cast<std::int32_t>(i % 2), -1});
    forest.threshold.insert(forest.threshold.end(), {static_cast<float>(i), 0.F});
    forest.left.insert(forest.left.end(), {at + 1, 0U});
    forest.right.insert(forest.right.end(), {at + 2, 0U});
    forest.rows.insert(forest.rows.end(), {depth + 1 - i, 1U});
  }
  forest.feature.push_back(-1);
  forest.threshold.push_back(0);
  forest.left.push_back(0);
  forest.right.push_back(0);
  forest.rows.push_back(1);
  finish_forest(forest);
  return forest;
}

TEST(Forest, ContributionsAddUpAsTreeByTreeHoweverDeep) {
  const SampleRows rows = bell_rows(500, 6, 3);
  std::vector<std::pair<Forest, SampleRows>> cases;
  cases.emplace_back(*train_forest(rows.view(), {.trees = 53, .psi = 256, .seed = 1}), rows);
  cases.emplace_back(chain_forest(40), bell_rows(4, 2, 1));
  for (std::size_t row = 0; row < 4; ++row) {  // leaves at depths 40, 31, 16 and 1
    const float values[] = {1000, 29.5F, 14.5F, -1};
    cases.back().second.at(row, 0) = cases.back().second.at(row, 1) = values[row];
  }
  for (const auto& [forest, sample] : cases) {
    ASSERT_TRUE(check_forest(forest).is_ok());
    for (std::size_t row = 0; row < sample.rows; ++row) {
      std::vector<double> expected(forest.columns);
      for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
        std::size_t at = forest.begin[tree];
        while (forest.feature[at] >= 0) {
          const auto column = static_cast<std::size_t>(forest.feature[at]);
          const bool left = sample.view().at(row, column) <= forest.threshold[at];
          const std::size_t child = forest.begin[tree] + (left ? forest.left : forest.right)[at];
          expected[column] += double{forest.mean_path[at]} - double{forest.mean_path[child]};
          at = child;
        }
      }
      std::vector<double> parts(forest.columns, 7.0);
      forest_contributions(forest, sample.view(), row, parts);
      EXPECT_EQ(parts, expected) << row;
    }
  }
}

TEST(Forest, ContributionsNameTheColumnThatIsOff) {
  SampleRows rows = bell_rows(2000, 6, 9);
  const Forest forest = *train_forest(rows.view(), {.trees = 100, .psi = 256, .seed = 1});
  for (std::size_t c = 0; c < 6; ++c) rows.at(0, c) = 0;
  rows.at(0, 4) = 1000;
  std::vector<double> parts(6);
  forest_contributions(forest, rows.view(), 0, parts);
  EXPECT_EQ(std::max_element(parts.begin(), parts.end()) - parts.begin(), 4);
  EXPECT_GT(parts[4], 0);
}

TEST(ForestTraining, IsTheSameOnOneThreadAndOnMany) {
  const SampleRows rows = bell_rows(3000, 10, 2);
  const ForestOptions options{.trees = 60, .psi = 256, .seed = 11};
  std::vector<std::uint8_t> one;
  std::vector<std::uint8_t> many;
  tbb::task_arena(1).execute([&] { one = bytes_of(*train_forest(rows.view(), options)); });
  tbb::task_arena(8).execute([&] { many = bytes_of(*train_forest(rows.view(), options)); });
  EXPECT_EQ(one, many);
  EXPECT_NE(one, bytes_of(*train_forest(rows.view(), {.trees = 60, .psi = 256, .seed = 12})));
}

TEST(ForestTraining, KeepsTheDepthLimitAndCountsRows) {
  const SampleRows rows = bell_rows(1000, 3, 2);
  for (const std::uint32_t psi : {2U, 3U, 255U, 256U, 257U, 5000U}) {
    const Forest forest = *train_forest(rows.view(), {.trees = 5, .psi = psi, .seed = 1});
    const std::uint32_t used = std::min(psi, 1000U);
    EXPECT_EQ(forest.psi, used);
    const double limit = std::ceil(std::log2(std::max(used, 2U)));
    for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
      EXPECT_EQ(forest.rows[forest.begin[tree]], used);
    }
    for (std::size_t at = 0; at < forest.nodes(); ++at) {
      if (forest.feature[at] >= 0) continue;
      const double depth = forest.mean_path[at] - average_path_length(forest.rows[at]);
      EXPECT_LE(depth, limit + 1e-4);
    }
  }
}

TEST(ForestTraining, LeavesConstantAndDuplicateRowsTogether) {
  SampleRows same(400, 2);
  const Forest flat = *train_forest(same.view(), {.trees = 3, .psi = 256, .seed = 1});
  EXPECT_EQ(flat.nodes(), 3U);                                     // a single leaf a tree
  EXPECT_NEAR(flat.mean_path[0], average_path_length(256), 1e-5);  // duplicates add c(n)
  EXPECT_NEAR(flat.score(raw_of(flat, same.view())[0]), 0.5, 1e-6);

  SampleRows tiny(400, 2);
  for (std::size_t i = 0; i < 400; ++i) tiny.at(i, 0) = static_cast<float>(i) * 1e-10F;
  EXPECT_EQ(train_forest(tiny.view(), {.trees = 3, .psi = 256})->nodes(), 3U);

  SampleRows one(400, 2);
  for (std::size_t i = 0; i < 400; ++i) one.at(i, 1) = static_cast<float>(i % 2);
  const Forest split = *train_forest(one.view(), {.trees = 3, .psi = 256, .seed = 1});
  EXPECT_EQ(split.nodes(), 9U);
  for (const std::int32_t feature : split.feature) EXPECT_NE(feature, 0);
}

TEST(ForestTraining, TestsOnlyTheColumnsAskedFor) {
  const SampleRows rows = bell_rows(1000, 8, 2);
  const Forest forest =
      *train_forest(rows.view(), {.trees = 20, .psi = 128, .seed = 1, .features = {5, 2}});
  EXPECT_EQ(forest.columns, 8U);
  bool seen[8] = {};
  for (const std::int32_t feature : forest.feature) {
    if (feature >= 0) seen[feature] = true;
  }
  for (std::size_t c = 0; c < 8; ++c) EXPECT_EQ(seen[c], c == 2 || c == 5) << c;
}

TEST(ForestTraining, RefusesWhatItCannotTrainOn) {
  SampleRows rows = bell_rows(300, 4, 1);
  EXPECT_EQ(train_forest(rows.view(), {.trees = 0}).error().reason(), "forest_trees");
  EXPECT_EQ(train_forest(rows.view(), {.trees = 4097}).error().reason(), "forest_trees");
  EXPECT_EQ(train_forest(rows.view(), {.psi = 1}).error().reason(), "forest_psi");
  EXPECT_EQ(train_forest(rows.view(), {.psi = 65537}).error().reason(), "forest_psi");
  EXPECT_EQ(train_forest(rows.view(), {.features = {4}}).error().reason(), "forest_feature");
  EXPECT_EQ(train_forest(rows.view().slice(0, 0), {}).error().reason(), "forest_rows");
  rows.at(123, 2) = std::numeric_limits<float>::quiet_NaN();
  const auto refused = train_forest(rows.view(), {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message().find("row 123 column 2"), std::string::npos);
  EXPECT_TRUE(train_forest(rows.view(), {.features = {0, 1, 3}}).has_value());
}

// Training draws other random numbers than scikit-learn, from the same distribution.
TEST(ForestTraining, MatchesScikitLearnInDistribution) {
  simdjson::dom::parser parser;
  const std::string text = read_golden("distribution.json");
  const simdjson::dom::element expected = parser.parse(text);
  const auto seeds = static_cast<std::uint64_t>(std::uint64_t(expected["seeds"]));
  const SampleRows rows = fixture_rows(std::uint64_t(expected["rows"]));
  std::vector<std::vector<double>> seen;  // per seed: nodes, 8 split shares, 64 scores
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Forest forest = *train_forest(rows.view(), {.trees = 20, .psi = 256, .seed = seed});
    std::vector<double>& values = seen.emplace_back(1, forest.nodes_per_tree());
    std::vector<double> splits(8);
    double inner = 0;
    for (const std::int32_t feature : forest.feature) {
      if (feature < 0) continue;
      splits[static_cast<std::size_t>(feature)] += 1;
      inner += 1;
    }
    for (const double split : splits) values.push_back(split / inner);
    for (const float raw : raw_of(forest, rows.view().slice(0, 64))) {
      values.push_back(forest.score(raw));
    }
  }
  std::vector<double> means;
  std::vector<double> sds;
  for (const char* name : {"nodes", "splits", "scores"}) {
    for (const double mean : numbers(expected[name]["mean"])) means.push_back(mean);
    for (const double sd : numbers(expected[name]["sd"])) sds.push_back(sd);
  }
  ASSERT_EQ(means.size(), seen[0].size());
  const auto n = static_cast<double>(seeds);
  for (std::size_t k = 0; k < means.size(); ++k) {
    double mean = 0;
    double square = 0;
    for (const auto& values : seen) mean += values[k] / n;
    for (const auto& values : seen) square += (values[k] - mean) * (values[k] - mean) / (n - 1);
    const double se = std::sqrt((sds[k] * sds[k] + square) / n);
    EXPECT_LE(std::fabs(mean - means[k]), 4 * se + 1e-9) << "statistic " << k;
  }
}

}  // namespace
}  // namespace weir::ops
