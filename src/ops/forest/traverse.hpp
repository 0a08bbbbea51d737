// TraverseProgram: a forest laid out for walking eight rows, or eight trees, side by side (see
// scorer.hpp). One walk waits for memory most of the time; eight independent ones fill the wait.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/forest/forest.hpp"

namespace weir::ops {

class TraverseProgram {
 public:
  explicit TraverseProgram(const Forest& forest);
  // Writes raw values; any number of rows. Thread-safe, no allocation.
  void score(const ColumnsView& rows, std::span<float> raw) const;

 private:
  static constexpr std::size_t kSide = 8;
  // A leaf leads to itself, so that every walk of a tree takes the same number of steps.
  struct Node {
    float threshold;
    std::uint32_t feature;
    std::uint32_t child[2];  // absolute: left, right
  };
  struct Tree {
    std::uint32_t root;
    std::uint32_t depth;
  };

  void score_eight(const ColumnsView& rows, std::size_t first, float* raw) const;
  float score_one(const ColumnsView& rows, std::size_t row) const;
  float to_raw(std::int64_t sum) const { return static_cast<float>(sum) * unit_; }

  std::vector<Node> nodes_;
  std::vector<std::int32_t> units_;  // path length of each leaf in multiples of the unit
  std::vector<Tree> trees_;
  float unit_;
};

}  // namespace weir::ops
