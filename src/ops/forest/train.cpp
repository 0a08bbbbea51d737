#include <tbb/parallel_for.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/rng.hpp"
#include "ops/forest/finite.hpp"
#include "ops/forest/forest.hpp"
#include "ops/forest/threshold.hpp"

namespace weir::ops {
namespace {

// A column counts as constant in a node unless max > min + this (scikit-learn's FEATURE_THRESHOLD).
constexpr float kConstantSpan = 1e-7F;

struct Tree {
  std::vector<std::int32_t> feature;
  std::vector<float> threshold;
  std::vector<std::uint32_t> left;
  std::vector<std::uint32_t> right;
  std::vector<std::uint32_t> rows;

  std::uint32_t add(std::uint32_t rows_in_node) {
    feature.push_back(-1);
    threshold.push_back(0);
    left.push_back(0);
    right.push_back(0);
    rows.push_back(rows_in_node);
    return static_cast<std::uint32_t>(feature.size() - 1);
  }
};

// Draws `count` of n rows without replacement, each subset equally likely (Floyd, CACM 30(9),
// 1987).
void sample_rows(Philox& rng, std::uint32_t n, std::uint32_t count,
                 std::vector<std::uint32_t>& out) {
  out.clear();
  if (count == n) {
    for (std::uint32_t row = 0; row < n; ++row) out.push_back(row);
    return;
  }
  constexpr std::uint32_t kEmpty = 0xFFFFFFFFU;
  const std::uint32_t slots = std::bit_ceil(count * 2);
  std::vector<std::uint32_t> seen(slots, kEmpty);
  const auto insert = [&](std::uint32_t row) {
    std::uint32_t at = row * 0x9E3779B1U & (slots - 1);
    while (seen[at] != kEmpty && seen[at] != row) at = (at + 1) & (slots - 1);
    const bool added = seen[at] == kEmpty;
    seen[at] = row;
    return added;
  };
  for (std::uint32_t last = n - count; last < n; ++last) {
    std::uint32_t row = rng.next_below(last + 1);
    if (!insert(row)) {
      row = last;
      insert(row);
    }
    out.push_back(row);
  }
}

class TreeGrower {
 public:
  TreeGrower(const ColumnsView& data, std::span<const std::uint32_t> features, std::uint32_t psi)
      : data_(data),
        features_(features.begin(), features.end()),
        psi_(psi),
        depth_max_(std::bit_width(std::max(psi, 2U) - 1)) {}

  Tree grow(std::uint64_t seed, std::uint64_t number) {
    Philox rng(seed, number);
    sample_rows(rng, static_cast<std::uint32_t>(data_.rows), psi_, sample_);
    Tree tree;
    std::vector<Pending> stack{{tree.add(psi_), 0, psi_, 0}};
    while (!stack.empty()) {
      const Pending node = stack.back();
      stack.pop_back();
      if (node.end - node.begin < 2 || node.depth >= depth_max_) continue;
      Split split;
      if (!choose_split(rng, node, split)) continue;
      const std::uint32_t middle = partition(node, split);
      const std::uint32_t left = tree.add(middle - node.begin);
      const std::uint32_t right = tree.add(node.end - middle);
      tree.feature[node.id] = static_cast<std::int32_t>(split.feature);
      tree.threshold[node.id] = split.threshold;
      tree.left[node.id] = left;
      tree.right[node.id] = right;
      stack.push_back({right, middle, node.end, node.depth + 1});
      stack.push_back({left, node.begin, middle, node.depth + 1});
    }
    return tree;
  }

 private:
  struct Pending {
    std::uint32_t id;
    std::uint32_t begin;  // range of sample_
    std::uint32_t end;
    int depth;
  };
  struct Split {
    std::uint32_t feature = 0;
    float threshold = 0;
  };

  // Draws columns without replacement until one is not constant: uniform among those that are not.
  bool choose_split(Philox& rng, const Pending& node, Split& split) {
    for (auto left = static_cast<std::uint32_t>(features_.size()); left > 0; --left) {
      std::swap(features_[rng.next_below(left)], features_[left - 1]);
      split.feature = features_[left - 1];
      const float* column = data_.column(split.feature);
      float low = column[sample_[node.begin]];
      float high = low;
      for (std::uint32_t i = node.begin + 1; i < node.end; ++i) {
        const float x = column[sample_[i]];
        low = std::min(low, x);
        high = std::max(high, x);
      }
      if (!(high > low + kConstantSpan)) continue;
      const double drawn =
          double{low} + rng.next_unit() * (static_cast<double>(high) - static_cast<double>(low));
      split.threshold = threshold_f32(drawn);
      if (!(split.threshold < high)) split.threshold = low;
      return true;
    }
    return false;
  }

  std::uint32_t partition(const Pending& node, const Split& split) {
    const float* column = data_.column(split.feature);
    const auto middle =
        std::partition(sample_.begin() + node.begin, sample_.begin() + node.end,
                       [&](std::uint32_t row) { return column[row] <= split.threshold; });
    return static_cast<std::uint32_t>(middle - sample_.begin());
  }

  const ColumnsView data_;
  std::vector<std::uint32_t> features_;
  const std::uint32_t psi_;
  const int depth_max_;
  std::vector<std::uint32_t> sample_;
};

Status check_finite(const ColumnsView& rows, std::span<const std::uint32_t> features) {
  std::vector<char> bad(features.size());
  tbb::parallel_for(std::size_t{0}, features.size(), [&](std::size_t i) {
    bad[i] = all_finite({rows.column(features[i]), rows.rows}) ? 0 : 1;
  });
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (bad[i] == 0) continue;
    std::size_t row = 0;
    while (std::isfinite(rows.at(row, features[i]))) ++row;
    return invalid_argument("value_not_finite", "row " + std::to_string(row) + " column " +
                                                    std::to_string(features[i]) + " is not finite");
  }
  return Status::ok();
}

Status check_options(const ColumnsView& rows, const ForestOptions& options) {
  if (rows.rows == 0 || rows.rows > std::numeric_limits<std::int32_t>::max()) {
    return invalid_argument("forest_rows", std::to_string(rows.rows) + " training rows");
  }
  if (rows.columns == 0 || rows.columns > kForestColumnsMax) {
    return invalid_argument("forest_columns", std::to_string(rows.columns) + " columns, 1 to " +
                                                  std::to_string(kForestColumnsMax));
  }
  if (options.trees < 1 || options.trees > kForestTreesMax) {
    return invalid_argument("forest_trees", "trees is " + std::to_string(options.trees) +
                                                ", 1 to " + std::to_string(kForestTreesMax))
        .at("trees");
  }
  if (options.psi < 2 || options.psi > kForestPsiMax) {
    return invalid_argument("forest_psi", "psi is " + std::to_string(options.psi) + ", 2 to " +
                                              std::to_string(kForestPsiMax))
        .at("psi");
  }
  for (const std::uint32_t feature : options.features) {
    if (feature >= rows.columns) {
      return invalid_argument("forest_feature", "feature " + std::to_string(feature) + " of " +
                                                    std::to_string(rows.columns))
          .at("features");
    }
  }
  return Status::ok();
}

Forest join(const std::vector<Tree>& trees) {
  Forest forest;
  forest.begin.push_back(0);
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (const Tree& tree : trees) {
    append(forest.feature, tree.feature);
    append(forest.threshold, tree.threshold);
    append(forest.left, tree.left);
    append(forest.right, tree.right);
    append(forest.rows, tree.rows);
    forest.begin.push_back(static_cast<std::uint32_t>(forest.feature.size()));
  }
  return forest;
}

}  // namespace

Result<Forest> train_forest(const ColumnsView& rows, const ForestOptions& options) {
  WEIR_TRY(check_options(rows, options));
  std::vector<std::uint32_t> features = options.features;
  if (features.empty()) {
    for (std::uint32_t c = 0; c < rows.columns; ++c) features.push_back(c);
  }
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  WEIR_TRY(check_finite(rows, features));

  const auto psi = static_cast<std::uint32_t>(std::min<std::size_t>(options.psi, rows.rows));
  std::vector<Tree> trees(options.trees);
  tbb::parallel_for(std::size_t{0}, trees.size(), [&](std::size_t i) {
    trees[i] = TreeGrower(rows, features, psi).grow(options.seed, i);
  });
  Forest forest = join(trees);
  forest.columns = static_cast<std::uint32_t>(rows.columns);
  forest.psi = psi;
  finish_forest(forest);
  return forest;
}

}  // namespace weir::ops
