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

// Writes value i of each lane, [count, lanes]: lane l's values begin at first + l * step of the n
// values x; 0 behind their end.
HWY_INLINE void side_by_side(const double* x, std::size_t n, std::size_t first, std::size_t step,
                             std::size_t count, double* HWY_RESTRICT to) {
  for (std::size_t l = 0; l < kLanes; ++l) {
    const std::size_t from = first + l * step;
    const std::size_t there = from >= n ? 0 : n - from < count ? n - from : count;
    for (std::size_t i = 0; i < there; ++i) to[i * kLanes + l] = x[from + i];
    for (std::size_t i = there; i < count; ++i) to[i * kLanes + l] = 0.0;
  }
}

}  // namespace weir::ops::HWY_NAMESPACE::window
HWY_AFTER_NAMESPACE();

#endif
