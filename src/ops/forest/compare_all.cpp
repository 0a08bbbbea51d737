#include "ops/forest/compare_all.hpp"

#include "base/check.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/forest/compare_all.cpp"
#define HWY_WANT_AVX3_DL
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#ifndef WEIR_OPS_FOREST_SCRATCH
#define WEIR_OPS_FOREST_SCRATCH
namespace weir::ops {

// Working memory of one thread; grows to the largest forest it has met.
struct CompareScratch {
  AlignedBuffer<std::int8_t> area;      // constants, then slots: see CompareProgram::Operand
  AlignedBuffer<std::int8_t> bytes;     // [byte column][tile rows]
  AlignedBuffer<std::uint16_t> sums16;  // [plane][even, odd][tile rows / 2]
  AlignedBuffer<std::int32_t> sums32;   // [even, odd][tile rows / 2]
};

}  // namespace weir::ops
#endif

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Byte = hn::ScalableTag<std::int8_t>;
using Bytes8 = hn::Vec<Byte>;
using Word = hn::Repartition<std::uint16_t, Byte>;
using Step = CompareProgram::Step;

HWY_INLINE Bytes8 broadcast(std::uint32_t four_bytes) {
  const hn::Repartition<std::uint32_t, Byte> d32;
  return hn::BitCast(Byte(), hn::Set(d32, four_bytes));
}

// A byte table of a tree, ready to be looked up by number; Wide: more than 64 entries.
#if HWY_TARGET == HWY_AVX3_DL

template <bool kWide>
class Table {
 public:
  HWY_INLINE Table(const std::uint8_t* bytes, std::size_t values)
      : part_{_mm512_load_si512(bytes), _mm512_load_si512(bytes + 64),
              _mm512_load_si512(bytes + 128), _mm512_load_si512(bytes + 192)} {
    static_cast<void>(values);
  }
  HWY_INLINE Bytes8 operator[](Bytes8 numbers) const {
    if constexpr (!kWide) return Bytes8{_mm512_permutexvar_epi8(numbers.raw, part_[0])};
    const __m512i low = _mm512_permutex2var_epi8(part_[0], numbers.raw, part_[1]);
    const __m512i high = _mm512_permutex2var_epi8(part_[2], numbers.raw, part_[3]);
    return Bytes8{_mm512_mask_blend_epi8(_mm512_movepi8_mask(numbers.raw), low, high)};
  }

 private:
  __m512i part_[4];
};

#else

template <bool kWide>
class Table {
 public:
  HWY_INLINE Table(const std::uint8_t* bytes, std::size_t values)
      : bytes_(bytes), values_(values) {}
  HWY_INLINE Bytes8 operator[](Bytes8 numbers) const {
    const Byte d;
    const Bytes8 nibble = hn::Set(d, 15);
    const Bytes8 low = hn::And(numbers, nibble);
    const Bytes8 high =
        hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(Word(), numbers))), nibble);
    Bytes8 found = hn::Zero(d);
    for (std::size_t from = 0; from < values_; from += 16) {
      const Bytes8 part = hn::LoadDup128(d, reinterpret_cast<const std::int8_t*>(bytes_) + from);
      const auto here = hn::Eq(high, hn::Set(d, static_cast<std::int8_t>(from / 16)));
      found = hn::IfThenElse(here, hn::TableLookupBytes(part, low), found);
    }
    return found;
  }

 private:
  const std::uint8_t* bytes_;
  std::size_t values_;
};

#endif

// Adds the path lengths that `numbers` [tile] stand for to the 16-bit sums.
template <bool kWide>
HWY_INLINE void add_values(const CompareProgram::Tree& tree, std::size_t tile,
                           const std::int8_t* HWY_RESTRICT numbers,
                           std::uint16_t* HWY_RESTRICT sums) {
  const Word d16;
  const auto low_byte = hn::Set(d16, 0xFF);
  const std::size_t half = tile / 2;
  const Table<kWide> tables[CompareProgram::kPlanes] = {{tree.planes[0].data(), tree.values},
                                                        {tree.planes[1].data(), tree.values},
                                                        {tree.planes[2].data(), tree.values}};
  for (std::size_t i = 0; i < half; i += hn::Lanes(d16)) {
    const Bytes8 one = hn::Load(Byte(), numbers + 2 * i);
    HWY_UNROLL(3)
    for (std::size_t plane = 0; plane < CompareProgram::kPlanes; ++plane) {
      std::uint16_t* even = sums + 2 * plane * half + i;
      std::uint16_t* odd = even + half;
      const auto both = hn::BitCast(d16, tables[plane][one]);
      hn::Store(hn::Add(hn::Load(d16, even), hn::And(both, low_byte)), d16, even);
      hn::Store(hn::Add(hn::Load(d16, odd), hn::ShiftRight<8>(both)), d16, odd);
    }
  }
}

// Evaluates one tree for a tile of K vectors, or of `vectors` if K is 0; the result is in slot 1.
template <int K>
HWY_INLINE void evaluate(const CompareProgram& program, const CompareProgram::Tree& tree,
                         std::size_t vectors, const std::int8_t* HWY_RESTRICT bytes,
                         std::int8_t* middle) {
  const std::size_t lanes = hn::Lanes(Byte());
  const std::size_t count = K == 0 ? vectors : std::size_t{K};
  const std::size_t tile = count * lanes;
  const Step* const end = program.steps.data() + tree.end_step;
  for (const Step* step = program.steps.data() + tree.first_step; step != end; ++step) {
    const Bytes8 threshold = broadcast(step->threshold);
    const std::int8_t* column = bytes + step->byte_column * tile;
    const std::int8_t* left = middle + step->left.line * 64 + step->left.slot * tile;
    const std::int8_t* right = middle + step->right.line * 64 + step->right.slot * tile;
    const std::size_t left_stride = step->left.slot == 0 ? 0 : lanes;
    const std::size_t right_stride = step->right.slot == 0 ? 0 : lanes;
    std::int8_t* out = middle + step->out_slot * tile;
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < count; ++v) {
      const auto goes_right = hn::Gt(hn::Load(Byte(), column), threshold);
      hn::Store(hn::IfThenElse(goes_right, hn::Load(Byte(), right), hn::Load(Byte(), left)), Byte(),
                out);
      column += lanes;
      left += left_stride;
      right += right_stride;
      out += lanes;
    }
  }
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL

// The 255 thresholds of a byte column in registers, in the search order of
// CompareProgram::ByteColumn.
struct Pivots {
  explicit Pivots(const float* p)
      : level0(_mm512_set1_ps(p[0])),
        level1(_mm512_maskz_loadu_ps(0x3, p + 1)),
        level2(_mm512_maskz_loadu_ps(0xF, p + 3)),
        level3(_mm512_maskz_loadu_ps(0xFF, p + 7)),
        level4(_mm512_loadu_ps(p + 15)) {
    for (int i = 0; i < 2; ++i) level5[i] = _mm512_loadu_ps(p + 31 + 16 * i);
    for (int i = 0; i < 4; ++i) level6[i] = _mm512_loadu_ps(p + 63 + 16 * i);
    for (int i = 0; i < 8; ++i) level7[i] = _mm512_loadu_ps(p + 127 + 16 * i);
  }
  __m512 level0, level1, level2, level3, level4;
  __m512 level5[2], level6[4], level7[8];
};

// Returns the decisions of 16 searches; decision L is bit L.
HWY_INLINE __m512i search(const Pivots& p, __m512 x) {
  const auto above = [&](__m512 pivot) { return _mm512_cmp_ps_mask(x, pivot, _CMP_NLE_UQ); };
  const auto set = [](__m512i path, __mmask16 where, int bit) {
    return _mm512_mask_or_epi32(path, where, path, _mm512_set1_epi32(bit));
  };
  __m512i path = _mm512_maskz_set1_epi32(above(p.level0), 1);
  path = set(path, above(_mm512_permutexvar_ps(path, p.level1)), 2);
  path = set(path, above(_mm512_permutexvar_ps(path, p.level2)), 4);
  path = set(path, above(_mm512_permutexvar_ps(path, p.level3)), 8);
  path = set(path, above(_mm512_permutexvar_ps(path, p.level4)), 16);
  const __mmask16 c5 = above(_mm512_permutex2var_ps(p.level5[0], path, p.level5[1]));
  // Permutes read five bits: decisions 5 and 6 choose among registers by mask.
  const __m512 l6 = _mm512_mask_blend_ps(c5, _mm512_permutex2var_ps(p.level6[0], path, p.level6[1]),
                                         _mm512_permutex2var_ps(p.level6[2], path, p.level6[3]));
  const __mmask16 c6 = above(l6);
  const __m512 l7_low =
      _mm512_mask_blend_ps(c5, _mm512_permutex2var_ps(p.level7[0], path, p.level7[1]),
                           _mm512_permutex2var_ps(p.level7[2], path, p.level7[3]));
  const __m512 l7_high =
      _mm512_mask_blend_ps(c5, _mm512_permutex2var_ps(p.level7[4], path, p.level7[5]),
                           _mm512_permutex2var_ps(p.level7[6], path, p.level7[7]));
  const __mmask16 c7 = above(_mm512_mask_blend_ps(c6, l7_low, l7_high));
  return set(set(set(path, c5, 32), c6, 64), c7, 128);
}

// Reverses the bits of each byte and subtracts 128: the first decision becomes the highest bit.
HWY_INLINE __m512i to_rank(__m512i path) {
  const __m512i reversed =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15));
  const __m512i nibble = _mm512_set1_epi8(15);
  const __m512i low = _mm512_shuffle_epi8(reversed, _mm512_and_si512(path, nibble));
  const __m512i high =
      _mm512_shuffle_epi8(reversed, _mm512_and_si512(_mm512_srli_epi16(path, 4), nibble));
  const __m512i rank = _mm512_or_si512(_mm512_slli_epi16(low, 4), high);
  return _mm512_xor_si512(rank, _mm512_set1_epi8(-128));
}

HWY_NOINLINE void rank_column(const CompareProgram::ByteColumn& column, const float* x,
                              std::size_t count, std::size_t tile, std::int8_t* HWY_RESTRICT out) {
  const Pivots pivots(column.pivots.data());
  for (std::size_t i = 0; i < tile; i += 64) {
    for (std::size_t j = i; j < i + 64; j += 16) {
      const std::size_t left = j < count ? count - j : 0;
      const auto mask = static_cast<__mmask16>(left >= 16 ? 0xFFFF : (1U << left) - 1);
      const __m512 values = _mm512_maskz_loadu_ps(mask, x + (left == 0 ? 0 : j));
      _mm_store_si128(reinterpret_cast<__m128i*>(out + j),
                      _mm512_cvtepi32_epi8(search(pivots, values)));
    }
    _mm512_store_si512(out + i, to_rank(_mm512_load_si512(out + i)));
  }
}

#else

HWY_NOINLINE void rank_column(const CompareProgram::ByteColumn& column, const float* x,
                              std::size_t count, std::size_t tile, std::int8_t* HWY_RESTRICT out) {
  const float* HWY_RESTRICT pivots = column.pivots.data();
  const hn::ScalableTag<float> df;
  const hn::RebindToSigned<decltype(df)> di;
  const std::size_t lanes = hn::Lanes(df);
  HWY_ALIGN std::int32_t ranks[HWY_MAX_BYTES / sizeof(std::int32_t)];
  HWY_ALIGN float padded[HWY_MAX_BYTES / sizeof(float)] = {};
  for (std::size_t i = 0; i < tile; i += lanes) {
    const float* from = x + i;
    if (i + lanes > count) {
      for (std::size_t j = 0; j < lanes; ++j) padded[j] = i + j < count ? x[i + j] : 0;
      from = padded;
    }
    const auto values = hn::LoadU(df, from);
    auto path = hn::Zero(di);
    auto rank = hn::Zero(di);
    for (std::size_t level = 0; level < CompareProgram::kLevels; ++level) {
      const auto bit = static_cast<std::int32_t>(std::size_t{1} << level);
      const auto pivot = hn::GatherIndex(df, pivots + bit - 1, path);
      const auto above = hn::RebindMask(di, hn::Not(hn::Le(values, pivot)));
      path = hn::Or(path, hn::IfThenElseZero(above, hn::Set(di, bit)));
      rank = hn::Sub(hn::Add(rank, rank), hn::VecFromMask(di, above));
    }
    hn::Store(rank, di, ranks);
    for (std::size_t j = 0; j < lanes; ++j) out[i + j] = static_cast<std::int8_t>(ranks[j] - 128);
  }
}

#endif

// Moves the 16-bit sums into the 32-bit sums and clears them.
void widen(std::size_t half_tile, std::uint16_t* HWY_RESTRICT sums16,
           std::int32_t* HWY_RESTRICT sums32) {
  for (std::size_t parity = 0; parity < 2; ++parity) {
    std::uint16_t* plane0 = sums16 + parity * half_tile;
    std::uint16_t* plane1 = plane0 + 2 * half_tile;
    std::uint16_t* plane2 = plane1 + 2 * half_tile;
    const hn::ScalableTag<std::int32_t> d32;
    const hn::Rebind<std::uint16_t, decltype(d32)> d16;
    for (std::size_t i = 0; i < half_tile; i += hn::Lanes(d32)) {
      auto sum = hn::Load(d32, sums32 + parity * half_tile + i);
      sum = hn::Add(sum, hn::PromoteTo(d32, hn::Load(d16, plane0 + i)));
      sum = hn::Add(sum, hn::ShiftLeft<8>(hn::PromoteTo(d32, hn::Load(d16, plane1 + i))));
      sum = hn::Add(sum, hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::Load(d16, plane2 + i))));
      hn::Store(sum, d32, sums32 + parity * half_tile + i);
      for (std::uint16_t* plane : {plane0, plane1, plane2}) {
        hn::Store(hn::Zero(d16), d16, plane + i);
      }
    }
  }
}

constexpr std::size_t kTileVectors = 16;

void score_tile(const CompareProgram& program, const ColumnsView& rows, std::size_t vectors,
                CompareScratch& scratch, float* HWY_RESTRICT raw) {
  constexpr std::size_t kTreesPerWidening = 257;  // 257 * 255 = 65,535
  const std::size_t tile = vectors * hn::Lanes(Byte());
  const std::size_t half = tile / 2;
  for (std::size_t b = 0; b < program.byte_columns.size(); ++b) {
    const CompareProgram::ByteColumn& column = program.byte_columns[b];
    rank_column(column, rows.column(column.column), rows.rows, tile,
                scratch.bytes.data() + b * tile);
  }
  for (std::size_t i = 0; i < tile; ++i) scratch.sums32[i] = program.base;
  std::int8_t* const middle = scratch.area.data() + CompareProgram::kValuesMax * 64;
  std::size_t unwidened = 0;
  for (const CompareProgram::Tree& tree : program.trees) {
    if (vectors == kTileVectors) {
      evaluate<kTileVectors>(program, tree, vectors, scratch.bytes.data(), middle);
    } else {
      evaluate<0>(program, tree, vectors, scratch.bytes.data(), middle);
    }
    if (tree.values <= 64) {
      add_values<false>(tree, tile, middle + tile, scratch.sums16.data());
    } else {
      add_values<true>(tree, tile, middle + tile, scratch.sums16.data());
    }
    if (++unwidened == kTreesPerWidening) {
      widen(half, scratch.sums16.data(), scratch.sums32.data());
      unwidened = 0;
    }
  }
  widen(half, scratch.sums16.data(), scratch.sums32.data());
  const float unit = -1.0F / static_cast<float>(1U << program.scale_bits);
  const std::int32_t* sums = scratch.sums32.data();
  for (std::size_t i = 0; i < rows.rows; ++i) {
    raw[i] = static_cast<float>(sums[(i & 1) * half + i / 2]) * unit;
  }
}

// The widest tile of any instruction set, so that one area serves them all.
void reserve(CompareScratch& scratch, std::size_t byte_columns) {
  constexpr std::size_t kTileMax = kTileVectors * 64;
  constexpr std::size_t kConstantBytes = CompareProgram::kValuesMax * 64;
  const std::size_t bytes = (byte_columns == 0 ? 1 : byte_columns) * kTileMax;
  if (scratch.bytes.size() < bytes) scratch.bytes = AlignedBuffer<std::int8_t>(bytes);
  if (scratch.area.size() != 0) return;
  scratch.area =
      AlignedBuffer<std::int8_t>(kConstantBytes + (CompareProgram::kSlotsMax + 1) * kTileMax);
  for (std::size_t i = 0; i < kConstantBytes; ++i) {
    scratch.area[i] = static_cast<std::int8_t>(i / 64);
  }
  scratch.sums16 = AlignedBuffer<std::uint16_t>(CompareProgram::kPlanes * kTileMax);
  scratch.sums32 = AlignedBuffer<std::int32_t>(kTileMax);
}

void score_all(const CompareProgram& program, const ColumnsView& rows, CompareScratch& scratch,
               float* raw) {
  const std::size_t lanes = hn::Lanes(Byte());
  reserve(scratch, program.byte_columns.size());
  for (std::size_t first = 0; first < rows.rows;) {
    const std::size_t left = rows.rows - first;
    const std::size_t needed = (left + lanes - 1) / lanes;
    const std::size_t vectors = needed < kTileVectors ? needed : kTileVectors;
    const std::size_t count = left < vectors * lanes ? left : vectors * lanes;
    score_tile(program, rows.slice(first, count), vectors, scratch, raw + first);
    first += count;
  }
}

}  // namespace
}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(score_all);

}  // namespace

void CompareProgram::score(const ColumnsView& rows, std::span<float> raw) const {
  CHECK_GE(raw.size(), rows.rows);
  static thread_local CompareScratch scratch;
  HWY_DYNAMIC_DISPATCH(score_all)(*this, rows, scratch, raw.data());
}

}  // namespace weir::ops
#endif  // HWY_ONCE
