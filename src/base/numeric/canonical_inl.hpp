// The Highway forms of the canonical block partials, to be included once for each target after
// hwy/highway.h. T is double or float.
//
//   namespace canonical = numeric::HWY_NAMESPACE;
//   const double partial = canonical::block_sum_vector(x, n);          // n <= 1,024
//   const auto folds = canonical::moments_pass<true>(x, m0, next);     // whole blocks
#if defined(WEIR_BASE_NUMERIC_CANONICAL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_BASE_NUMERIC_CANONICAL_INL
#undef WEIR_BASE_NUMERIC_CANONICAL_INL
#else
#define WEIR_BASE_NUMERIC_CANONICAL_INL
#endif

#include <hwy/highway.h>

#include <cstring>
#include <limits>

#include "base/numeric/canonical.hpp"
#include "base/prefetch.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::numeric::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using WideTag = hn::ScalableTag<double>;
using Wide = hn::Vec<WideTag>;
inline constexpr std::size_t kWideLanes = hn::MaxLanes(WideTag{});
inline constexpr std::size_t kWideVectors = kCanonicalLanes / kWideLanes;
inline constexpr std::size_t kRows = kCanonicalBlock / kCanonicalLanes;
static_assert(kCanonicalLanes % kWideLanes == 0);

HWY_INLINE Wide load_wide(const double* from) {
  return hn::LoadU(WideTag{}, from);
}
HWY_INLINE Wide load_wide(const float* from) {
  return hn::PromoteTo(WideTag{}, hn::LoadU(hn::Rebind<float, WideTag>{}, from));
}

// Asks, once a cache line, for what lies `bytes` beyond vector k of a row: the hardware falls
// behind where a value takes more than an addition (measured: moments from memory .35 -> .25 ns a
// value, Neumaier .34 -> .25, sums .24 -> .20).
template <std::size_t kBytesAhead, class T>
HWY_INLINE void prefetch_ahead(const T* at, std::size_t k) {
  if (k * kWideLanes * sizeof(T) % 64 != 0) return;
  const char* ahead = reinterpret_cast<const char*>(at);
  asm("" : "+r"(ahead));  // what lies ahead may be no part of the array: gcc is not to judge that
  prefetch(ahead + kBytesAhead);
}

// Joins lane j with lane j + h for h = lanes / 2 ... 1.
template <class D>
HWY_INLINE double fold_in_vector(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(d) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return fold_in_vector(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// Folds 32 lanes held by vectors.
HWY_INLINE double fold_vectors(Wide* acc) {
#pragma GCC unroll 8
  for (std::size_t half = kWideVectors / 2; half != 0; half /= 2) {
#pragma GCC unroll 32
    for (std::size_t j = 0; j < half; ++j) acc[j] = hn::Add(acc[j], acc[j + half]);
  }
  return fold_in_vector(WideTag{}, acc[0]);
}

// Fold kWideLanes vectors at once, each as fold_in_vector does: lane i of the result is of rows[i].
// One addition a halving for all that a vector still holds, instead of one for each row.
HWY_INLINE Wide fold_across(const Wide* rows) {
  const auto by_halves = [](Wide a, Wide b) HWY_ATTR {
    return hn::Add(hn::ConcatLowerLower(WideTag{}, b, a), hn::ConcatUpperUpper(WideTag{}, b, a));
  };
  const auto by_pairs = [](Wide a, Wide b) HWY_ATTR {
    return hn::Add(hn::ConcatEven(WideTag{}, b, a), hn::ConcatOdd(WideTag{}, b, a));
  };
  if constexpr (kWideLanes == 8) {
    // Two lanes of each row in a block of two, in the order a, c, b, d; so rows 1 and 2 change.
    const auto by_blocks = [](Wide ab, Wide cd) HWY_ATTR {
      return hn::Add(hn::OddEvenBlocks(hn::SwapAdjacentBlocks(cd), ab),
                     hn::OddEvenBlocks(cd, hn::SwapAdjacentBlocks(ab)));
    };
    return by_pairs(by_blocks(by_halves(rows[0], rows[2]), by_halves(rows[1], rows[3])),
                    by_blocks(by_halves(rows[4], rows[6]), by_halves(rows[5], rows[7])));
  } else if constexpr (kWideLanes == 4) {
    return by_pairs(by_halves(rows[0], rows[1]), by_halves(rows[2], rows[3]));
  } else if constexpr (kWideLanes == 2) {
    return by_halves(rows[0], rows[1]);
  } else {
    return rows[0];
  }
}

// The last row of a block, padded with zeros; adding +0.0 changes no lane, as none can be -0.0.
template <class T>
struct PaddedRow {
  PaddedRow(const T* from, std::size_t n) { std::memcpy(values, from, n * sizeof(T)); }
  T values[kCanonicalLanes] = {};
};

// Calls row(k, i) for each vector k of each row of 32 values from i = 0 on, while i + 32 <= n, and
// returns the first i left.
template <class Row>
HWY_INLINE std::size_t for_each_row(std::size_t n, Row row) {
  std::size_t i = 0;
  for (; i + kCanonicalLanes <= n; i += kCanonicalLanes) {
#pragma GCC unroll 32
    for (std::size_t k = 0; k < kWideVectors; ++k) row(k, i + k * kWideLanes);
  }
  return i;
}

template <class T>
HWY_INLINE double block_sum_vector(const T* x, std::size_t n) {
  Wide acc[kWideVectors];
#pragma GCC unroll 32
  for (std::size_t k = 0; k < kWideVectors; ++k) acc[k] = hn::Zero(WideTag{});
  const std::size_t done = for_each_row(n, [&](std::size_t k, std::size_t i) HWY_ATTR {
    acc[k] = hn::Add(acc[k], load_wide(x + i));
    prefetch_ahead<4096>(x + i, k);
  });
  if (done != n) {
    const PaddedRow<T> row(x + done, n - done);
    for_each_row(kCanonicalLanes, [&](std::size_t k, std::size_t i) HWY_ATTR {
      acc[k] = hn::Add(acc[k], load_wide(row.values + i));
    });
  }
  return fold_vectors(acc);
}

template <class T>
HWY_INLINE double block_dot_vector(const T* x, const T* y, std::size_t n) {
  Wide acc[kWideVectors];
#pragma GCC unroll 32
  for (std::size_t k = 0; k < kWideVectors; ++k) acc[k] = hn::Zero(WideTag{});
  const std::size_t done = for_each_row(n, [&](std::size_t k, std::size_t i) HWY_ATTR {
    acc[k] = hn::Add(acc[k], hn::Mul(load_wide(x + i), load_wide(y + i)));
  });
  if (done != n) {
    const PaddedRow<T> a(x + done, n - done);
    const PaddedRow<T> b(y + done, n - done);
    for_each_row(kCanonicalLanes, [&](std::size_t k, std::size_t i) HWY_ATTR {
      acc[k] = hn::Add(acc[k], hn::Mul(load_wide(a.values + i), load_wide(b.values + i)));
    });
  }
  return fold_vectors(acc);
}

HWY_INLINE void compensated_step(Wide& sum, Wide& error, Wide x) {
  const Wide next = hn::Add(sum, x);
  const Wide part = hn::Sub(next, sum);
  error = hn::Add(error, hn::Add(hn::Sub(sum, hn::Sub(next, part)), hn::Sub(x, part)));
  sum = next;
}

template <class T>
HWY_INLINE Compensated block_compensated_vector(const T* x, std::size_t n) {
  Wide sum[kWideVectors];
  Wide error[kWideVectors];
#pragma GCC unroll 32
  for (std::size_t k = 0; k < kWideVectors; ++k) {
    sum[k] = hn::Zero(WideTag{});
    error[k] = hn::Zero(WideTag{});
  }
  const std::size_t done = for_each_row(n, [&](std::size_t k, std::size_t i) HWY_ATTR {
    compensated_step(sum[k], error[k], load_wide(x + i));
    prefetch_ahead<4096>(x + i, k);
  });
  if (done != n) {
    const PaddedRow<T> row(x + done, n - done);
    for_each_row(kCanonicalLanes, [&](std::size_t k, std::size_t i) HWY_ATTR {
      compensated_step(sum[k], error[k], load_wide(row.values + i));
    });
  }
  Compensated lanes[kCanonicalLanes];
  HWY_ALIGN double buffer[2][kWideLanes];
  for (std::size_t k = 0; k < kWideVectors; ++k) {
    hn::Store(sum[k], WideTag{}, buffer[0]);
    hn::Store(error[k], WideTag{}, buffer[1]);
    for (std::size_t j = 0; j < kWideLanes; ++j) {
      lanes[k * kWideLanes + j] = {buffer[0][j], buffer[1][j]};
    }
  }
  return fold_lanes(lanes);
}

// What one pass over a block yields: the folds about m0, the sum of the block that follows, and
// the extremes (of values that are not NaN, if all are such).
struct MomentFolds {
  double d = 0;
  double q = 0;
  double qd = 0;
  double qq = 0;
  double next_sum = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
};

// How many of the vectors of a row are worked on together: what the registers hold.
inline constexpr std::size_t kMomentGroup = kWideLanes == 8 ? 4 : kWideVectors < 2 ? 1 : 2;

// Reads the whole block x about m0, and the whole block `next` for its sum: while one is computed
// on, the other comes from memory. Where nothing follows, `next` may be x.
template <bool kExtremes, class T>
HWY_INLINE MomentFolds moments_pass(const T* x, double m0, const T* next) {
  const WideTag w;
  const Wide mean = hn::Set(w, m0);
  Wide d[kWideVectors], q[kWideVectors], qd[kWideVectors], qq[kWideVectors], sum[kWideVectors];
  Wide low[2] = {hn::Set(w, std::numeric_limits<double>::infinity()),
                 hn::Set(w, std::numeric_limits<double>::infinity())};
  Wide high[2] = {hn::Neg(low[0]), hn::Neg(low[0])};
#pragma GCC unroll 16
  for (std::size_t g = 0; g < kWideVectors; g += kMomentGroup) {
    Wide ad[kMomentGroup], aq[kMomentGroup], aqd[kMomentGroup], aqq[kMomentGroup];
    Wide asum[kMomentGroup];
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kMomentGroup; ++k) {
      ad[k] = aq[k] = aqd[k] = aqq[k] = asum[k] = hn::Zero(w);
    }
#pragma GCC unroll 1
    for (std::size_t i = g * kWideLanes; i < kCanonicalBlock; i += kCanonicalLanes) {
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kMomentGroup; ++k) {
        const Wide v = load_wide(x + i + k * kWideLanes);
        asum[k] = hn::Add(asum[k], load_wide(next + i + k * kWideLanes));
        prefetch_ahead<8192>(next + i + k * kWideLanes, k);
        const Wide distance = hn::Sub(v, mean);
        const Wide square = hn::Mul(distance, distance);
        ad[k] = hn::Add(ad[k], distance);
        aq[k] = hn::Add(aq[k], square);
        aqd[k] = hn::Add(aqd[k], hn::Mul(square, distance));
        aqq[k] = hn::Add(aqq[k], hn::Mul(square, square));
        if constexpr (kExtremes) {
          low[k % 2] = hn::Min(v, low[k % 2]);
          high[k % 2] = hn::Max(v, high[k % 2]);
        }
      }
    }
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kMomentGroup; ++k) {
      d[g + k] = ad[k];
      q[g + k] = aq[k];
      qd[g + k] = aqd[k];
      qq[g + k] = aqq[k];
      sum[g + k] = asum[k];
    }
  }
  MomentFolds folds{fold_vectors(d), fold_vectors(q), fold_vectors(qd), fold_vectors(qq),
                    fold_vectors(sum)};
  if constexpr (kExtremes) {
    folds.min = hn::GetLane(hn::MinOfLanes(w, hn::Min(low[0], low[1])));
    folds.max = hn::GetLane(hn::MaxOfLanes(w, hn::Max(high[0], high[1])));
  }
  return folds;
}

}  // namespace weir::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
