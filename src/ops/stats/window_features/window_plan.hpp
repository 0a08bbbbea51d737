// WindowPlan: how windows of one size and stride are put together, and the constants of it.
//
//   const WindowPlan plan = WindowPlan::of(64, 1);
//
// The series is cut into blocks of `block` values from its first element. A window that starts at
// position r of block a is the end of that block, whole blocks, and the beginning of another one.
// Ends and beginnings are running sums, shared by all windows that cross the same edge, about the
// last value before the edge; so no value outside a window takes part in it. Whole blocks join
// pairwise by doubling. A window as long as its block needs no whole blocks, and both its sums have
// one shift. With strides of a quarter of the size or more there is little to share: each window is
// summed by itself, in blocks of 256 values that join in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::ops {

// cos and -sin of 1 to 4 times an angle.
struct Turns {
  double re[4];
  double im[4];
};

// What joining the moments of a and b values takes: with n = a + b,
// a / n, b / n, a b / n and a b (a - b) / n^2.
struct JoinFactors {
  double share_a;
  double share_b;
  double square;
  double cubic;
};
JoinFactors join_factors(std::size_t a, std::size_t b);

inline constexpr std::size_t kWindowSizeMin = 5;
inline constexpr std::size_t kWindowSizeMax = 65'536;
inline constexpr std::size_t kWindowFeatures = 10;

struct WindowPlan {
  static WindowPlan of(std::size_t size, std::size_t stride);

  std::size_t windows(std::size_t values) const {
    return values < size ? 0 : (values - size) / stride + 1;
  }
  // The blocks in which windows start.
  std::size_t blocks(std::size_t values) const {
    return values < size ? 0 : (values - size) / block + 1;
  }
  std::size_t starts() const { return block / stride; }  // of windows in a block
  // Whether the bins of the j-th block of a window are turned at all.
  bool turned(std::size_t j) const { return j * block % size != 0; }
  bool has_middle() const { return distance > 1 || beyond != 0; }

  std::size_t size = 0;
  std::size_t stride = 0;
  bool direct = false;    // each window by itself
  std::size_t block = 0;  // values; a multiple of the stride unless direct
  double reciprocal = 0;  // 1 / size
  // A window from the start of block a ends `beyond` values into block a + distance.
  std::size_t distance = 0;
  std::size_t beyond = 0;

  std::vector<Turns> turns;   // of positions in a block
  std::vector<Turns> places;  // of blocks: place[j] for the j-th block of a window
  // Of the windows' start positions r = 0, stride, ...
  struct Start {
    double end_reciprocal;    // of the values from r to the block's end
    double begin_reciprocal;  // of the values in the last block; 0: none
    JoinFactors middle;       // the end with the whole blocks
    JoinFactors last;         // that with the beginning
  };
  std::vector<Start> start;
  // Joining whole blocks: level j doubles 2^j blocks; bit j of distance - 1 adds them to those of
  // lower bits; one block more.
  std::vector<JoinFactors> doubling;
  std::vector<JoinFactors> adding;
  JoinFactors one_more = {};
  // Direct: factors of joining block j to those before.
  std::vector<JoinFactors> chain;
};

}  // namespace weir::ops
