// Lanes: a vector of doubles with the operators that the arithmetic of window features is written
// in, and values of several places of a series side by side. To be included once for each target
// after hwy/highway.h.
#if defined(WEIR_OPS_STATS_WINDOW_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_STATS_WINDOW_LANES_INL
#undef WEIR_OPS_STATS_WINDOW_LANES_INL
#else
#define WEIR_OPS_STATS_WINDOW_LANES_INL
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE::window {

namespace hn = hwy::HWY_NAMESPACE;

using LanesTag = hn::ScalableTag<double>;
inline constexpr std::size_t kLanes = hn::MaxLanes(LanesTag{});

struct Lanes {
  hn::Vec<LanesTag> v;

  Lanes() = default;
  HWY_INLINE explicit Lanes(double all) : v(hn::Set(LanesTag{}, all)) {}
  HWY_INLINE explicit Lanes(hn::Vec<LanesTag> value) : v(value) {}
  static HWY_INLINE Lanes load(const double* from) { return Lanes(hn::LoadU(LanesTag{}, from)); }
  HWY_INLINE void store(double* to) const { hn::StoreU(v, LanesTag{}, to); }

  friend HWY_INLINE Lanes operator+(const Lanes& a, const Lanes& b) {
    return Lanes(hn::Add(a.v, b.v));
  }
  friend HWY_INLINE Lanes operator-(const Lanes& a, const Lanes& b) {
    return Lanes(hn::Sub(a.v, b.v));
  }
  friend HWY_INLINE Lanes operator*(const Lanes& a, const Lanes& b) {
    return Lanes(hn::Mul(a.v, b.v));
  }
  friend HWY_INLINE Lanes operator/(const Lanes& a, const Lanes& b) {
    return Lanes(hn::Div(a.v, b.v));
  }
};

using LanesMask = hn::Mask<LanesTag>;

HWY_INLINE LanesMask less(const Lanes& a, const Lanes& b) {
  return hn::Lt(a.v, b.v);
}
HWY_INLINE LanesMask is_number(const Lanes& a) {
  return hn::Eq(a.v, a.v);
}
HWY_INLINE Lanes select(LanesMask condition, const Lanes& yes, const Lanes& no) {
  return Lanes(hn::IfThenElse(condition, yes.v, no.v));
}
HWY_INLINE Lanes root(const Lanes& a) {
  return Lanes(hn::Sqrt(a.v));
}

// Turns kLanes rows of kLanes values into columns.
template <class D, std::size_t kCount>
HWY_INLINE void turn_square(D d, hn::Vec<D> (&v)[kCount]) {
  if constexpr (kCount >= 2) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kCount; i += 2) {
      const auto low = hn::InterleaveLower(d, v[i], v[i + 1]);
      v[i + 1] = hn::InterleaveUpper(d, v[i], v[i + 1]);
      v[i] = low;  // of columns 0, 2, ..., of two rows
    }
  }
  if constexpr (kCount == 4) {
    const hn::Vec<D> rows[4] = {v[0], v[1], v[2], v[3]};
#pragma GCC unroll 2
    for (std::size_t odd = 0; odd < 2; ++odd) {
      v[odd] = hn::ConcatLowerLower(d, rows[2 + odd], rows[odd]);
      v[2 + odd] = hn::ConcatUpperUpper(d, rows[2 + odd], rows[odd]);
    }
  }
  if constexpr (kCount == 8) {
    const hn::Vec<D> rows[8] = {v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]};
#pragma GCC unroll 2
    for (std::size_t odd = 0; odd < 2; ++odd) {
      const auto& a = rows[odd];
      const auto& b = rows[2 + odd];
      const auto& c = rows[4 + odd];
      const auto& e = rows[6 + odd];
      const auto even_ab = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a);
      const auto odd_ab = hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a));
      const auto even_ce = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(e), c);
      const auto odd_ce = hn::OddEvenBlocks(e, hn::SwapAdjacentBlocks(c));
      v[odd] = hn::ConcatLowerLower(d, even_ce, even_ab);
      v[2 + odd] = hn::ConcatLowerLower(d, odd_ce, odd_ab);
      v[4 + odd] = hn::ConcatUpperUpper(d, even_ce, even_ab);
      v[6 + odd] = hn::ConcatUpperUpper(d, odd_ce, odd_ab);
    }
  }
}

// Writes value i of each lane, [count, lanes]: lane l's values begin at first + l * step of the n
// values x; 0 behind their end.
HWY_INLINE void side_by_side(const double* x, std::size_t n, std::size_t first, std::size_t step,
                             std::size_t count, double* HWY_RESTRICT to) {
  std::size_t i = 0;
  if (first + (kLanes - 1) * step + count <= n) {
    for (; i + kLanes <= count; i += kLanes) {
      hn::Vec<LanesTag> square[kLanes];
#pragma GCC unroll 8
      for (std::size_t l = 0; l < kLanes; ++l) {
        square[l] = hn::LoadU(LanesTag{}, x + first + l * step + i);
      }
      turn_square(LanesTag{}, square);
#pragma GCC unroll 8
      for (std::size_t l = 0; l < kLanes; ++l) {
        hn::StoreU(square[l], LanesTag{}, to + (i + l) * kLanes);
      }
    }
  }
  for (std::size_t l = 0; l < kLanes; ++l) {
    const std::size_t from = first + l * step;
    const std::size_t there = from >= n ? 0 : n - from < count ? n - from : count;
    for (std::size_t k = i; k < there; ++k) to[k * kLanes + l] = x[from + k];
    for (std::size_t k = std::max(i, there); k < count; ++k) to[k * kLanes + l] = 0.0;
  }
}

}  // namespace weir::ops::HWY_NAMESPACE::window
HWY_AFTER_NAMESPACE();

#endif
