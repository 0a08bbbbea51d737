// What the device forms of the family share.
#pragma once

#include <span>

#include "base/result.hpp"
#include "ops/device_run.hpp"
#include "ops/fft/engine/block_stages.hpp"
#include "ops/op.hpp"

namespace weir::ops::fft {

// Whether a complex transform of `n` values fits a block.
inline Support block_support(std::size_t n, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  if (n > kBlockLengthMax) {
    return Support::no(Reason::kUnsupportedShape,
                       "the device takes complex transforms of up to 4,096 values");
  }
  if (!is_product(n)) {
    return Support::no(Reason::kUnsupportedShape,
                       "the device takes lengths that are products of 2, 3, 5, 7, 11 and 13");
  }
  return Support::yes();
}

// Bytes of the tables of such a transform, at most.
inline std::uint64_t block_table_bytes(std::size_t n) {
  return n > kBlockLengthMax ? 0 : 4 * n * sizeof(double) + 64;
}

// Copies a table to the device; a plan of one stage has none.
inline Result<DeviceSpan<const double>> keep_table(DeviceRun& run, std::span<const double> table) {
  static constexpr double kNone[1] = {};
  return run.keep(table.empty() ? std::span<const double>(kNone) : table);
}

inline const Value* values(const void* memory) {
  return static_cast<const Value*>(memory);
}
inline Value* values(void* memory) {
  return static_cast<Value*>(memory);
}

// Launches Kernel<whether the length is a power of two>(stages, args...).
template <template <bool> class Kernel, class Launcher, class... Args>
Status launch_stages(Lane<Launcher>& lane, const BlockStages& stages, std::size_t transforms,
                     Args... args) {
  const device::Grid grid = stages.grid(transforms);
  if (stages.is_power()) return lane.launch(grid, Kernel<true>{}, stages, args...);
  return lane.launch(grid, Kernel<false>{}, stages, args...);
}

// The transforms of block `index` of all.
WEIR_HD inline std::uint32_t transforms_here(const BlockStages& plan, std::uint32_t index,
                                             std::uint64_t count) {
  const std::uint64_t begin = std::uint64_t{index} * plan.together;
  const std::uint64_t left = begin < count ? count - begin : 0;
  return static_cast<std::uint32_t>(left < plan.together ? left : plan.together);
}

}  // namespace weir::ops::fft
