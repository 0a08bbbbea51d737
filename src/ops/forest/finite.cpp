#include "ops/forest/finite.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/forest/finite.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// The bits of a float, less the sign, are at least this for NaN and infinities.
constexpr std::int32_t kInfinityBits = 0x7F800000;
constexpr std::int32_t kMagnitude = 0x7FFFFFFF;

bool all_finite_impl(const float* values, std::size_t count) {
  const hn::ScalableTag<float> df;
  const hn::ScalableTag<std::int32_t> di;
  const std::size_t lanes = hn::Lanes(df);
  const auto magnitude = hn::Set(di, kMagnitude);
  auto largest0 = hn::Zero(di);
  auto largest1 = hn::Zero(di);
  std::size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    largest0 = hn::Max(largest0, hn::And(hn::BitCast(di, hn::LoadU(df, values + i)), magnitude));
    largest1 =
        hn::Max(largest1, hn::And(hn::BitCast(di, hn::LoadU(df, values + i + lanes)), magnitude));
  }
  std::int32_t largest = hn::GetLane(hn::MaxOfLanes(di, hn::Max(largest0, largest1)));
  for (; i < count; ++i) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(values[i]) & kMagnitude;
    largest = largest < bits ? bits : largest;
  }
  return largest < kInfinityBits;
}

}  // namespace
}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(all_finite_impl);

}  // namespace

bool all_finite(std::span<const float> values) {
  return HWY_DYNAMIC_DISPATCH(all_finite_impl)(values.data(), values.size());
}

}  // namespace weir::ops
#endif  // HWY_ONCE
