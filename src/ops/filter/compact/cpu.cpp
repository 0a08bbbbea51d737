// Words of 64 bits. Where few are set, these are walked; else each vector is compressed in a
// register and stored whole, at a place that the word's own bits tell: no store waits for another,
// and each overwrites what the one before left behind its values. (Compressing into memory is
// microcode on Zen 4.) What lies a page ahead is asked for: the hardware's prefetcher stops at the
// end of each.
#include <algorithm>
#include <bit>
#include <vector>

#include "base/prefetch.hpp"
#include "base/result.hpp"
#include "ops/filter/compact/compact.hpp"
#include "ops/filter/compact/kept_lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/filter/compact/cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kFewBits = HWY_TARGET <= HWY_AVX3 ? 4 : 6;
constexpr std::size_t kAheadBytes = 4096;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
inline constexpr std::size_t kLanes = hn::MaxLanes(Tag<T>());

// The lanes whose bits are set, in front; `mask` has no bit beyond the lanes.
template <class T>
HWY_INLINE hn::Vec<Tag<T>> compress(hn::Vec<Tag<T>> v, std::uint64_t mask) {
#if HWY_TARGET <= HWY_AVX3
  if constexpr (sizeof(T) == 8) {
    return {_mm512_maskz_compress_epi64(static_cast<__mmask8>(mask), v.raw)};
  } else {
    return {_mm512_maskz_compress_epi32(static_cast<__mmask16>(mask), v.raw)};
  }
#else
  const hn::Repartition<std::uint32_t, Tag<T>> d32;
  static_assert(hn::MaxLanes(d32) <= 8);
  const auto from =
      hn::LoadU(hn::Rebind<std::uint8_t, decltype(d32)>(), kKeptLanes<sizeof(T) / 4>.from[mask]);
  const auto lanes = hn::IndicesFromVec(d32, hn::PromoteTo(d32, from));
  return hn::BitCast(Tag<T>(), hn::TableLookupLanes(hn::BitCast(d32, v), lanes));
#endif
}

// The values of one word of bits, of which at most 64 places of `to` are written.
template <class T>
HWY_INLINE void compact_word(std::uint64_t word, const T* values, T* to) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << kLanes<T>)-1;
#pragma GCC unroll 64
  for (std::size_t i = 0; i < 64; i += kLanes<T>) {
    const std::uint64_t before = word & ((std::uint64_t{1} << i) - 1);
    const auto kept = compress<T>(hn::LoadU(Tag<T>(), values + i), word >> i & kMask);
    hn::StoreU(kept, Tag<T>(), to + std::popcount(before));
  }
}

// Moves the values of words [begin, end) to `to`; writes nothing at or behind `to_end`.
template <class T>
void compact_words(const std::uint64_t* bits, std::size_t begin, std::size_t end, const T* from,
                   T* to, T* to_end) {
  for (std::size_t word = begin; word < end; ++word) {
    std::uint64_t rest = bits[word];
    const T* const values = from + word * 64;
    const int count = std::popcount(rest);
    if (count <= kFewBits || to_end - to < 64) {
      for (; rest != 0; rest &= rest - 1) *to++ = values[std::countr_zero(rest)];
      continue;
    }
    const char* const ahead = reinterpret_cast<const char*>(values) + kAheadBytes;
    for (std::size_t i = 0; i < 64 * sizeof(T); i += 64) prefetch(ahead + i);
    compact_word(rest, values, to);
    to += count;
  }
}

void compact_narrow(const std::uint64_t* bits, std::size_t begin, std::size_t end,
                    const std::uint32_t* from, std::uint32_t* to, std::uint32_t* to_end) {
  compact_words(bits, begin, end, from, to, to_end);
}
void compact_wide(const std::uint64_t* bits, std::size_t begin, std::size_t end,
                  const std::uint64_t* from, std::uint64_t* to, std::uint64_t* to_end) {
  compact_words(bits, begin, end, from, to, to_end);
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(compact_narrow);
HWY_EXPORT(compact_wide);

constexpr std::size_t kTaskWords = 1024;  // 65,536 rows

}  // namespace

Status Compact::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t tasks = (args.bits.size() + kTaskWords - 1) / kTaskWords;
  std::vector<std::size_t> starts(tasks + 1);
  for (std::size_t task = 0; task < tasks; ++task) {
    const std::size_t end = std::min(args.bits.size(), (task + 1) * kTaskWords);
    std::size_t count = 0;
    for (std::size_t word = task * kTaskWords; word < end; ++word) {
      count += static_cast<std::size_t>(std::popcount(args.bits[word]));
    }
    starts[task + 1] = starts[task] + count;
  }
  WEIR_TRY(check_room(args, starts[tasks], out));
  run.workers.run(tasks, [&](std::size_t task) {
    const std::size_t begin = task * kTaskWords;
    const std::size_t end = std::min(args.bits.size(), begin + kTaskWords);
    if (args.width == 4) {
      const auto* from = reinterpret_cast<const std::uint32_t*>(args.values.data());
      auto* to = reinterpret_cast<std::uint32_t*>(out.values.data());
      HWY_DYNAMIC_DISPATCH(compact_narrow)
      (args.bits.data(), begin, end, from, to + starts[task], to + starts[task + 1]);
    } else {
      const auto* from = reinterpret_cast<const std::uint64_t*>(args.values.data());
      auto* to = reinterpret_cast<std::uint64_t*>(out.values.data());
      HWY_DYNAMIC_DISPATCH(compact_wide)
      (args.bits.data(), begin, end, from, to + starts[task], to + starts[task + 1]);
    }
  });
  return Status::ok();
}

}  // namespace weir::ops
#endif
