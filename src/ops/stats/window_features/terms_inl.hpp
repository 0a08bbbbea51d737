// The arithmetic of window features, written once for scalars (reference, kernels) and for vectors
// (CPU): what is added for a value, how sums become moments, how neighbouring parts join, and the
// ten features of a whole window.
//
// Included plainly, R is double and everything lies in weir::ops::window. Included after
// hwy/highway.h, once for each target, R is a vector class with the same operators and everything
// lies in weir::ops::HWY_NAMESPACE::window.
//
//   Sums<R> sums = no_values<R>();
//   add_value(sums, x, shift, turns);            // 1 of n values; shift is one of them
//   Part<R> part = part_of(sums, shift, 1.0 / n);
#if defined(WEIR_OPS_STATS_WINDOW_TERMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_STATS_WINDOW_TERMS_INL
#undef WEIR_OPS_STATS_WINDOW_TERMS_INL
#else
#define WEIR_OPS_STATS_WINDOW_TERMS_INL
#endif

#include <cmath>

#include "base/numeric/canonical.hpp"
#include "ops/stats/window_features/window_plan.hpp"

#ifdef HWY_NAMESPACE
HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE::window {
#define WEIR_TERMS HWY_INLINE
#else
namespace weir::ops::window {
#define WEIR_TERMS WEIR_HD inline
WEIR_TERMS bool less(double a, double b) {
  return a < b;
}
WEIR_TERMS bool is_number(double a) {
  return a == a;
}
WEIR_TERMS double select(bool condition, double yes, double no) {
  return condition ? yes : no;
}
WEIR_TERMS double root(double a) {
  return std::sqrt(a);
}
#endif

// Sums over some values of a window: of distances d = x - shift and their powers, the extremes, and
// of x times the twiddles of bins 1 to 4.
template <class R>
struct Sums {
  R d, dd, ddd, low, high;
  R re1, im1, re2, im2, re3, im3, re4, im4;
};

// The same with the moments about the mean.
template <class R>
struct Part {
  R mean, m2, m3, low, high;
  R re1, im1, re2, im2, re3, im3, re4, im4;
};

inline constexpr std::size_t kNumbers = 13;  // of either

// Calls f(number, index) for each.
template <class P, class F>
WEIR_TERMS void each_shared(P& p, F f) {
  f(p.low, 3);
  f(p.high, 4);
  f(p.re1, 5);
  f(p.im1, 6);
  f(p.re2, 7);
  f(p.im2, 8);
  f(p.re3, 9);
  f(p.im3, 10);
  f(p.re4, 11);
  f(p.im4, 12);
}
template <class R, class F>
WEIR_TERMS void each(Sums<R>& s, F f) {
  f(s.d, 0);
  f(s.dd, 1);
  f(s.ddd, 2);
  each_shared(s, f);
}
template <class R, class F>
WEIR_TERMS void each(Part<R>& p, F f) {
  f(p.mean, 0);
  f(p.m2, 1);
  f(p.m3, 2);
  each_shared(p, f);
}

template <class R>
WEIR_TERMS Sums<R> no_values() {
  const R zero(0.0);
  return {
      zero, zero, zero, R(numeric::kInfinity), R(-numeric::kInfinity), zero, zero, zero, zero, zero,
      zero, zero, zero};
}

template <class R>
WEIR_TERMS void add_value(Sums<R>& s, const R& x, const R& shift, const Turns& turns) {
  const R d = x - shift;
  const R dd = d * d;
  s.d = s.d + d;
  s.dd = s.dd + dd;
  s.ddd = s.ddd + dd * d;
  s.low = select(less(x, s.low), x, s.low);
  s.high = select(less(s.high, x), x, s.high);
  s.re1 = s.re1 + x * R(turns.re[0]);
  s.im1 = s.im1 + x * R(turns.im[0]);
  s.re2 = s.re2 + x * R(turns.re[1]);
  s.im2 = s.im2 + x * R(turns.im[1]);
  s.re3 = s.re3 + x * R(turns.re[2]);
  s.im3 = s.im3 + x * R(turns.im[2]);
  s.re4 = s.re4 + x * R(turns.re[3]);
  s.im4 = s.im4 + x * R(turns.im[3]);
}

// Turns the bins of what begins later in the window.
template <class P>
WEIR_TERMS void turn_bins(P& p, const Turns& by) {
  using R = decltype(p.re1);
  const auto turn = [](R& re, R& im, double c, double s) {
    const R turned = re * R(c) - im * R(s);
    im = re * R(s) + im * R(c);
    re = turned;
  };
  turn(p.re1, p.im1, by.re[0], by.im[0]);
  turn(p.re2, p.im2, by.re[1], by.im[1]);
  turn(p.re3, p.im3, by.re[2], by.im[2]);
  turn(p.re4, p.im4, by.re[3], by.im[3]);
}

// Adds what both kinds have: extremes and bins.
template <class P>
WEIR_TERMS void add_extremes_and_bins(P& a, const P& b) {
  a.low = select(less(b.low, a.low), b.low, a.low);
  a.high = select(less(a.high, b.high), b.high, a.high);
  a.re1 = a.re1 + b.re1;
  a.im1 = a.im1 + b.im1;
  a.re2 = a.re2 + b.re2;
  a.im2 = a.im2 + b.im2;
  a.re3 = a.re3 + b.re3;
  a.im3 = a.im3 + b.im3;
  a.re4 = a.re4 + b.re4;
  a.im4 = a.im4 + b.im4;
}

// Adds sums about the same shift.
template <class R>
WEIR_TERMS void add_sums(Sums<R>& a, const Sums<R>& b) {
  a.d = a.d + b.d;
  a.dd = a.dd + b.dd;
  a.ddd = a.ddd + b.ddd;
  add_extremes_and_bins(a, b);
}

// The shift being one of the n values, what cancels here is at most n times what is left.
template <class R>
WEIR_TERMS Part<R> part_of(const Sums<R>& s, const R& shift, double reciprocal) {
  const R m = s.d * R(reciprocal);
  const R md = m * s.d;
  const R m2 = s.dd - md;
  const R m3 = s.ddd - m * (R(3.0) * s.dd - R(2.0) * md);
  return {shift + m, select(less(m2, R(0.0)), R(0.0), m2),
          m3,        s.low,
          s.high,    s.re1,
          s.im1,     s.re2,
          s.im2,     s.re3,
          s.im3,     s.re4,
          s.im4};
}

// Joins b, which comes later, to a.
template <class R>
WEIR_TERMS void join(Part<R>& a, const Part<R>& b, const JoinFactors& f) {
  const R d = b.mean - a.mean;
  const R dd = d * d;
  const R m3 = ((a.m3 + b.m3) + (dd * d) * R(f.cubic)) +
               (R(3.0) * d) * (R(f.share_a) * b.m2 - R(f.share_b) * a.m2);
  a.m2 = (a.m2 + b.m2) + dd * R(f.square);
  a.m3 = m3;
  a.mean = a.mean + d * R(f.share_b);
  add_extremes_and_bins(a, b);
}

// Writes the ten features of a whole window. What is not finite makes all of them NaN.
template <class R>
WEIR_TERMS void features_of(const Part<R>& p, double reciprocal, R* out) {
  const R zero(0.0);
  const R nan(numeric::kNan);
  const R size(reciprocal);
  const R level = select(less(p.mean, zero), zero - p.mean, p.mean);
  const R variance = p.m2 * size;
  const R spread = variance * root(variance);
  const R skewness = select(less(zero, spread), (p.m3 * size) / spread, zero);
  // Squares of bins must neither overflow nor vanish: values far from 1 are scaled on the way.
  const R top = select(less(zero - p.low, p.high), p.high, zero - p.low);
  const auto huge = less(R(0x1p400), top);
  const auto tiny = less(top, R(0x1p-400));
  const R scale = select(huge, R(0x1p-500), select(tiny, R(0x1p500), R(1.0)));
  const R back = select(huge, R(0x1p500), select(tiny, R(0x1p-500), R(1.0))) * size;
  const auto bin = [&](const R& re, const R& im) {
    const R a = re * scale;
    const R b = im * scale;
    const R magnitude = root(a * a + b * b) * back;
    return select(is_number(magnitude), magnitude, nan);
  };
  out[0] = p.mean;
  out[1] = select(is_number(variance), variance, nan);
  out[2] = select(is_number(skewness), skewness, nan);
  out[3] = p.low + zero;
  out[4] = p.high + zero;
  out[5] = level;
  out[6] = bin(p.re1, p.im1);
  out[7] = bin(p.re2, p.im2);
  out[8] = bin(p.re3, p.im3);
  out[9] = bin(p.re4, p.im4);
  const auto finite = less(level, R(numeric::kInfinity));
  out[0] = select(finite, out[0], nan);
  out[1] = select(finite, out[1], nan);
  out[2] = select(finite, out[2], nan);
  out[3] = select(finite, out[3], nan);
  out[4] = select(finite, out[4], nan);
  out[5] = select(finite, out[5], nan);
  out[6] = select(finite, out[6], nan);
  out[7] = select(finite, out[7], nan);
  out[8] = select(finite, out[8], nan);
  out[9] = select(finite, out[9], nan);
}

#ifdef HWY_NAMESPACE
}  // namespace weir::ops::HWY_NAMESPACE::window
HWY_AFTER_NAMESPACE();
#else
}  // namespace weir::ops::window
#endif
#undef WEIR_TERMS

#endif
