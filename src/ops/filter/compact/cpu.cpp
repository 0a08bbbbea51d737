// Words of 64 bits: few set ones are walked, a full word is copied, others go through the vector
// unit's compress and a whole store, which the next one overwrites. (Compressing into memory is
// microcode on Zen 4.)
#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "ops/filter/compact/compact.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/filter/compact/cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kFewBits = 6;

// Moves the values of words [begin, end) to `to`; writes nothing at or behind `to_end`.
template <class T>
void compact_words(const std::uint64_t* bits, std::size_t begin, std::size_t end, const T* from,
                   T* to, T* to_end) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t word = begin; word < end; ++word) {
    std::uint64_t rest = bits[word];
    const T* const values = from + word * 64;
    const int count = std::popcount(rest);
    if (count == 64) {
      std::memcpy(to, values, 64 * sizeof(T));
      to += 64;
    } else if (count <= kFewBits || to_end - to < 64) {
      for (; rest != 0; rest &= rest - 1) *to++ = values[std::countr_zero(rest)];
    } else {
      for (std::size_t i = 0; i < 64; i += lanes) {
        std::uint8_t mask_bytes[8] = {};
        const std::uint64_t part = lanes == 64 ? rest : rest >> i & ((1ULL << lanes) - 1);
        std::memcpy(mask_bytes, &part, 8);
        if (part == 0) continue;
        const auto mask = hn::LoadMaskBits(d, mask_bytes);
        hn::StoreU(hn::Compress(hn::LoadU(d, values + i), mask), d, to);
        to += std::popcount(part);
      }
    }
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
