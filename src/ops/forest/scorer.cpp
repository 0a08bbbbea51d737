#include "ops/forest/scorer.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/isa.hpp"
#include "base/rng.hpp"
#include "ops/forest/compare_all.hpp"
#include "ops/forest/traverse.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTrialRows = 512;
constexpr int kTrialRuns = 3;

void score_naive(const Forest& forest, const ColumnsView& rows, std::span<float> raw) {
  CHECK_GE(raw.size(), rows.rows);
  for (std::size_t row = 0; row < rows.rows; ++row) {
    double sum = 0;
    for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
      const std::size_t first = forest.begin[tree];
      std::size_t at = first;
      while (forest.feature[at] >= 0) {
        const float x = rows.at(row, static_cast<std::size_t>(forest.feature[at]));
        at = first + (x <= forest.threshold[at] ? forest.left[at] : forest.right[at]);
      }
      sum += forest.mean_path[at];
    }
    raw[row] = static_cast<float>(-sum);
  }
}

// Rows that look like data: each value near a threshold of its column, so that walks go everywhere.
std::vector<float> trial_rows(const Forest& forest, std::size_t stride) {
  std::vector<float> data(forest.columns * stride);
  std::vector<std::vector<float>> thresholds(forest.columns);
  for (std::size_t at = 0; at < forest.nodes(); ++at) {
    if (forest.feature[at] < 0) continue;
    thresholds[static_cast<std::size_t>(forest.feature[at])].push_back(forest.threshold[at]);
  }
  Philox rng(1, 0);
  for (std::size_t column = 0; column < forest.columns; ++column) {
    const auto count = static_cast<std::uint32_t>(thresholds[column].size());
    if (count == 0) continue;
    for (std::size_t row = 0; row < stride; ++row) {
      data[column * stride + row] = thresholds[column][rng.next_below(count)];
    }
  }
  return data;
}

template <class Score>
std::int64_t fastest_ns(const Score& score) {
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  for (int run = 0; run < kTrialRuns; ++run) {
    const std::int64_t started = system_clock().mono_ns();
    score();
    best = std::min(best, system_clock().mono_ns() - started);
  }
  return best;
}

}  // namespace

struct ForestScorer::Impl {
  std::uint32_t columns = 0;
  ForestEngine engine = ForestEngine::kAuto;
  bool forced = false;
  std::size_t compare_rows_min = 0;  // fewer rows are walked, unless forced
  std::optional<CompareProgram> compare;
  std::optional<TraverseProgram> traverse;
  std::optional<Forest> naive;

  // The engines agree on every bit, so the clock decides about speed and nothing else.
  void choose(const Forest& forest) {
    engine = ForestEngine::kTraverse;
    if (!compare) return;
    constexpr std::size_t kStride = kTrialRows + 64;
    const std::vector<float> data = trial_rows(forest, kStride);
    const ColumnsView many{data.data(), kTrialRows, kStride, forest.columns};
    const ColumnsView few = many.slice(0, 64);
    std::array<float, kTrialRows> raw{};
    const std::int64_t compare_ns = fastest_ns([&] { compare->score(many, raw); });
    const std::int64_t compare_few_ns = fastest_ns([&] { compare->score(few, raw); });
    const std::int64_t walk_ns = fastest_ns([&] { traverse->score(many, raw); });
    if (compare_ns >= walk_ns) {
      compare.reset();
      return;
    }
    engine = ForestEngine::kCompareAll;
    const std::int64_t walk_row_ns = std::max<std::int64_t>(1, walk_ns / std::int64_t{kTrialRows});
    compare_rows_min = static_cast<std::size_t>(compare_few_ns / walk_row_ns);
  }

  void score(const ColumnsView& rows, std::span<float> raw) const {
    if (naive) {
      score_naive(*naive, rows, raw);
    } else if (compare && (forced || rows.rows > compare_rows_min)) {
      compare->score(rows, raw);
    } else {
      traverse->score(rows, raw);
    }
  }
};

std::string_view forest_engine_name(ForestEngine engine) {
  switch (engine) {
    case ForestEngine::kAuto:
      return "auto";
    case ForestEngine::kCompareAll:
      return "compare_all";
    case ForestEngine::kTraverse:
      return "traverse";
    case ForestEngine::kNaive:
      return "naive";
  }
  return "auto";
}

ForestScorer::ForestScorer(const Forest& forest, ForestEngine engine)
    : impl_(std::make_unique<Impl>()) {
  CHECK(check_forest(forest).is_ok());
  impl_->columns = forest.columns;
  impl_->engine = engine;
  impl_->forced = engine != ForestEngine::kAuto;
  const bool may_compare = engine == ForestEngine::kCompareAll ||
                           (engine == ForestEngine::kAuto && isa_allowed(Isa::kSse4));
  if (may_compare && supports_compare_all(forest)) impl_->compare.emplace(forest);
  if (engine == ForestEngine::kCompareAll) CHECK(impl_->compare.has_value());
  if (engine == ForestEngine::kNaive) impl_->naive = forest;
  if (engine == ForestEngine::kTraverse || engine == ForestEngine::kAuto) {
    impl_->traverse.emplace(forest);
  }
  if (engine == ForestEngine::kAuto) impl_->choose(forest);
}

ForestScorer::ForestScorer(ForestScorer&&) noexcept = default;
ForestScorer& ForestScorer::operator=(ForestScorer&&) noexcept = default;
ForestScorer::~ForestScorer() = default;

void ForestScorer::score(const ColumnsView& rows, std::span<float> raw) const {
  CHECK_GE(rows.columns, impl_->columns);
  impl_->score(rows, raw);
}

void ForestScorer::score_parallel(const ColumnsView& rows, std::span<float> raw) const {
  CHECK_GE(rows.columns, impl_->columns);
  CHECK_GE(raw.size(), rows.rows);
  constexpr std::size_t kGrain = 2048;
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, (rows.rows + kGrain - 1) / kGrain),
                    [&](const tbb::blocked_range<std::size_t>& range) {
                      const std::size_t first = range.begin() * kGrain;
                      const std::size_t end = std::min(range.end() * kGrain, rows.rows);
                      impl_->score(rows.slice(first, end - first), raw.subspan(first));
                    });
}

ForestEngine ForestScorer::engine() const {
  return impl_->engine;
}

bool ForestScorer::supports_compare_all(const Forest& forest) {
  return CompareProgram::supports(forest);
}

}  // namespace weir::ops
