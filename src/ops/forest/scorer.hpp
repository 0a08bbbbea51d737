// ForestScorer: scores many rows against a forest. Several engines, one result, bit for bit.
//
//   ForestScorer scorer(forest);        // picks the faster engine for this forest by a short trial
//   scorer.score(rows, raw);            // one thread; call it from several on row ranges
//   scorer.score_parallel(rows, raw);   // splits the rows over oneTBB
//
// Engines
//   compare_all  Tiles of rows. Each value becomes its rank among the forest's thresholds of that
//                column, one byte (a column with more than 255 thresholds takes several byte
//                columns), which keeps every comparison exact. Then every node of every tree is
//                evaluated bottom-up for a whole vector of rows: one byte compare, one blend. The
//                cost follows the node count, not depth.
//   traverse     Walks eight rows, or eight trees of one row, side by side. For single rows, large
//                trees and machines without vectors.
//   naive        One row, one tree at a time: the baseline of the bench.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "ops/forest/forest.hpp"

namespace weir::ops {

enum class ForestEngine : std::uint8_t { kAuto, kCompareAll, kTraverse, kNaive };
std::string_view forest_engine_name(ForestEngine engine);  // "auto", "compare_all", ...

class ForestScorer {
 public:
  // Copies what it needs of the forest. kAuto: compare_all where it is supported and won the trial,
  // and traverse for the last few rows of a call. A forced engine is used for all rows; forcing one
  // that the forest does not support is a broken invariant.
  explicit ForestScorer(const Forest& forest, ForestEngine engine = ForestEngine::kAuto);
  ForestScorer(ForestScorer&&) noexcept;
  ForestScorer& operator=(ForestScorer&&) noexcept;
  ~ForestScorer();

  // Writes raw = -(sum of path lengths) of each row, rounded once to f32. rows.columns must be at
  // least the forest's; raw.size() >= rows.rows. Thread-safe; allocates only on a thread's first
  // call.
  void score(const ColumnsView& rows, std::span<float> raw) const;
  // The same on all threads of the current oneTBB arena.
  void score_parallel(const ColumnsView& rows, std::span<float> raw) const;

  // Returns the engine that large batches use.
  ForestEngine engine() const;
  // Returns whether compare_all can evaluate a forest: int32 sums, at most 256 path lengths in a
  // tree.
  static bool supports_compare_all(const Forest& forest);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::ops
