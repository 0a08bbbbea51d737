// Forest: an isolation forest (Liu, Ting, Zhou 2008), trained here or imported from scikit-learn.
// Immutable once made; a ForestScorer is built from it.
//
//   WEIR_ASSIGN(const Forest forest, train_forest(rows, {.trees = 100, .psi = 256, .seed = 7}));
//   ForestScorer scorer(forest);
//   scorer.score(rows, raw);              // raw = -(sum of path lengths): higher is more abnormal
//   double shown = forest.score(raw[0]);  // 2^(-E/c(psi)), in (0, 1]
//
// Class `fixed`: leaf path lengths are rounded once, at training or import, to multiples of
// 2^-scale_bits and stored. Scoring sums integers, so every engine, thread count and order gives
// the same bits. Training is identical in distribution to scikit-learn's IsolationForest (not in
// its random numbers).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ops/forest/columns_view.hpp"

namespace weir::ops {

inline constexpr std::uint32_t kForestTreesMax = 4096;
inline constexpr std::uint32_t kForestPsiMax = 65'536;
inline constexpr std::uint32_t kForestColumnsMax = 4096;

// Returns c(n), the mean path length of an unsuccessful search in a binary tree of n rows: 0, 0,
// 1, 1.207..
double average_path_length(std::uint64_t n);

// Trees lie one after the other; node 0 of a tree is its root; children are numbered within the
// tree. A row goes left iff x <= threshold, so NaN goes right.
struct Forest {
  std::uint32_t columns = 0;          // a row has this many
  std::uint32_t psi = 0;              // rows a tree was grown from
  double offset = -0.5;               // decision_function = score_samples - offset
  std::uint32_t scale_bits = 16;      // path lengths are multiples of 2^-scale_bits
  bool wide = false;                  // a sum may exceed int32
  std::vector<std::string> names;     // [columns], or empty
  std::vector<std::uint32_t> begin;   // [trees + 1] first node of each tree, then the node count
  std::vector<std::int32_t> feature;  // [nodes] column tested; -1: leaf
  std::vector<float> threshold;       // [nodes] 0 at a leaf
  std::vector<std::uint32_t> left;    // [nodes] 0 at a leaf
  std::vector<std::uint32_t> right;   // [nodes] 0 at a leaf
  std::vector<std::uint32_t> rows;    // [nodes] training rows that reached the node
  // [nodes] mean path length of those rows; at a leaf the exact addend of the score.
  std::vector<float> mean_path;

  std::size_t trees() const { return begin.empty() ? 0 : begin.size() - 1; }
  std::size_t nodes() const { return feature.size(); }
  std::size_t nodes_of(std::size_t tree) const { return begin[tree + 1] - begin[tree]; }
  double nodes_per_tree() const {
    return static_cast<double>(nodes()) / static_cast<double>(trees());
  }

  // Returns the shown score 2^(-E/c(psi)) of a raw value; .5 when c(psi) is 0. For people: not in
  // the pass.
  double score(double raw) const;
  // scikit-learn's conventions, each with its sign: score_samples = -score, and normal rows >= 0.
  double score_samples(double raw) const { return -score(raw); }
  double decision_function(double raw) const { return score_samples(raw) - offset; }
  int predict(double raw) const { return decision_function(raw) < 0 ? -1 : 1; }

  void serialize(ByteWriter& out) const;
  // Refuses what serialize() cannot have written; a bad tree is named with its node.
  static Result<Forest> deserialize(ByteReader& in);
};

struct ForestOptions {
  std::uint32_t trees = 100;  // 1..kForestTreesMax
  std::uint32_t psi = 256;    // 2..kForestPsiMax; at most the rows there are
  std::uint64_t seed = 0;
  std::vector<std::uint32_t> features = {};  // columns that may be tested; empty: all
};

// Trains on finite rows, in parallel; the result depends on rows, options and nothing else.
// Errors: invalid_argument for options out of range, no rows, or a value that is not finite
// (named).
Result<Forest> train_forest(const ColumnsView& rows, const ForestOptions& options);

// Reads the JSON that tools/export_sklearn.py writes. Thresholds are rounded down to f32, which
// leaves every comparison with an f32 value as it was. Errors: invalid_argument naming tree and
// node for a cycle, a child out of range, a threshold that is not finite, a feature >= n_features,
// n < 1; also no trees, unequal lengths, or text that is not such JSON.
Result<Forest> import_sklearn_json(std::string_view text);

// Writes per column how much it shortened the path of one row, summed over trees: > 0 is towards
// abnormal. The sum over columns is the sum of mean_path[root] - h. out: [columns], set, not added
// to. No allocation; O(trees * depth).
void forest_contributions(const Forest& forest, const ColumnsView& rows, std::size_t row,
                          std::span<double> out);

// Returns ok if the arrays form trees as described above; the first fault, with tree and node, if
// not.
Status check_forest(const Forest& forest);

// Computes scale_bits, wide and mean_path from the shape and `rows`; the last step of training and
// import.
void finish_forest(Forest& forest);

}  // namespace weir::ops
