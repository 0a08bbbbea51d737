// The products of up to 2,048 entries go to a buffer, whichever rows they belong to, so that the
// gathers meet no row edge. Then as many rows as a vector has lanes fold together from there: their
// halvings share additions, and only the longest of them decides how many vectors each takes.
// Branches on the lengths of single rows would be mispredicted.
#include <algorithm>

#include "base/numeric/canonical.hpp"
#include "base/prefetch.hpp"
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

// How far ahead values are asked for, and the columns half as far, as they are half as wide: the
// hardware's prefetcher stops at the edges of pages, which are small where the system has no huge
// one to give.
constexpr std::size_t kAheadBytes = 4096;

HWY_INLINE void multiply(const double* values, const std::uint32_t* columns, const double* x,
                         std::size_t n, double* product) {
  constexpr std::size_t kLine = 16;  // entries: a cache line of columns and two of values
  const WideTag w;
  std::size_t i = 0;
  for (; i + kLine <= n; i += kLine) {
    prefetch(reinterpret_cast<const char*>(columns + i) + kAheadBytes / 2);
    prefetch(reinterpret_cast<const char*>(values + i) + kAheadBytes);
    prefetch(reinterpret_cast<const char*>(values + i) + kAheadBytes + 64);
#pragma GCC unroll 16
    for (std::size_t j = i; j < i + kLine; j += kWideLanes) {
      hn::Store(hn::Mul(hn::LoadU(w, values + j), gather(x, columns + j)), w, product + j);
    }
  }
#pragma GCC unroll 1
  for (; i < n; ++i) product[i] = values[i] * x[columns[i]];
}

// The n <= 32 products of a row's end, +0.0 beyond them. By a mask or a comparison, because the
// compiler turns min(n, ...) into jumps.
class RowEnd {
 public:
#if HWY_TARGET <= HWY_AVX3
  HWY_INLINE RowEnd(const double* product, std::size_t n)
      : product_(product), set_(_bzhi_u32(~0U, static_cast<unsigned>(n))) {}
  HWY_INLINE Wide vector(std::size_t k) const {
    return {_mm512_maskz_loadu_pd(static_cast<__mmask8>(set_ >> (k * kWideLanes)),
                                  product_ + k * kWideLanes)};
  }

 private:
  const double* product_;
  unsigned set_;
#else
  HWY_INLINE RowEnd(const double* product, std::size_t n)
      : product_(product), count_(hn::Set(WideTag{}, static_cast<double>(n))) {}
  HWY_INLINE Wide vector(std::size_t k) const {
    const WideTag w;
    const Wide lane = hn::Iota(w, static_cast<double>(k * kWideLanes));
    return hn::IfThenElseZero(hn::Lt(lane, count_), hn::LoadU(w, product_ + k * kWideLanes));
  }

 private:
  const double* product_;
  Wide count_;
#endif
};

// The canonical sum of n <= 1,024 products; reads up to 32 more.
HWY_INLINE double fold(const double* product, std::size_t n) {
  const WideTag w;
  Wide acc[kWideVectors];
#pragma GCC unroll 32
  for (std::size_t k = 0; k < kWideVectors; ++k) acc[k] = hn::Zero(w);
  const double* end = product + n;
  for (; product + kCanonicalLanes <= end; product += kCanonicalLanes) {
#pragma GCC unroll 32
    for (std::size_t k = 0; k < kWideVectors; ++k) {
      acc[k] = hn::Add(acc[k], hn::LoadU(w, product + k * kWideLanes));
    }
  }
  const RowEnd rest(product, static_cast<std::size_t>(end - product));
#pragma GCC unroll 32
  for (std::size_t k = 0; k < kWideVectors; ++k) acc[k] = hn::Add(acc[k], rest.vector(k));
  return canonical::fold_vectors(acc);
}

constexpr std::size_t kHeld = 2 * kCanonicalBlock;  // products
constexpr std::size_t kGroup = kWideLanes;          // rows that fold together

// The canonical sums of kGroup rows of at most kLanes <= 32 products each. Their lanes do not start
// at +0.0 but at the product itself: that matters to a sum of nothing but -0.0, which the last
// addition mends. Lanes beyond kLanes, all +0.0, would change nothing but such a zero either.
template <std::size_t kLanes>
HWY_INLINE Wide fold_group(const double* product, const std::uint64_t* offsets) {
  constexpr std::size_t kVectors = kLanes / kWideLanes;
  const WideTag w;
  Wide sums[kGroup];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kGroup; ++r) {
    const RowEnd row(product + (offsets[r] - offsets[0]), offsets[r + 1] - offsets[r]);
    Wide acc[kVectors];
#pragma GCC unroll 32
    for (std::size_t k = 0; k < kVectors; ++k) acc[k] = row.vector(k);
#pragma GCC unroll 8
    for (std::size_t half = kVectors / 2; half != 0; half /= 2) {
#pragma GCC unroll 32
      for (std::size_t j = 0; j < half; ++j) acc[j] = hn::Add(acc[j], acc[j + half]);
    }
    sums[r] = acc[0];
  }
  const Wide sum = hn::Add(canonical::fold_across(sums), hn::Zero(w));
  return hn::IfThenElse(hn::IsNaN(sum), hn::Set(w, numeric::kNan), sum);
}

HWY_INLINE std::uint64_t longest_of_group(const std::uint64_t* offsets) {
  std::uint64_t longest = 0;
  for (std::size_t r = 0; r < kGroup; ++r) {
    longest = std::max(longest, offsets[r + 1] - offsets[r]);
  }
  return longest;
}

template <std::size_t kLanes>
HWY_INLINE void fold_groups_by(const double* product, const std::uint64_t* offsets,
                               std::size_t rows, double* y) {
  for (std::size_t r = 0; r < rows; r += kGroup) {
    const double* const at = product + (offsets[r] - offsets[0]);
    hn::StoreU(fold_group<kLanes>(at, offsets + r), WideTag{}, y + r);
  }
}

// Folds rows in whole groups, the products of the first at `product` and none longer than
// `longest`. Returns false if that is too long.
HWY_INLINE bool fold_groups(const double* product, const std::uint64_t* offsets, std::size_t rows,
                            std::uint64_t longest, double* y) {
  if (longest <= 8) {
    fold_groups_by<8>(product, offsets, rows, y);
  } else if (longest <= 16) {
    fold_groups_by<16>(product, offsets, rows, y);
  } else if (longest <= kCanonicalLanes) {
    fold_groups_by<kCanonicalLanes>(product, offsets, rows, y);
  } else {
    return false;
  }
  return true;
}

// Folds rows one by one while their products, which start at offsets[0], end at `end` or before and
// none is longer than a canonical block; returns how many.
std::size_t fold_single(const double* product, const std::uint64_t* offsets, std::size_t rows,
                        std::uint64_t end, double* y) {
  std::size_t r = 0;
  for (; r < rows && offsets[r + 1] <= end; ++r) {
    const std::size_t n = offsets[r + 1] - offsets[r];
    if (n > kCanonicalBlock) break;
    y[r] = numeric::one_nan(fold(product + (offsets[r] - offsets[0]), n));
  }
  return r;
}

// Rows in whole groups whose products fit into the buffer together and of which none is longer than
// a canonical block; none if the first group does not comply.
struct Window {
  std::size_t rows = 0;
  std::uint64_t longest = 0;
};
HWY_INLINE Window window_at(const std::uint64_t* offsets, std::size_t rows) {
  Window window;
  const std::uint64_t end = offsets[0] + kHeld;
  for (; window.rows + kGroup <= rows && offsets[window.rows + kGroup] <= end;
       window.rows += kGroup) {
    const std::uint64_t longest = longest_of_group(offsets + window.rows);
    if (longest > kCanonicalBlock) break;
    window.longest = std::max(window.longest, longest);
  }
  return window;
}

void fold_window(const double* product, const std::uint64_t* offsets, const Window& window,
                 double* y) {
  if (fold_groups(product, offsets, window.rows, window.longest, y)) return;
  for (std::size_t r = 0; r < window.rows; r += kGroup) {
    const double* const at = product + (offsets[r] - offsets[0]);
    if (fold_groups(at, offsets + r, kGroup, longest_of_group(offsets + r), y + r)) continue;
    fold_single(at, offsets + r, kGroup, offsets[r + kGroup], y + r);
  }
}

// The sum of a row of more than 1,024 entries.
double long_row(const double* values, const std::uint32_t* columns, const double* x, std::size_t n,
                double* product) {
  numeric::CanonicalCounter<double> sum;
  for (std::size_t at = 0; at < n; at += kCanonicalBlock) {
    const std::size_t block = std::min(kCanonicalBlock, n - at);
    multiply(values + at, columns + at, x, block, product);
    sum.push(fold(product, block));
  }
  return numeric::one_nan(sum.result());
}

void rows_of(const CsrView& a, std::size_t first, std::size_t last, const double* x, double* y) {
  const std::uint64_t* offsets = a.offsets().data();
  HWY_ALIGN double product[kHeld + kCanonicalLanes] = {};
  for (std::size_t r = first; r < last;) {
    const std::uint64_t from = offsets[r];
    const double* values = a.values().data() + from;
    const std::uint32_t* columns = a.columns().data() + from;
    if (offsets[r + 1] - from > kCanonicalBlock) {
      y[r - first] = long_row(values, columns, x, offsets[r + 1] - from, product);
      ++r;
      continue;
    }
    const Window window = window_at(offsets + r, last - r);
    if (window.rows != 0) {
      multiply(values, columns, x, offsets[r + window.rows] - from, product);
      fold_window(product, offsets + r, window, y + (r - first));
      r += window.rows;
    } else {
      const std::uint64_t held = std::min<std::uint64_t>(kHeld, offsets[last] - from);
      multiply(values, columns, x, held, product);
      r += fold_single(product, offsets + r, last - r, from + held, y + (r - first));
    }
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
