// Canonical blocks of a column with gaps, for the Highway forms of the statistics: which values
// count, and copies of blocks in which the others are zero. To be included once for each target
// after hwy/highway.h.
//
//   BlockBits bits = valid_bits(x, from, n);
//   if (bits.count != n) fill_block(data, bits, n, m0, buffer);     // x - m0 where it counts, or 0
#if defined(WEIR_OPS_STATS_BLOCKS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_STATS_BLOCKS_INL
#undef WEIR_OPS_STATS_BLOCKS_INL
#else
#define WEIR_OPS_STATS_BLOCKS_INL
#endif

#include <hwy/highway.h>

#include "base/numeric/canonical_inl.hpp"
#include "ops/stats/block_bits.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

namespace canonical = weir::numeric::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;

using canonical::kWideLanes;
using canonical::Wide;
using canonical::WideTag;

// Whether value i + lane counts, for each lane of a vector; i is a multiple of the lanes.
HWY_INLINE hn::Mask<WideTag> wide_mask(const BlockBits& bits, std::size_t i) {
  const hn::RebindToUnsigned<WideTag> du;
  HWY_ALIGN static constexpr std::uint64_t kLaneBits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
  const auto word = hn::Set(du, bits.words[i / 64] >> (i % 64));
  return hn::MaskFromVec(
      hn::BitCast(WideTag{}, hn::VecFromMask(du, hn::TestBit(word, hn::Load(du, kLaneBits)))));
}

// Writes x - shift where a value counts and +0.0 elsewhere, to the end of the block. Lanes that add
// these zeros keep their bits, as if the values had been skipped. x has n values.
template <class T>
HWY_INLINE void fill_block(const T* x, const BlockBits& bits, std::size_t n, double shift,
                           double* HWY_RESTRICT out) {
  const Wide shifts = hn::Set(WideTag{}, shift);
  std::size_t i = 0;
  for (; i + kWideLanes <= n; i += kWideLanes) {
    const Wide shifted = hn::Sub(canonical::load_wide(x + i), shifts);
    hn::StoreU(hn::IfThenElseZero(wide_mask(bits, i), shifted), WideTag{}, out + i);
  }
  for (; i < n; ++i) out[i] = bits.test(i) ? static_cast<double>(x[i]) - shift : 0.0;
  for (; i < numeric::kCanonicalBlock; ++i) out[i] = 0.0;
}

// Takes the bits of NaN away; returns how many there were, and in `first` the first of them.
template <class T>
HWY_INLINE unsigned drop_nans(const T* x, std::size_t n, BlockBits& bits, std::size_t& first) {
  const unsigned before = bits.count;
  for (std::size_t from = 0; from < n; from += 64) {
    const std::size_t end = n - from < 64 ? n - from : 64;
    std::uint64_t nans = 0;
    std::size_t i = 0;
    for (; i + kWideLanes <= end; i += kWideLanes) {
      const Wide v = canonical::load_wide(x + from + i);
      std::uint8_t mask[8] = {};
      hn::StoreMaskBits(WideTag{}, hn::Not(hn::Eq(v, v)), mask);
      nans |= std::uint64_t{mask[0]} << i;
    }
    for (; i < end; ++i) nans |= std::uint64_t{x[from + i] != x[from + i]} << i;
    std::uint64_t& word = bits.words[from / 64];
    if ((nans & word) != 0 && bits.count == before) {
      first = from + static_cast<std::size_t>(std::countr_zero(nans & word));
      bits.count = before - 1;
    }
    word &= ~nans;
  }
  bits.recount();
  return before - bits.count;
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
