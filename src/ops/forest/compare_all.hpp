// CompareProgram: a forest compiled for the compare_all engine (see scorer.hpp).
//
//   const CompareProgram program(forest);      // only if CompareProgram::supports(forest)
//   program.score(rows, raw);
//
// Byte columns. A row's value x in a column with sorted thresholds S becomes the byte #{S_j : not x <= S_j};
// then x <= S_j is byte <= j, exactly, NaN included. 255 thresholds fit one byte column.
// Trees. Each tree is a list of steps in post-order. The state is one vector of path-length numbers per
// vector of rows: a step replaces it by (byte > threshold ? right : left), where each side is a constant
// (a leaf), the state, or what an earlier step left on a small stack. The heavier child goes first, so
// the stack stays below 17 entries.
// Sums. A tree's path lengths, less its smallest, are at most 24 bits: three byte tables looked up by
// number, summed in 16 bits, widened every 256 trees. All integers, hence exact on every instruction set.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "ops/forest/forest.hpp"

namespace weir::ops {

struct CompareProgram {
  static constexpr std::size_t kPivots = 256;  // 255 thresholds in search order, and a filler
  static constexpr std::size_t kLevels = 8;
  static constexpr std::size_t kPlanes = 3;
  static constexpr std::size_t kStackMax = 17;
  static constexpr std::size_t kValuesMax = 256;

  struct ByteColumn {
    std::uint32_t column;
    // The value at level L, reached by decisions c_0 .. c_(L-1), is pivots[2^L - 1 + sum c_i 2^i].
    alignas(64) std::array<float, kPivots> pivots;
  };
  enum class Kind : std::uint32_t {
    kConstant,      // state = left
    kLeaves,        // state = byte > t ? right : left
    kPushLeaves,    // the same, after pushing the state
    kLeftLeaf,      // state = byte > t ? state : left
    kRightLeaf,     // state = byte > t ? right : state
    kLeftOnStack,   // state = byte > t ? state : pop
    kRightOnStack,  // state = byte > t ? pop : state
  };
  // Bytes are repeated four times, so that one 32-bit broadcast fills a vector.
  struct Step {
    std::uint32_t threshold;  // rank - 128 in each byte, as byte columns hold it
    std::uint32_t left;
    std::uint32_t right;
    std::uint16_t byte_column;
    Kind kind : 16;
  };
  struct Tree {
    std::uint32_t first_step;
    std::uint32_t end_step;
    std::uint32_t values;  // distinct path lengths
    alignas(64) std::array<std::array<std::uint8_t, kValuesMax>, kPlanes> planes;
  };

  explicit CompareProgram(const Forest& forest);
  static bool supports(const Forest& forest);
  // Writes raw values; any number of rows. Thread-safe.
  void score(const ColumnsView& rows, std::span<float> raw) const;

  std::vector<ByteColumn> byte_columns;
  std::vector<Step> steps;
  std::vector<Tree> trees;
  std::int32_t base = 0;  // sum of the smallest path lengths
  std::uint32_t scale_bits = 0;
};

}  // namespace weir::ops
