// Real transforms of even lengths n = 2 h by complex ones of h: the even values are taken as real
// parts, the odd ones as imaginary parts, and the two transforms that are then mixed in the bins k
// and h - k are told apart. Included once for each target.
//
//   E = (Z[k] + conj Z[h-k]) / 2    O = (Z[k] - conj Z[h-k]) / 2i    X[k] = E + w^k O
#if defined(WEIR_OPS_FFT_REAL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_FFT_REAL_INL
#undef WEIR_OPS_FFT_REAL_INL
#else
#define WEIR_OPS_FFT_REAL_INL
#endif

#include <hwy/highway.h>

#include "ops/fft/engine/lane_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::fft::HWY_NAMESPACE {

// Replaces a = Z[k], b = Z[h - k] by X[k], X[h - k]; (c, s) is w^k, s = -sin.
template <class D, class V>
HWY_INLINE void separate(D d, Cell<V>& a, Cell<V>& b, V c, V s) {
  const V half = hn::Set(d, 0.5);
  const Cell<V> even = {hn::Mul(half, hn::Add(a.re, b.re)), hn::Mul(half, hn::Sub(a.im, b.im))};
  const Cell<V> odd = {hn::Mul(half, hn::Add(a.im, b.im)), hn::Mul(half, hn::Sub(b.re, a.re))};
  const Cell<V> turned = times(odd, c, s);
  a = add(even, turned);
  b = {hn::Sub(even.re, turned.re), hn::Sub(turned.im, even.im)};
}

// The inverse of separate.
template <class D, class V>
HWY_INLINE void combine(D d, Cell<V>& a, Cell<V>& b, V c, V s) {
  const V half = hn::Set(d, 0.5);
  const Cell<V> even = {hn::Mul(half, hn::Add(a.re, b.re)), hn::Mul(half, hn::Sub(a.im, b.im))};
  const Cell<V> rest = {hn::Mul(half, hn::Sub(a.re, b.re)), hn::Mul(half, hn::Add(a.im, b.im))};
  const Cell<V> odd = times(rest, c, hn::Neg(s));
  a = add_i(even, odd);
  b = {hn::Add(even.re, odd.im), hn::Sub(odd.re, even.im)};
}

// Applies `separate` or `combine` to the vectors at k and its mirror image, from `in` to `out`.
template <bool kSeparate, class D>
HWY_INLINE void pair_at(D d, const RealPlan& plan, std::size_t k, const double* in, double* out) {
  const std::size_t h = plan.n / 2;
  const std::size_t mirror = h - k - (hn::Lanes(d) - 1);
  Cell<hn::Vec<D>> a;
  Cell<hn::Vec<D>> b;
  hn::LoadInterleaved2(d, in + 2 * k, a.re, a.im);
  hn::LoadInterleaved2(d, in + 2 * mirror, b.re, b.im);
  b = {hn::Reverse(d, b.re), hn::Reverse(d, b.im)};
  const auto c = hn::LoadU(d, plan.turns.data() + k);
  const auto s = hn::LoadU(d, plan.turns.data() + plan.sines_at + k);
  if constexpr (kSeparate) {
    separate(d, a, b, c, s);
  } else {
    combine(d, a, b, c, s);
  }
  hn::StoreInterleaved2(a.re, a.im, d, out + 2 * k);
  hn::StoreInterleaved2(hn::Reverse(d, b.re), hn::Reverse(d, b.im), d, out + 2 * mirror);
}

template <bool kSeparate>
inline void all_pairs(const RealPlan& plan, const double* in, double* out) {
  const std::size_t h = plan.n / 2;
  const std::size_t pairs = (h - 1) / 2;
  std::size_t k = 1;
  for (; k + kLanes <= pairs + 1; k += kLanes) pair_at<kSeparate>(Wide(), plan, k, in, out);
  for (; k <= pairs; ++k) pair_at<kSeparate>(hn::CappedTag<double, 1>(), plan, k, in, out);
  if (h % 2 == 0) {
    out[h] = in[h];
    out[h + 1] = -in[h + 1];
  }
}

// h complex values at `bins` to h + 1 bins, in place.
inline void separate_row(const RealPlan& plan, double* bins) {
  const std::size_t h = plan.n / 2;
  all_pairs<true>(plan, bins, bins);
  const double even = bins[0];
  const double odd = bins[1];
  bins[0] = even + odd;
  bins[1] = 0;
  bins[2 * h] = even - odd;
  bins[2 * h + 1] = 0;
}

// h + 1 bins to h complex values.
inline void combine_row(const RealPlan& plan, const double* bins, double* values) {
  const std::size_t h = plan.n / 2;
  const double first = bins[0];
  const double last = bins[2 * h];
  all_pairs<false>(plan, bins, values);
  values[0] = 0.5 * (first + last);
  values[1] = 0.5 * (first - last);
}

// The same on a lane buffer, in place; it has room for h + 1 places.
template <bool kSeparate>
inline void all_lane_pairs(const RealPlan& plan, double* lanes) {
  const Wide d;
  const std::size_t h = plan.n / 2;
  for (std::size_t k = 1; k < h - k; ++k) {
    double* const low = lanes + kPitch * k;
    double* const high = lanes + kPitch * (h - k);
    Cell<WideVec> a = {hn::Load(d, low), hn::Load(d, low + kLanes)};
    Cell<WideVec> b = {hn::Load(d, high), hn::Load(d, high + kLanes)};
    const auto c = hn::Set(d, plan.turns.data()[k]);
    const auto s = hn::Set(d, plan.turns.data()[plan.sines_at + k]);
    if constexpr (kSeparate) {
      separate(d, a, b, c, s);
    } else {
      combine(d, a, b, c, s);
    }
    hn::Store(a.re, d, low);
    hn::Store(a.im, d, low + kLanes);
    hn::Store(b.re, d, high);
    hn::Store(b.im, d, high + kLanes);
  }
  if (h % 2 == 0) {
    double* const middle = lanes + kPitch * (h / 2) + kLanes;
    hn::Store(hn::Neg(hn::Load(d, middle)), d, middle);
  }
}

inline void separate_lanes(const RealPlan& plan, double* lanes) {
  const Wide d;
  all_lane_pairs<true>(plan, lanes);
  double* const last = lanes + kPitch * (plan.n / 2);
  const WideVec even = hn::Load(d, lanes);
  const WideVec odd = hn::Load(d, lanes + kLanes);
  hn::Store(hn::Add(even, odd), d, lanes);
  hn::Store(hn::Zero(d), d, lanes + kLanes);
  hn::Store(hn::Sub(even, odd), d, last);
  hn::Store(hn::Zero(d), d, last + kLanes);
}

inline void combine_lanes(const RealPlan& plan, double* lanes) {
  const Wide d;
  const WideVec first = hn::Load(d, lanes);
  const WideVec last = hn::Load(d, lanes + kPitch * (plan.n / 2));
  all_lane_pairs<false>(plan, lanes);
  const WideVec half = hn::Set(d, 0.5);
  hn::Store(hn::Mul(half, hn::Add(first, last)), d, lanes);
  hn::Store(hn::Mul(half, hn::Sub(first, last)), d, lanes + kLanes);
}

}  // namespace weir::ops::fft::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
