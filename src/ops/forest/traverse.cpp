#include "ops/forest/traverse.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.hpp"

namespace weir::ops {
namespace {

std::uint32_t depth_of(const Forest& forest, std::size_t tree) {
  struct Item {
    std::uint32_t node;
    std::uint32_t depth;
  };
  const std::size_t first = forest.begin[tree];
  std::vector<Item> stack{{0, 0}};
  std::uint32_t deepest = 0;
  while (!stack.empty()) {
    const Item item = stack.back();
    stack.pop_back();
    deepest = std::max(deepest, item.depth);
    if (forest.feature[first + item.node] < 0) continue;
    stack.push_back({forest.left[first + item.node], item.depth + 1});
    stack.push_back({forest.right[first + item.node], item.depth + 1});
  }
  return deepest;
}

}  // namespace

TraverseProgram::TraverseProgram(const Forest& forest)
    : unit_(-1.0F / static_cast<float>(1U << forest.scale_bits)) {
  nodes_.resize(forest.nodes());
  units_.resize(forest.nodes());
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    const std::uint32_t first = forest.begin[tree];
    trees_.push_back({first, depth_of(forest, tree)});
    for (std::uint32_t at = first; at < forest.begin[tree + 1]; ++at) {
      if (forest.feature[at] < 0) {
        nodes_[at] = {0, 0, {at, at}};
        units_[at] = static_cast<std::int32_t>(
            std::ldexp(forest.mean_path[at], static_cast<int>(forest.scale_bits)));
      } else {
        nodes_[at] = {forest.threshold[at],
                      static_cast<std::uint32_t>(forest.feature[at]),
                      {first + forest.left[at], first + forest.right[at]}};
      }
    }
  }
}

void TraverseProgram::score_eight(const ColumnsView& rows, std::size_t first, float* raw) const {
  const float* x = rows.data + first;
  std::array<std::int64_t, kSide> sums{};
  for (const Tree& tree : trees_) {
    std::array<std::uint32_t, kSide> at;
    at.fill(tree.root);
    for (std::uint32_t step = 0; step < tree.depth; ++step) {
      for (std::size_t lane = 0; lane < kSide; ++lane) {
        const Node& node = nodes_[at[lane]];
        const bool left = x[node.feature * rows.stride + lane] <= node.threshold;
        at[lane] = node.child[left ? 0 : 1];
      }
    }
    for (std::size_t lane = 0; lane < kSide; ++lane) sums[lane] += units_[at[lane]];
  }
  for (std::size_t lane = 0; lane < kSide; ++lane) raw[lane] = to_raw(sums[lane]);
}

float TraverseProgram::score_one(const ColumnsView& rows, std::size_t row) const {
  const float* x = rows.data + row;
  std::int64_t sum = 0;
  for (std::size_t from = 0; from < trees_.size(); from += kSide) {
    const std::size_t count = std::min(kSide, trees_.size() - from);
    std::array<std::uint32_t, kSide> at;
    at.fill(trees_[from].root);
    std::uint32_t depth = 0;
    for (std::size_t lane = 0; lane < count; ++lane) {
      at[lane] = trees_[from + lane].root;
      depth = std::max(depth, trees_[from + lane].depth);
    }
    for (std::uint32_t step = 0; step < depth; ++step) {
      for (std::size_t lane = 0; lane < kSide; ++lane) {
        const Node& node = nodes_[at[lane]];
        const bool left = x[node.feature * rows.stride] <= node.threshold;
        at[lane] = node.child[left ? 0 : 1];
      }
    }
    for (std::size_t lane = 0; lane < count; ++lane) sum += units_[at[lane]];
  }
  return to_raw(sum);
}

void TraverseProgram::score(const ColumnsView& rows, std::span<float> raw) const {
  CHECK_GE(raw.size(), rows.rows);
  std::size_t row = 0;
  for (; row + kSide <= rows.rows; row += kSide) score_eight(rows, row, raw.data() + row);
  for (; row < rows.rows; ++row) raw[row] = score_one(rows, row);
}

}  // namespace weir::ops
