// Compiles a forest into byte columns and steps; no vectors here.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "ops/forest/compare_all.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kThresholdsPerByte = CompareProgram::kPivots - 1;
// Beyond this the byte columns of a tile leave the cache, and walking the trees wins anyway.
constexpr std::size_t kByteColumnsMax = 4096;
// The stack holds log2 of the leaves.
constexpr std::size_t kNodesMax = 2 * std::size_t{kForestPsiMax} - 1;

std::uint32_t repeat(std::uint8_t byte) {
  return byte * 0x01010101U;
}

std::int32_t leaf_units(const Forest& forest, std::size_t at) {
  return static_cast<std::int32_t>(
      std::ldexp(forest.mean_path[at], static_cast<int>(forest.scale_bits)));
}

// Sorted distinct thresholds of each column.
std::vector<std::vector<float>> column_thresholds(const Forest& forest) {
  std::vector<std::vector<float>> sorted(forest.columns);
  for (std::size_t at = 0; at < forest.nodes(); ++at) {
    if (forest.feature[at] < 0) continue;
    sorted[static_cast<std::size_t>(forest.feature[at])].push_back(forest.threshold[at]);
  }
  for (std::vector<float>& column : sorted) {
    std::sort(column.begin(), column.end());
    column.erase(std::unique(column.begin(), column.end()), column.end());
  }
  return sorted;
}

std::size_t byte_columns_of(std::size_t thresholds) {
  return (thresholds + kThresholdsPerByte - 1) / kThresholdsPerByte;
}

CompareProgram::ByteColumn make_byte_column(std::size_t column, std::span<const float> sorted) {
  CompareProgram::ByteColumn made;
  made.column = static_cast<std::uint32_t>(column);
  made.pivots.fill(std::numeric_limits<float>::infinity());
  for (std::size_t level = 0; level < CompareProgram::kLevels; ++level) {
    const std::size_t count = std::size_t{1} << level;
    for (std::size_t path = 0; path < count; ++path) {
      std::size_t node = 0;  // the decisions in `path`, first decision as the highest bit
      for (std::size_t i = 0; i < level; ++i) node = node << 1 | (path >> i & 1);
      const std::size_t rank = ((2 * node + 1) << (CompareProgram::kLevels - 1 - level)) - 1;
      if (rank < sorted.size()) made.pivots[count - 1 + path] = sorted[rank];
    }
  }
  return made;
}

// Turns one tree into steps, the child with more leaves first.
class TreeCompiler {
 public:
  using Operand = CompareProgram::Operand;

  TreeCompiler(const Forest& forest, const std::vector<std::vector<float>>& thresholds,
               const std::vector<std::uint16_t>& first_byte_column, CompareProgram& program)
      : forest_(forest),
        thresholds_(thresholds),
        first_byte_column_(first_byte_column),
        program_(program) {}

  void compile(std::size_t tree) {
    first_ = forest_.begin[tree];
    number_values(tree);
    count_leaves(tree);
    auto& made = program_.trees.emplace_back();
    made.first_step = static_cast<std::uint32_t>(program_.steps.size());
    emit();
    made.end_step = static_cast<std::uint32_t>(program_.steps.size());
    made.values = static_cast<std::uint32_t>(values_.size());
    for (std::size_t value = 0; value < values_.size(); ++value) {
      const auto units = static_cast<std::uint32_t>(values_[value] - values_[0]);
      for (std::size_t plane = 0; plane < CompareProgram::kPlanes; ++plane) {
        made.planes[plane][value] = static_cast<std::uint8_t>(units >> (8 * plane));
      }
    }
    program_.base += values_[0];
  }

 private:
  bool is_leaf(std::size_t node) const { return forest_.feature[first_ + node] < 0; }

  void number_values(std::size_t tree) {
    values_.clear();
    for (std::size_t at = first_; at < forest_.begin[tree + 1]; ++at) {
      if (forest_.feature[at] < 0) values_.push_back(leaf_units(forest_, at));
    }
    std::sort(values_.begin(), values_.end());
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    CHECK_LE(values_.size(), CompareProgram::kValuesMax);
  }

  // Children may come before their parents in an imported tree, hence the explicit order.
  void count_leaves(std::size_t tree) {
    std::vector<std::uint32_t> order{0};
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (is_leaf(order[i])) continue;
      order.push_back(forest_.left[first_ + order[i]]);
      order.push_back(forest_.right[first_ + order[i]]);
    }
    leaves_.assign(forest_.nodes_of(tree), 1);
    for (std::size_t i = order.size(); i-- > 0;) {
      const std::uint32_t node = order[i];
      if (is_leaf(node)) continue;
      leaves_[node] = leaves_[forest_.left[first_ + node]] + leaves_[forest_.right[first_ + node]];
    }
  }

  Operand constant(std::size_t node) const {
    const auto at =
        std::lower_bound(values_.begin(), values_.end(), leaf_units(forest_, first_ + node));
    const auto number = static_cast<int>(at - values_.begin());
    return {static_cast<std::int16_t>(number - static_cast<int>(CompareProgram::kValuesMax)), 0};
  }

  CompareProgram::Step test_of(std::size_t node) const {
    const auto column = static_cast<std::size_t>(forest_.feature[first_ + node]);
    const std::vector<float>& sorted = thresholds_[column];
    const auto rank = static_cast<std::size_t>(
        std::lower_bound(sorted.begin(), sorted.end(), forest_.threshold[first_ + node]) -
        sorted.begin());
    CompareProgram::Step step{};
    step.byte_column =
        static_cast<std::uint16_t>(first_byte_column_[column] + rank / kThresholdsPerByte);
    step.threshold = repeat(static_cast<std::uint8_t>((rank % kThresholdsPerByte) ^ 0x80));
    return step;
  }

  // Appends the steps of a tree in post-order; its result lands in slot 1. An inner node is visited
  // twice, before and after its children. `used` counts the slots that hold results still to be
  // read.
  void emit() {
    if (is_leaf(0)) {
      program_.steps.push_back({0, 0, 1, constant(0), constant(0)});
      return;
    }
    struct Frame {
      std::uint32_t node;
      bool children_done;
    };
    std::vector<Frame> frames{{0, false}};
    std::uint16_t used = 0;
    while (!frames.empty()) {
      const Frame frame = frames.back();
      frames.pop_back();
      const std::uint32_t left = forest_.left[first_ + frame.node];
      const std::uint32_t right = forest_.right[first_ + frame.node];
      const bool left_first = leaves_[left] >= leaves_[right];
      if (frame.children_done || (is_leaf(left) && is_leaf(right))) {
        CompareProgram::Step step = test_of(frame.node);
        const auto inner =
            static_cast<std::uint16_t>((is_leaf(left) ? 0 : 1) + (is_leaf(right) ? 0 : 1));
        // The child evaluated first lies in the lower slot.
        const auto low = static_cast<std::uint16_t>(used - inner + 1);
        const bool left_low = is_leaf(right) || left_first;
        step.left = is_leaf(left) ? constant(left) : Operand{0, left_low ? low : used};
        step.right = is_leaf(right) ? constant(right)
                                    : Operand{0, is_leaf(left) || !left_first ? low : used};
        step.out_slot = low;
        used = low;
        CHECK_LE(used, CompareProgram::kSlotsMax);
        program_.steps.push_back(step);
        continue;
      }
      frames.push_back({frame.node, true});
      const std::uint32_t second = left_first ? right : left;
      const std::uint32_t first = left_first ? left : right;
      if (!is_leaf(second)) frames.push_back({second, false});
      if (!is_leaf(first)) frames.push_back({first, false});
    }
  }

  const Forest& forest_;
  const std::vector<std::vector<float>>& thresholds_;
  const std::vector<std::uint16_t>& first_byte_column_;
  CompareProgram& program_;
  std::size_t first_ = 0;
  std::vector<std::int32_t> values_;   // distinct path lengths of the tree, rising
  std::vector<std::uint32_t> leaves_;  // [nodes of the tree]
};

}  // namespace

bool CompareProgram::supports(const Forest& forest) {
  if (forest.wide) return false;
  std::size_t byte_columns = 0;
  for (const std::vector<float>& column : column_thresholds(forest)) {
    byte_columns += byte_columns_of(column.size());
  }
  if (byte_columns > kByteColumnsMax) return false;
  std::vector<float> values;
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    if (forest.nodes_of(tree) > kNodesMax) return false;
    values.clear();
    for (std::size_t at = forest.begin[tree]; at < forest.begin[tree + 1]; ++at) {
      if (forest.feature[at] < 0) values.push_back(forest.mean_path[at]);
    }
    std::sort(values.begin(), values.end());
    const auto distinct = std::unique(values.begin(), values.end()) - values.begin();
    if (static_cast<std::size_t>(distinct) > kValuesMax) return false;
  }
  return true;
}

CompareProgram::CompareProgram(const Forest& forest) : scale_bits(forest.scale_bits) {
  const std::vector<std::vector<float>> thresholds = column_thresholds(forest);
  std::vector<std::uint16_t> first_byte_column(forest.columns);
  for (std::size_t column = 0; column < forest.columns; ++column) {
    first_byte_column[column] = static_cast<std::uint16_t>(byte_columns.size());
    const std::span<const float> sorted(thresholds[column]);
    for (std::size_t from = 0; from < sorted.size(); from += kThresholdsPerByte) {
      const std::size_t count = std::min(kThresholdsPerByte, sorted.size() - from);
      byte_columns.push_back(make_byte_column(column, sorted.subspan(from, count)));
    }
  }
  TreeCompiler compiler(forest, thresholds, first_byte_column, *this);
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) compiler.compile(tree);
}

}  // namespace weir::ops
