// Transposes squares of one vector a side in registers, to be included once for each target after
// hwy/highway.h.
#if defined(WEIR_OPS_MATRIX_TRANSPOSE_SQUARE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_MATRIX_TRANSPOSE_SQUARE_INL
#undef WEIR_OPS_MATRIX_TRANSPOSE_SQUARE_INL
#else
#define WEIR_OPS_MATRIX_TRANSPOSE_SQUARE_INL
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Lanes of the widest vector: 8 f64 or 16 f32 with AVX-512.
template <class T>
inline constexpr std::size_t kSquare = hn::MaxLanes(hn::ScalableTag<T>());

// Exchanges rows and columns within each 16-byte block of 16 / sizeof(T) neighbouring rows.
template <class D, class V>
HWY_INLINE void transpose_blocks(D d, V (&rows)[kSquare<hn::TFromD<D>>]) {
  constexpr std::size_t kSide = kSquare<hn::TFromD<D>>;
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kSide; r += 2) {
      const V low = hn::InterleaveLower(d, rows[r], rows[r + 1]);
      rows[r + 1] = hn::InterleaveUpper(d, rows[r], rows[r + 1]);
      rows[r] = low;
    }
  } else {
    const hn::Repartition<double, D> pairs;
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kSide; r += 4) {
      const auto ab0 = hn::BitCast(pairs, hn::InterleaveLower(d, rows[r], rows[r + 1]));
      const auto ab1 = hn::BitCast(pairs, hn::InterleaveUpper(d, rows[r], rows[r + 1]));
      const auto ce0 = hn::BitCast(pairs, hn::InterleaveLower(d, rows[r + 2], rows[r + 3]));
      const auto ce1 = hn::BitCast(pairs, hn::InterleaveUpper(d, rows[r + 2], rows[r + 3]));
      rows[r] = hn::BitCast(d, hn::InterleaveLower(pairs, ab0, ce0));
      rows[r + 1] = hn::BitCast(d, hn::InterleaveUpper(pairs, ab0, ce0));
      rows[r + 2] = hn::BitCast(d, hn::InterleaveLower(pairs, ab1, ce1));
      rows[r + 3] = hn::BitCast(d, hn::InterleaveUpper(pairs, ab1, ce1));
    }
  }
}

// Exchanges the blocks of rows kStep apart: afterwards row r is column r of the square.
template <class D, class V>
HWY_INLINE void exchange_blocks(D d, V (&rows)[kSquare<hn::TFromD<D>>]) {
  constexpr std::size_t kSide = kSquare<hn::TFromD<D>>;
  constexpr std::size_t kStep = 16 / sizeof(hn::TFromD<D>);
  if constexpr (kSide == 2 * kStep) {  // two blocks a vector
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kStep; ++r) {
      const V low = hn::ConcatLowerLower(d, rows[r + kStep], rows[r]);
      rows[r + kStep] = hn::ConcatUpperUpper(d, rows[r + kStep], rows[r]);
      rows[r] = low;
    }
  } else if constexpr (kSide == 4 * kStep) {  // four
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kStep; ++r) {
      V& a = rows[r];
      V& b = rows[r + kStep];
      V& c = rows[r + 2 * kStep];
      V& e = rows[r + 3 * kStep];
      const V ab_even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a);
      const V ab_odd = hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a));
      const V ce_even = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(e), c);
      const V ce_odd = hn::OddEvenBlocks(e, hn::SwapAdjacentBlocks(c));
      a = hn::ConcatLowerLower(d, ce_even, ab_even);
      b = hn::ConcatLowerLower(d, ce_odd, ab_odd);
      c = hn::ConcatUpperUpper(d, ce_even, ab_even);
      e = hn::ConcatUpperUpper(d, ce_odd, ab_odd);
    }
  }
}

// to[c * to_step + r] = from[r * from_step + c] for r, c < kSquare<T>.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void transpose_square(D d, const T* from, std::size_t from_step, T* to,
                                 std::size_t to_step) {
  hn::Vec<D> rows[kSquare<T>];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kSquare<T>; ++r) rows[r] = hn::LoadU(d, from + r * from_step);
  transpose_blocks(d, rows);
  exchange_blocks(d, rows);
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kSquare<T>; ++r) hn::StoreU(rows[r], d, to + r * to_step);
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
