// The inner parts of packed_product, to be included once for each target after hwy/highway.h: how
// panels are filled, and the micro kernel that multiplies two of them.
#if defined(WEIR_OPS_MATRIX_PACKED_MICRO_KERNEL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_MATRIX_PACKED_MICRO_KERNEL_INL
#undef WEIR_OPS_MATRIX_PACKED_MICRO_KERNEL_INL
#else
#define WEIR_OPS_MATRIX_PACKED_MICRO_KERNEL_INL
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "base/prefetch.hpp"
#include "ops/matrix/float16.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// 24 sums, two vectors of B and an operand from memory fill 32 registers; 12 sums fill 16.
#if HWY_TARGET <= HWY_AVX3
inline constexpr std::size_t kTileRows = 12;
#else
inline constexpr std::size_t kTileRows = 6;
#endif

HWY_INLINE void convert_run(const BFloat16* in, std::size_t count, float* out) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<std::uint16_t, decltype(d)> half;
  const hn::RebindToUnsigned<decltype(d)> du;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    const auto bits = hn::LoadU(half, reinterpret_cast<const std::uint16_t*>(in + i));
    hn::StoreU(hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(du, bits))), d, out + i);
  }
  for (; i < count; ++i) out[i] = to_float(in[i]);
}

HWY_INLINE void convert_run(const Float16* in, std::size_t count, float* out) {
  std::size_t i = 0;
#if HWY_TARGET <= HWY_AVX2  // the instruction; its emulation below drops denormals
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> half;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    const auto values = hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(in + i));
    hn::StoreU(hn::PromoteTo(d, values), d, out + i);
  }
#endif
  for (; i < count; ++i) out[i] = to_float(in[i]);
}

inline constexpr std::size_t kPanelDepthMax = 256;
inline constexpr std::size_t kPanelWidthMax = 32;

// Copies a run of elements that lie side by side, as T.
template <class T, class In>
HWY_INLINE void copy_run(const In* in, std::size_t count, T* out) {
  if constexpr (std::is_same_v<In, T>) {
    const hn::ScalableTag<T> d;
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
      hn::StoreU(hn::LoadU(d, in + i), d, out + i);
    }
    for (; i < count; ++i) out[i] = in[i];
  } else {
    convert_run(in, count, out);
  }
}

// Writes 16 bytes' worth of lines, position by position: out[k * width + i] = line i at k.
HWY_INLINE void interleave_lines(const float* const* lines, std::size_t depth, std::size_t width,
                                 float* out) {
  const hn::Full128<float> d;
  const hn::Full128<double> pairs;
  std::size_t k = 0;
  for (; k + 4 <= depth; k += 4, out += 4 * width) {
    const auto a = hn::LoadU(d, lines[0] + k);
    const auto b = hn::LoadU(d, lines[1] + k);
    const auto c = hn::LoadU(d, lines[2] + k);
    const auto e = hn::LoadU(d, lines[3] + k);
    const auto ab0 = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));
    const auto ab1 = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));
    const auto ce0 = hn::BitCast(pairs, hn::InterleaveLower(d, c, e));
    const auto ce1 = hn::BitCast(pairs, hn::InterleaveUpper(d, c, e));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab0, ce0)), d, out);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab0, ce0)), d, out + width);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab1, ce1)), d, out + 2 * width);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab1, ce1)), d, out + 3 * width);
  }
  for (; k < depth; ++k, out += width) {
    for (std::size_t i = 0; i < 4; ++i) out[i] = lines[i][k];
  }
}

HWY_INLINE void interleave_lines(const double* const* lines, std::size_t depth, std::size_t width,
                                 double* out) {
  const hn::Full128<double> d;
  std::size_t k = 0;
  for (; k + 2 <= depth; k += 2, out += 2 * width) {
    const auto a = hn::LoadU(d, lines[0] + k);
    const auto b = hn::LoadU(d, lines[1] + k);
    hn::StoreU(hn::InterleaveLower(d, a, b), d, out);
    hn::StoreU(hn::InterleaveUpper(d, a, b), d, out + width);
  }
  for (; k < depth; ++k, out += width) {
    for (std::size_t i = 0; i < 2; ++i) out[i] = lines[i][k];
  }
}

// Cuts `lines` lines of `depth` elements into panels of `width` lines: for each position in depth
// the `width` elements side by side, zeros where there is no line.
// Element k of line i lies at in[i * line_step + k * depth_step]; one of the steps is 1.
template <class In, class T>
HWY_INLINE void pack_panels(const In* in, std::size_t lines, std::size_t line_step,
                            std::size_t depth, std::size_t depth_step, std::size_t width, T* out) {
  constexpr std::size_t kGroup = 16 / sizeof(T);
  alignas(64) T converted[kGroup][kPanelDepthMax];
  alignas(64) static constexpr T kZeros[kPanelDepthMax] = {};
  for (std::size_t first = 0; first < lines; first += width, out += width * depth) {
    const std::size_t count = std::min(width, lines - first);
    const In* from = in + first * line_step;
    if (line_step == 1) {
      for (std::size_t k = 0; k < depth; ++k) {
        copy_run(from + k * depth_step, count, out + k * width);
        for (std::size_t i = count; i < width; ++i) out[k * width + i] = T{};
      }
      continue;
    }
    for (std::size_t group = 0; group < width; group += kGroup) {
      const T* line[kGroup];
      const std::size_t in_group = std::min(kGroup, width - group);
      for (std::size_t i = 0; i < kGroup; ++i) {
        line[i] = kZeros;
        if (group + i >= count) continue;
        const In* source = from + (group + i) * line_step;
        if constexpr (std::is_same_v<In, T>) {
          line[i] = source;
        } else {
          convert_run(source, depth, converted[i]);
          line[i] = converted[i];
        }
      }
      if (in_group == kGroup) {
        interleave_lines(line, depth, width, out + group);
        continue;
      }
      for (std::size_t k = 0; k < depth; ++k) {
        for (std::size_t i = 0; i < in_group; ++i) out[k * width + group + i] = line[i][k];
      }
    }
  }
}

// Where a product of two panels goes: rows x cols of C, less than a whole tile at the edges.
template <class T>
struct Tile {
  T* data;
  std::size_t row_step;
  std::size_t rows;
  std::size_t cols;
  T alpha;
  T beta;
};

template <class T>
HWY_INLINE void store_edge(const Tile<T>& tile, const T* sums, std::size_t width) {
  for (std::size_t r = 0; r < tile.rows; ++r) {
    T* row = tile.data + r * tile.row_step;
    for (std::size_t c = 0; c < tile.cols; ++c) {
      const T sum = tile.alpha * sums[r * width + c];
      row[c] = tile.beta == T{} ? sum : sum + tile.beta * row[c];
    }
  }
}

// tile = alpha * (kRows rows of panel a) * (panel b) + beta * tile; panel a is kTileRows high,
// panel b kVectors wide, with b_step elements from one position in depth to the next.
template <std::size_t kRows, std::size_t kVectors, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void micro_kernel(D d, std::size_t depth, const T* HWY_RESTRICT a,
                               const T* HWY_RESTRICT b, std::size_t b_step, const Tile<T>& tile) {
  const std::size_t lanes = hn::Lanes(d);
  // C is needed last, when nothing is left to do while its lines come.
  for (std::size_t r = 0; r < std::min(kRows, tile.rows); ++r) {
    prefetch(tile.data + r * tile.row_step);
    prefetch(tile.data + r * tile.row_step + tile.cols - 1);
  }
  hn::Vec<D> sums[kRows][kVectors];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  for (std::size_t k = 0; k < depth; ++k) {
    hn::Vec<D> columns[kVectors];
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, b + v * lanes);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto element = hn::Set(d, a[r]);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[r][v] = hn::MulAdd(element, columns[v], sums[r][v]);
      }
    }
    a += kTileRows;
    b += b_step;
  }
  if (tile.rows < kRows || tile.cols < kVectors * lanes) {
    alignas(64) T edge[kRows * kPanelWidthMax];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v) {
        hn::Store(sums[r][v], d, edge + (r * kVectors + v) * lanes);
      }
    }
    return store_edge(tile, edge, kVectors * lanes);
  }
  const auto alpha = hn::Set(d, tile.alpha);
  const auto beta = hn::Set(d, tile.beta);
  const bool add = tile.beta != T{};
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) {
      T* to = tile.data + r * tile.row_step + v * lanes;
      const auto sum = hn::Mul(alpha, sums[r][v]);
      hn::StoreU(add ? hn::Add(sum, hn::Mul(beta, hn::LoadU(d, to))) : sum, d, to);
    }
  }
}

// Takes the smallest micro kernel that covers the tile.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void multiply_panels(D d, std::size_t depth, const T* a, const T* b, std::size_t b_step,
                                const Tile<T>& tile) {
  if (tile.cols > hn::Lanes(d)) {
    if (tile.rows > kTileRows / 2) return micro_kernel<kTileRows, 2>(d, depth, a, b, b_step, tile);
    if (tile.rows > 2) return micro_kernel<kTileRows / 2, 2>(d, depth, a, b, b_step, tile);
    return micro_kernel<2, 2>(d, depth, a, b, b_step, tile);
  }
  if (tile.rows > kTileRows / 2) return micro_kernel<kTileRows, 1>(d, depth, a, b, b_step, tile);
  if (tile.rows > 2) return micro_kernel<kTileRows / 2, 1>(d, depth, a, b, b_step, tile);
  return micro_kernel<2, 1>(d, depth, a, b, b_step, tile);
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
