#include "ops/forest/scorer.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <tbb/task_arena.h>

#include <cstring>
#include <limits>
#include <set>

#include "base/isa.hpp"
#include "ops/forest/finite.hpp"
#include "ops/forest/forest_sample.hpp"

namespace weir::ops {
namespace {

constexpr float kSentinel = 12345.0F;
constexpr std::size_t kRowCounts[] = {0,   1,   2,   7,   8,   9,   31,  32,  33,  63,   64,  65,
                                      127, 128, 129, 255, 256, 257, 511, 512, 513, 1024, 1500};

// Makes every instruction set available again, whatever a test did.
class IsaGuard {
 public:
  ~IsaGuard() { limit_isa(Isa::kAvx512); }
};

// Scores with sentinels on both sides.
std::vector<float> scored(const ForestScorer& scorer, const ColumnsView& rows) {
  std::vector<float> raw(rows.rows + 2, kSentinel);
  scorer.score(rows, std::span(raw).subspan(1, rows.rows));
  EXPECT_EQ(raw.front(), kSentinel);
  EXPECT_EQ(raw.back(), kSentinel);
  return {raw.begin() + 1, raw.end() - 1};
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// Rows on thresholds, beside them, and far away: where engines would disagree first.
SampleRows hostile_rows(const Forest& forest, std::size_t rows, std::uint64_t seed) {
  SampleRows made(rows, forest.columns);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float extremes[] = {0.0F,
                            -0.0F,
                            kInfinity,
                            -kInfinity,
                            std::numeric_limits<float>::max(),
                            std::numeric_limits<float>::denorm_min(),
                            std::numeric_limits<float>::quiet_NaN()};
  std::vector<std::vector<float>> thresholds(forest.columns, std::vector<float>{0.0F});
  for (std::size_t at = 0; at < forest.nodes(); ++at) {
    if (forest.feature[at] < 0) continue;
    thresholds[static_cast<std::size_t>(forest.feature[at])].push_back(forest.threshold[at]);
  }
  Philox rng(seed, 99);
  for (std::size_t c = 0; c < forest.columns; ++c) {
    for (std::size_t i = 0; i < rows; ++i) {
      const auto count = static_cast<std::uint32_t>(thresholds[c].size());
      const float t = thresholds[c][rng.next_below(count)];
      const float choices[] = {t, std::nextafter(t, kInfinity), std::nextafter(t, -kInfinity),
                               extremes[rng.next_below(7)]};
      made.at(i, c) = choices[rng.next_below(4)];
    }
  }
  return made;
}

// Every engine on every instruction set against the naive walk, by memcmp.
void expect_parity(const Forest& forest, std::uint64_t seed, std::size_t rows_max = 1500) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  IsaGuard guard;
  const SampleRows rows = hostile_rows(forest, rows_max, seed);
  const ForestScorer naive(forest, ForestEngine::kNaive);
  const std::vector<float> expected = scored(naive, rows.view());
  const ForestScorer traverse(forest, ForestEngine::kTraverse);
  std::vector<const ForestScorer*> scorers{&traverse};
  std::unique_ptr<ForestScorer> compare;
  if (ForestScorer::supports_compare_all(forest)) {
    compare = std::make_unique<ForestScorer>(forest, ForestEngine::kCompareAll);
    scorers.push_back(compare.get());
  }
  const auto check = [&](const std::string& isa) {
    const ForestScorer chosen(forest);
    for (const ForestScorer* scorer : {scorers.front(), scorers.back(), &chosen}) {
      for (const std::size_t count : kRowCounts) {
        if (count > rows_max) break;
        const std::size_t first = count % 2 == 0 ? 0 : (rows_max - count) / 2;
        const std::vector<float> part(
            expected.begin() + static_cast<std::ptrdiff_t>(first),
            expected.begin() + static_cast<std::ptrdiff_t>(first + count));
        EXPECT_TRUE(same_bits(scored(*scorer, rows.view().slice(first, count)), part))
            << forest_engine_name(scorer->engine()) << " " << isa << " " << count << " rows";
      }
    }
  };
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > isa_detected()) continue;
    limit_isa(isa);
    check(std::string(isa_name(isa)));
  }
  hwy::DisableTargets(HWY_AVX3_DL);
  check("avx512 without byte permutes");
}

Forest trained(std::size_t rows, std::size_t columns, const ForestOptions& options) {
  return *train_forest(bell_rows(rows, columns, options.seed + 1).view(), options);
}

// Returns the largest number of distinct path lengths in a tree.
std::size_t path_lengths(const Forest& forest) {
  std::size_t most = 0;
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    std::set<float> values;
    for (std::size_t at = forest.begin[tree]; at < forest.begin[tree + 1]; ++at) {
      if (forest.feature[at] < 0) values.insert(forest.mean_path[at]);
    }
    most = std::max(most, values.size());
  }
  return most;
}

TEST(ForestScorer, AgreesBitByBitOnTheDefaultForest) {
  expect_parity(trained(5000, 24, {.trees = 100, .psi = 256, .seed = 1}), 1);
}

TEST(ForestScorer, AgreesWithMoreThresholdsThanOneByteHolds) {
  const Forest forest = trained(5000, 2, {.trees = 40, .psi = 256, .seed = 2});
  ASSERT_TRUE(ForestScorer::supports_compare_all(forest));
  expect_parity(forest, 2);
}

TEST(ForestScorer, AgreesOnSmallAndDegenerateForests) {
  expect_parity(trained(300, 3, {.trees = 1, .psi = 2, .seed = 3}), 3);
  expect_parity(trained(300, 1, {.trees = 5, .psi = 3, .seed = 4}), 4);
  expect_parity(*train_forest(SampleRows(100, 2).view(), {.trees = 3, .psi = 64}), 5);
}

TEST(ForestScorer, AgreesBeyond257TreesWhere16BitSumsAreWidened) {
  const Forest forest = trained(2000, 4, {.trees = 600, .psi = 64, .seed = 6});
  ASSERT_FALSE(forest.wide);
  expect_parity(forest, 6);
}

TEST(ForestScorer, AgreesOnLargeTreesWithManyPathLengths) {
  // Heaps of duplicates make leaves of many sizes, hence many path lengths: each width of table is
  // read.
  bool seen[4] = {};  // up to 64, 128, 256, and more than compare_all holds
  for (const float scale : {0.5F, 1.0F, 2.0F}) {
    SampleRows rows = bell_rows(60'000, 3, 7);
    for (float& x : rows.values) x = std::floor(x * scale);
    for (const std::uint32_t psi : {1024U, 4096U, 65'536U}) {
      const Forest forest = *train_forest(rows.view(), {.trees = 3, .psi = psi, .seed = 7});
      const std::size_t most = path_lengths(forest);
      seen[most <= 64 ? 0 : most <= 128 ? 1 : most <= 256 ? 2 : 3] = true;
      EXPECT_EQ(ForestScorer::supports_compare_all(forest), most <= 256);
      expect_parity(forest, psi, 513);
    }
  }
  for (const bool width : seen) EXPECT_TRUE(width);
}

TEST(ForestScorer, AgreesWhereSumsNeed64Bits) {
  const Forest forest = trained(300, 2, {.trees = 4096, .psi = 256, .seed = 8});
  ASSERT_TRUE(forest.wide);
  EXPECT_EQ(forest.scale_bits, 16U);
  EXPECT_FALSE(ForestScorer::supports_compare_all(forest));
  expect_parity(forest, 8, 65);
}

TEST(ForestScorer, ScoresInParallelAsOnOneThread) {
  const SampleRows rows = bell_rows(30'001, 24, 3);
  const Forest forest = *train_forest(rows.view(), {.trees = 100, .psi = 256, .seed = 1});
  const ForestScorer scorer(forest);
  std::vector<float> parallel(rows.rows);
  tbb::task_arena(4).execute([&] { scorer.score_parallel(rows.view(), parallel); });
  EXPECT_TRUE(same_bits(parallel, scored(scorer, rows.view())));
}

TEST(ForestScorer, SumsExactlyInWhateverOrder) {
  const SampleRows rows = bell_rows(500, 4, 3);
  const Forest forest = *train_forest(rows.view(), {.trees = 100, .psi = 256, .seed = 1});
  const std::vector<float> raw = scored(ForestScorer(forest), rows.view());
  for (std::size_t row = 0; row < rows.rows; ++row) {
    double sum = 0;
    for (std::size_t tree = forest.trees(); tree-- > 0;) {  // last tree first
      std::size_t at = forest.begin[tree];
      while (forest.feature[at] >= 0) {
        const bool left = rows.view().at(row, static_cast<std::size_t>(forest.feature[at])) <=
                          forest.threshold[at];
        at = forest.begin[tree] + (left ? forest.left[at] : forest.right[at]);
      }
      sum += forest.mean_path[at];
    }
    ASSERT_EQ(raw[row], static_cast<float>(-sum)) << row;
  }
}

TEST(AllFinite, FindsASingleBadValueAnywhere) {
  IsaGuard guard;
  for (const Isa isa : {Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    limit_isa(isa);
    std::vector<float> values(131, -3.5F);
    values[7] = std::numeric_limits<float>::max();
    for (std::size_t count = 0; count <= values.size(); ++count) {
      EXPECT_TRUE(all_finite({values.data(), count}));
      if (count == 0) continue;
      for (const float bad :
           {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
        const float good = std::exchange(values[count - 1], bad);
        EXPECT_FALSE(all_finite({values.data(), count}));
        values[count - 1] = good;
      }
    }
  }
}

}  // namespace
}  // namespace weir::ops
