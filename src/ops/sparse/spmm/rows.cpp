// A row of C by 32 columns at a time: entry e adds its multiple of a row of B to lane e mod 32,
// which is a row of a buffer in the first-level cache; then the lanes that were reached fold.
#include <algorithm>
#include <bit>

#include "base/numeric/canonical.hpp"
#include "ops/sparse/spmm/spmm.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/sparse/spmm/rows.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<double>;
using numeric::kCanonicalBlock;
using numeric::kCanonicalLanes;
inline constexpr std::size_t kTile = 32;  // columns

// lanes[l][...] += value * from[...] over `width` columns; a lane met first starts at +0.0.
HWY_INLINE void accumulate(double value, const double* from, std::size_t width, bool is_first,
                           double* lane) {
  const Tag d;
  const auto factor = hn::Set(d, value);
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= width; j += hn::Lanes(d)) {
    const auto before = is_first ? hn::Zero(d) : hn::Load(d, lane + j);
    hn::Store(hn::Add(before, hn::Mul(factor, hn::LoadU(d, from + j))), d, lane + j);
  }
  for (; j < width; ++j) lane[j] = (is_first ? 0.0 : lane[j]) + value * from[j];
}

// Joins the first `reached` lanes into lanes[0]; those beyond hold +0.0 and would change nothing.
HWY_INLINE void fold(double* lanes, std::size_t reached, std::size_t width) {
  const Tag d;
  for (std::size_t half = std::bit_ceil(reached) / 2; half != 0; half /= 2) {
    for (std::size_t l = 0; l < half && l + half < reached; ++l) {
      double* to = lanes + l * kTile;
      const double* from = lanes + (l + half) * kTile;
      for (std::size_t j = 0; j < width; j += hn::Lanes(d)) {
        hn::Store(hn::Add(hn::Load(d, to + j), hn::Load(d, from + j)), d, to + j);
      }
    }
    reached = std::min(reached, half);
  }
}

// The partial of one block of n <= 1,024 entries, into lanes[0].
HWY_INLINE void block(const double* values, const std::uint32_t* columns, std::size_t n,
                      const MatrixView<double>& b, std::size_t from, std::size_t width,
                      double* lanes) {
  for (std::size_t e = 0; e < n; ++e) {
    accumulate(values[e], b.data + columns[e] * b.stride + from, width, e < kCanonicalLanes,
               lanes + e % kCanonicalLanes * kTile);
  }
  fold(lanes, std::min(n, kCanonicalLanes), width);
}

void rows_of(const CsrView& a, const MatrixView<double>& b, std::size_t first, std::size_t last,
             const MutableMatrixView<double>& c) {
  HWY_ALIGN double lanes[kCanonicalLanes * kTile] = {};
  for (std::size_t r = first; r < last; ++r) {
    const std::size_t begin = a.offsets()[r];
    const std::size_t n = a.offsets()[r + 1] - begin;
    const double* values = a.values().data() + begin;
    const std::uint32_t* columns = a.columns().data() + begin;
    double* to = c.data + r * c.stride;
    for (std::size_t from = 0; from < b.cols; from += kTile) {
      const std::size_t width = std::min(kTile, b.cols - from);
      if (n == 0) {
        std::fill_n(to + from, width, 0.0);
      } else if (n <= kCanonicalBlock) {
        block(values, columns, n, b, from, width, lanes);
        for (std::size_t j = 0; j < width; ++j) to[from + j] = numeric::one_nan(lanes[j]);
      } else {
        numeric::CanonicalCounter<double> sums[kTile];
        for (std::size_t at = 0; at < n; at += kCanonicalBlock) {
          block(values + at, columns + at, std::min(kCanonicalBlock, n - at), b, from, width,
                lanes);
          for (std::size_t j = 0; j < width; ++j) sums[j].push(lanes[j]);
        }
        for (std::size_t j = 0; j < width; ++j) {
          to[from + j] = numeric::one_nan(sums[j].result());
        }
      }
    }
  }
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {

HWY_EXPORT(rows_of);

void spmm_rows(const CsrView& a, const MatrixView<double>& b, std::size_t first, std::size_t last,
               const MutableMatrixView<double>& c) {
  HWY_DYNAMIC_DISPATCH(rows_of)(a, b, first, last, c);
}

}  // namespace weir::ops
#endif
