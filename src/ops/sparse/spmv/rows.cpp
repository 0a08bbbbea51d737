// The products of up to 1,024 entries go to a buffer, whichever rows they belong to; then each row
// is folded from there. So the gathers meet no row edge, and a row of up to 32 entries costs the
// same few instructions whatever its length: branches on random lengths would be mispredicted.
#include <algorithm>

#include "base/numeric/canonical.hpp"
#include "ops/sparse/spmv/spmv.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/sparse/spmv/rows.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "base/numeric/canonical_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace canonical = numeric::HWY_NAMESPACE;
using canonical::kWideLanes;
using canonical::kWideVectors;
using canonical::Wide;
using canonical::WideTag;
using numeric::kCanonicalBlock;
using numeric::kCanonicalLanes;

// x[columns[0]], x[columns[1]], ... Element by element: the gather instruction of Zen is slower.
HWY_INLINE Wide gather(const double* x, const std::uint32_t* columns) {
#if HWY_TARGET <= HWY_AVX2
  const auto two = [&](int i) HWY_ATTR {
    return _mm_loadh_pd(_mm_load_sd(x + columns[i]), x + columns[i + 1]);
  };
  const auto four = [&](int i) HWY_ATTR {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(two(i)), two(i + 2), 1);
  };
#if HWY_TARGET <= HWY_AVX3
  return Wide{_mm512_insertf64x4(_mm512_castpd256_pd512(four(0)), four(4), 1)};
#else
  return Wide{four(0)};
#endif
#else
  HWY_ALIGN double gathered[kWideLanes];
  for (std::size_t i = 0; i < kWideLanes; ++i) gathered[i] = x[columns[i]];
  return hn::Load(WideTag{}, gathered);
#endif
}

HWY_INLINE void multiply(const double* values, const std::uint32_t* columns, const double* x,
                         std::size_t n, double* product) {
  const WideTag w;
  std::size_t i = 0;
  for (; i + kWideLanes <= n; i += kWideLanes) {
    hn::Store(hn::Mul(hn::LoadU(w, values + i), gather(x, columns + i)), w, product + i);
  }
  for (; i < n; ++i) product[i] = values[i] * x[columns[i]];
}

// Vector k of the n < 32 products of a row's last group, +0.0 beyond. A comparison, because the
// compiler turns min(n, ...) into jumps.
HWY_INLINE Wide masked(const double* product, std::size_t k, Wide n) {
  const WideTag w;
  const Wide lane = hn::Iota(w, static_cast<double>(k * kWideLanes));
  return hn::IfThenElseZero(hn::Lt(lane, n), hn::LoadU(w, product + k * kWideLanes));
}

// The canonical sum of n <= 1,024 products; reads up to 32 more. With less than 32, some lane
// holds +0.0, so that no sum of negative zeros needs a +0.0 to start from.
HWY_INLINE double fold(const double* product, std::size_t n) {
  const WideTag w;
  Wide acc[kWideVectors];
  if (n < kCanonicalLanes) {
    const Wide count = hn::Set(w, static_cast<double>(n));
#pragma GCC unroll 32
    for (std::size_t k = 0; k < kWideVectors; ++k) acc[k] = masked(product, k, count);
    return canonical::fold_vectors(acc);
  }
#pragma GCC unroll 32
  for (std::size_t k = 0; k < kWideVectors; ++k) acc[k] = hn::Zero(w);
  const double* end = product + n;
  for (; product + kCanonicalLanes <= end; product += kCanonicalLanes) {
#pragma GCC unroll 32
    for (std::size_t k = 0; k < kWideVectors; ++k) {
      acc[k] = hn::Add(acc[k], hn::LoadU(w, product + k * kWideLanes));
    }
  }
  const Wide count = hn::Set(w, static_cast<double>(end - product));
#pragma GCC unroll 32
  for (std::size_t k = 0; k < kWideVectors; ++k)
    acc[k] = hn::Add(acc[k], masked(product, k, count));
  return canonical::fold_vectors(acc);
}

// The same, looking first whether the row fits into eight lanes: for matrices where most rows do.
HWY_INLINE double fold_short(const double* product, std::size_t n) {
  constexpr std::size_t kShort = 8;
  if (n > kShort) return fold(product, n);
  const Wide count = hn::Set(WideTag{}, static_cast<double>(n));
  Wide acc[kShort / kWideLanes];
#pragma GCC unroll 8
  for (std::size_t k = 0; k < kShort / kWideLanes; ++k) acc[k] = masked(product, k, count);
#pragma GCC unroll 8
  for (std::size_t half = kShort / kWideLanes / 2; half != 0; half /= 2) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < half; ++j) acc[j] = hn::Add(acc[j], acc[j + half]);
  }
  return canonical::fold_in_vector(WideTag{}, acc[0]) + 0.0;
}

template <bool kShortRows>
void fold_rows(const CsrView& a, std::size_t first, std::size_t last, const double* x, double* y) {
  const std::uint64_t* offsets = a.offsets().data();
  const double* values = a.values().data();
  const std::uint32_t* columns = a.columns().data();
  HWY_ALIGN double product[kCanonicalBlock + kCanonicalLanes] = {};
  for (std::size_t r = first; r < last;) {
    const std::size_t from = offsets[r];
    const std::size_t end = offsets[r + 1];
    if (end - from > kCanonicalBlock) {
      numeric::CanonicalCounter<double> sum;
      for (std::size_t at = from; at < end; at += kCanonicalBlock) {
        const std::size_t n = std::min(kCanonicalBlock, end - at);
        multiply(values + at, columns + at, x, n, product);
        sum.push(fold(product, n));
      }
      y[r++ - first] = numeric::one_nan(sum.result());
      continue;
    }
    const auto sum_of = [&](std::size_t from_product, std::size_t n) HWY_ATTR {
      return kShortRows ? fold_short(product + from_product, n) : fold(product + from_product, n);
    };
    const std::size_t held = std::min<std::size_t>(kCanonicalBlock, offsets[last] - from);
    multiply(values + from, columns + from, x, held, product);
    for (; r < last && offsets[r + 1] - from <= held; ++r) {
      const std::size_t n = offsets[r + 1] - offsets[r];
      y[r - first] = numeric::one_nan(sum_of(offsets[r] - from, n));
    }
  }
}

void rows_of(const CsrView& a, std::size_t first, std::size_t last, const double* x, double* y) {
  constexpr std::size_t kShortMean = 6;
  if (a.offsets()[last] - a.offsets()[first] <= kShortMean * (last - first)) {
    fold_rows<true>(a, first, last, x, y);
  } else {
    fold_rows<false>(a, first, last, x, y);
  }
}

}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {

HWY_EXPORT(rows_of);

void spmv_rows(const CsrView& a, std::size_t first, std::size_t last, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(rows_of)(a, first, last, x, y);
}

}  // namespace weir::ops
#endif
