// CompareProgram: a forest compiled for the compare_all engine (see scorer.hpp).
//
//   const CompareProgram program(forest);      // only if CompareProgram::supports(forest)
//   program.score(rows, raw);
//
// Byte columns. A row's value x in a column with sorted thresholds S becomes the byte
// #{S_j : not x <= S_j}; then x <= S_j is byte <= j, exactly, NaN included. 255 thresholds fit one
// byte column.
//
// Trees. Each tree is a list of steps in post-order, all of one form: out = byte > threshold ?
// right : left, for a vector of rows at a time, where left and right are a constant (the number of
// a leaf's path length) or what an earlier step left in a slot. One form means no branches to
// mispredict; the slots stay in the first-level cache. The heavier child goes first, so 17 slots
// are enough.
//
// Sums. A tree's path lengths, less its smallest, are at most 24 bits: three byte tables looked up
// by number, summed in 16 bits, widened every 256 trees. All integers, hence exact on every
// instruction set.
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
  static constexpr std::size_t kSlotsMax = 17;
  static constexpr std::size_t kValuesMax = 256;

  struct ByteColumn {
    std::uint32_t column;
    // The value at level L, reached by decisions c_0 .. c_(L-1), is pivots[2^L - 1 + sum c_i 2^i].
    alignas(64) std::array<float, kPivots> pivots;
  };
  // A constant lies `line` lines of 64 bytes from the middle of the working area, line < 0; slots
  // follow the middle, one tile each, numbered from 1. The other field is 0.
  struct Operand {
    std::int16_t line;
    std::uint16_t slot;
  };
  struct Step {
    std::uint32_t threshold;  // rank - 128, as byte columns hold it, repeated four times
    std::uint16_t byte_column;
    std::uint16_t out_slot;
    Operand left;
    Operand right;
  };
  static_assert(sizeof(Step) == 16);
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
