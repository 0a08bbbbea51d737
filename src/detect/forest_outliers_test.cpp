// The forest on twelve standard outlier sets: train = test = all rows, 100 trees of 256, ten seeds.
// The mean AUROC must lie as close to scikit-learn's as the spread of its own ten seeds allows.
// Data: $WEIR_SHARED_DATA/outliers/<name>.csv.gz, columns f0..fN,label; a set that is absent is
// skipped.
#include <gtest/gtest.h>
#include <tbb/parallel_sort.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "ops/forest/forest.hpp"
#include "ops/forest/scorer.hpp"
#include "wire/byte_stream.hpp"

namespace weir::detect {
namespace {

constexpr int kSeeds = 10;
// ThreadSanitizer finds in hundreds of rows what it would find in hundreds of thousands, in minutes
// rather than hours; how well outliers are ranked is the other builds' question.
#ifdef __SANITIZE_THREAD__
constexpr std::size_t kRowsMax = 1'000;
#else
constexpr std::size_t kRowsMax = 1'000'000;
#endif

struct OutlierSet {
  const char* name;
  std::size_t rows;
  std::size_t columns;
  std::size_t outliers;
  double sklearn;         // mean AUROC of scikit-learn 1.2.1, seeds 1..10
  double gate;            // max(.005, 3 sd sqrt(.2))
  const char* published;  // Liu, Ting, Zhou 2008; LinkedIn isolation-forest; DTE 2023; PyOD
  double tpr;             // true positive rate at FPR .1 %, orientation
};

constexpr OutlierSet kSets[] = {
    {"annthyroid", 7200, 6, 534, .8184, .023, ".82 .813 .816 -", .031},
    {"breastw", 683, 9, 239, .9873, .005, ".99 .986 .983 -", .264},
    {"glass", 214, 7, 9, .7864, .020, "- - .790 .757", .044},
    {"http", 567498, 3, 2211, .9996, .005, "1.00 1.000 1.000 -", .894},
    {"ionosphere", 351, 32, 126, .8461, .009, ".85 .844 .833 .850", .232},
    {"mammography", 11183, 6, 260, .8615, .010, ".86 .865 .860 -", .080},
    {"pendigits", 6870, 16, 156, .9418, .026, "- - .947 .944", .018},
    {"pima", 768, 8, 268, .6707, .010, ".67 .668 .674 .681", .002},
    {"satellite", 6435, 36, 2036, .7008, .027, ".71 .717 .695 .702", .036},
    {"satimage-2", 5803, 36, 71, .9936, .005, "- - .993 .995", .868},
    {"shuttle", 49097, 9, 3511, .9970, .005, "1.00 .997 .997 .997", .770},
    {"smtp", 95156, 3, 30, .9043, .009, ".88 .910 .905 -", .000},
};

struct LabelledRows {
  std::size_t columns = 0;
  std::size_t stride = 0;
  std::vector<float> values;  // [columns][stride]
  std::vector<std::uint8_t> outlier;
  ops::ColumnsView view() const { return {values.data(), outlier.size(), stride, columns}; }
};

std::filesystem::path data_folder() {
  if (const char* folder = std::getenv("WEIR_SHARED_DATA")) return folder;
  return std::filesystem::path(WEIR_SOURCE_DIR) / ".." / "shared" / "data";
}

std::string read_all(const std::filesystem::path& path) {
  auto stored = wire::StoredBytes::open(path.string());
  EXPECT_TRUE(stored.has_value());
  const std::unique_ptr<wire::ByteStream> stream = std::move(*stored).decompress();
  std::string text;
  std::size_t size = 0;
  while (true) {
    text.resize(size + (std::size_t{1} << 20));
    auto got =
        stream->read({reinterpret_cast<std::uint8_t*>(text.data()) + size, std::size_t{1} << 20});
    EXPECT_TRUE(got.has_value());
    size += got.value_or(0);
    if (got.value_or(0) == 0) break;
  }
  text.resize(size);
  return text;
}

LabelledRows parse(const std::string& text) {
  LabelledRows made;
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* const header_end = std::find(at, end, '\n');
  made.columns = static_cast<std::size_t>(std::count(at, header_end, ','));
  std::vector<float> rows;
  for (at = header_end + 1; at < end; ++at) {
    for (std::size_t c = 0; c <= made.columns; ++c) {
      double value = 0;
      at = std::from_chars(at, end, value).ptr;
      if (c < made.columns) {
        rows.push_back(static_cast<float>(value));
        ++at;  // the comma
      } else {
        made.outlier.push_back(value != 0);
      }
    }
    at = std::find(at, end, '\n');
  }
  made.stride = made.outlier.size() + 64;
  made.values.resize(made.columns * made.stride);
  for (std::size_t row = 0; row < made.outlier.size(); ++row) {
    for (std::size_t c = 0; c < made.columns; ++c) {
      made.values[c * made.stride + row] = rows[row * made.columns + c];
    }
  }
  return made;
}

struct Quality {
  double auroc = 0;
  double tpr = 0;  // at FPR .1 %
};

// AUROC by rank sums, ties at half weight; TPR at the first threshold whose FPR exceeds .1 %.
Quality quality(const std::vector<float>& raw, const std::vector<std::uint8_t>& outlier) {
  std::vector<std::uint32_t> order(raw.size());
  std::iota(order.begin(), order.end(), 0U);
  tbb::parallel_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return raw[a] != raw[b] ? raw[a] > raw[b] : a < b;
  });
  const double positives = std::accumulate(outlier.begin(), outlier.end(), 0.0);
  const double negatives = static_cast<double>(outlier.size()) - positives;
  Quality found;
  double true_positives = 0;
  double false_positives = 0;
  double area = 0;
  for (std::size_t i = 0; i < order.size();) {
    double hits = 0;
    double misses = 0;
    const float value = raw[order[i]];
    for (; i < order.size() && raw[order[i]] == value; ++i) {
      (outlier[order[i]] != 0 ? hits : misses) += 1;
    }
    area += misses * (true_positives + hits / 2);
    true_positives += hits;
    false_positives += misses;
    if (false_positives <= .001 * negatives) found.tpr = true_positives / positives;
  }
  found.auroc = area / positives / negatives;
  return found;
}

class ForestOutliers : public testing::TestWithParam<OutlierSet> {};

TEST_P(ForestOutliers, ReachesTheAurocOfScikitLearn) {
  const OutlierSet& set = GetParam();
  const std::filesystem::path path =
      data_folder() / "outliers" / (std::string(set.name) + ".csv.gz");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path.string() << " is absent";
  if (set.rows > kRowsMax) GTEST_SKIP() << set.rows << " rows are too many under ThreadSanitizer";
  const LabelledRows rows = parse(read_all(path));
  ASSERT_EQ(rows.outlier.size(), set.rows);
  ASSERT_EQ(rows.columns, set.columns);
  ASSERT_EQ(std::accumulate(rows.outlier.begin(), rows.outlier.end(), std::size_t{0}),
            set.outliers);
  double auroc = 0;
  double square = 0;
  double tpr = 0;
  double nodes = 0;
  std::vector<float> raw(set.rows);
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const ops::Forest forest = *ops::train_forest(
        rows.view(), {.trees = 100, .psi = 256, .seed = static_cast<std::uint64_t>(seed)});
    ops::ForestScorer(forest).score_parallel(rows.view(), raw);
    const Quality found = quality(raw, rows.outlier);
    auroc += found.auroc / kSeeds;
    square += found.auroc * found.auroc / kSeeds;
    tpr += found.tpr / kSeeds;
    nodes += forest.nodes_per_tree() / kSeeds;
  }
  const double sd = std::sqrt(std::max(0.0, square - auroc * auroc) * kSeeds / (kSeeds - 1));
  std::printf(
      "%-12s ours %.4f sd %.4f | scikit-learn %.4f, gate %.3f | published %s | TPR@.1%% "
      "%.3f, scikit-learn %.3f | %.0f nodes a tree\n",
      set.name, auroc, sd, set.sklearn, set.gate, set.published, tpr, set.tpr, nodes);
  EXPECT_LE(std::fabs(auroc - set.sklearn), set.gate);
}

INSTANTIATE_TEST_SUITE_P(Sets, ForestOutliers, testing::ValuesIn(kSets), [](const auto& one) {
  std::string name = one.param.name;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace weir::detect
