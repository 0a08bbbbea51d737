// Butterflies: transforms of 2, 3, 4, 5, 7, 8, 11 and 13 values in vectors; included once for each
// target.
//
//   Cell<V> x[4];            // a value of one transform in each lane
//   butterfly<4>(d, x);      // x[j] = sum over i of x[i] * exp(-2 pi i j i / 4)
#if defined(WEIR_OPS_FFT_BUTTERFLY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef WEIR_OPS_FFT_BUTTERFLY_INL
#undef WEIR_OPS_FFT_BUTTERFLY_INL
#else
#define WEIR_OPS_FFT_BUTTERFLY_INL
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/check.hpp"
#include "ops/fft/engine/circle.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::fft::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Calls f(0), ..., f(N - 1), written out, so that arrays of vectors stay in registers.
template <std::size_t... kI, class F>
HWY_INLINE void for_each_of(std::index_sequence<kI...>, F&& f) {
  (f(kI), ...);
}
template <std::size_t N, class F>
HWY_INLINE void for_each(F&& f) {
  for_each_of(std::make_index_sequence<N>(), f);
}

template <class V>
struct Cell {
  V re;
  V im;
};

template <class V>
HWY_INLINE Cell<V> add(Cell<V> a, Cell<V> b) {
  return {hn::Add(a.re, b.re), hn::Add(a.im, b.im)};
}
template <class V>
HWY_INLINE Cell<V> sub(Cell<V> a, Cell<V> b) {
  return {hn::Sub(a.re, b.re), hn::Sub(a.im, b.im)};
}
// a - i b and a + i b.
template <class V>
HWY_INLINE Cell<V> sub_i(Cell<V> a, Cell<V> b) {
  return {hn::Add(a.re, b.im), hn::Sub(a.im, b.re)};
}
template <class V>
HWY_INLINE Cell<V> add_i(Cell<V> a, Cell<V> b) {
  return {hn::Sub(a.re, b.im), hn::Add(a.im, b.re)};
}
template <class V>
HWY_INLINE Cell<V> times(Cell<V> a, V re, V im) {
  return {hn::NegMulAdd(a.im, im, hn::Mul(a.re, re)), hn::MulAdd(a.im, re, hn::Mul(a.re, im))};
}

// Sums over k = 1..K of the cosines times t[k], and of the sines times u[k], for output J.
template <unsigned R, unsigned J, class D, class V, std::size_t... kK>
HWY_INLINE void odd_output(D d, Cell<V> first, const Cell<V>* t, const Cell<V>* u, Cell<V>* x,
                           std::index_sequence<kK...>) {
  Cell<V> even = first;
  Cell<V> odd = {hn::Mul(u[0].re, hn::Set(d, circle_sin<R>(J))),
                 hn::Mul(u[0].im, hn::Set(d, circle_sin<R>(J)))};
  ((even.re = hn::MulAdd(t[kK].re, hn::Set(d, circle_cos<R>(J * (kK + 1))), even.re),
    even.im = hn::MulAdd(t[kK].im, hn::Set(d, circle_cos<R>(J * (kK + 1))), even.im)),
   ...);
  ((kK == 0
        ? void()
        : void((odd.re = hn::MulAdd(u[kK].re, hn::Set(d, circle_sin<R>(J * (kK + 1))), odd.re),
                odd.im = hn::MulAdd(u[kK].im, hn::Set(d, circle_sin<R>(J * (kK + 1))), odd.im)))),
   ...);
  x[J] = sub_i(even, odd);
  x[R - J] = add_i(even, odd);
}

template <unsigned R, class D, class V, std::size_t... kK>
HWY_INLINE void odd_butterfly(D d, Cell<V>* x, std::index_sequence<kK...> pairs) {
  const Cell<V> t[] = {add(x[kK + 1], x[R - 1 - kK])...};
  const Cell<V> u[] = {sub(x[kK + 1], x[R - 1 - kK])...};
  const Cell<V> first = x[0];
  ((x[0] = add(x[0], t[kK])), ...);
  (odd_output<R, kK + 1>(d, first, t, u, x, pairs), ...);
}

template <class V>
HWY_INLINE void four(Cell<V>& a, Cell<V>& b, Cell<V>& c, Cell<V>& e) {
  const Cell<V> t0 = add(a, c);
  const Cell<V> t1 = sub(a, c);
  const Cell<V> t2 = add(b, e);
  const Cell<V> t3 = sub(b, e);
  a = add(t0, t2);
  b = sub_i(t1, t3);
  c = sub(t0, t2);
  e = add_i(t1, t3);
}

template <class D, class V>
HWY_INLINE void eight(D d, Cell<V>* x) {
  four(x[0], x[2], x[4], x[6]);
  four(x[1], x[3], x[5], x[7]);
  const auto root = hn::Set(d, 0x1.6a09e667f3bcdp-1);  // sqrt(1/2)
  const Cell<V> one = {hn::Add(x[3].re, x[3].im), hn::Sub(x[3].im, x[3].re)};
  const Cell<V> three = {hn::Sub(x[7].im, x[7].re), hn::Add(x[7].im, x[7].re)};
  const Cell<V> e0 = x[0];
  const Cell<V> e1 = x[2];
  const Cell<V> e2 = x[4];
  const Cell<V> e3 = x[6];
  const Cell<V> o0 = x[1];
  const Cell<V> o2 = x[5];
  x[0] = add(e0, o0);
  x[4] = sub(e0, o0);
  x[1] = {hn::MulAdd(one.re, root, e1.re), hn::MulAdd(one.im, root, e1.im)};
  x[5] = {hn::NegMulAdd(one.re, root, e1.re), hn::NegMulAdd(one.im, root, e1.im)};
  x[2] = sub_i(e2, o2);
  x[6] = add_i(e2, o2);
  x[3] = {hn::MulAdd(three.re, root, e3.re), hn::NegMulAdd(three.im, root, e3.im)};
  x[7] = {hn::NegMulAdd(three.re, root, e3.re), hn::MulAdd(three.im, root, e3.im)};
}

template <unsigned R, class D, class V>
HWY_INLINE void butterfly(D d, Cell<V>* x) {
  if constexpr (R == 2) {
    const Cell<V> a = x[0];
    x[0] = add(a, x[1]);
    x[1] = sub(a, x[1]);
  } else if constexpr (R == 4) {
    four(x[0], x[1], x[2], x[3]);
  } else if constexpr (R == 8) {
    eight(d, x);
  } else {
    odd_butterfly<R>(d, x, std::make_index_sequence<(R - 1) / 2>());
  }
}

// Calls f with the radix as a constant.
template <class F>
HWY_INLINE void by_radix(std::uint32_t radix, F&& f) {
  switch (radix) {
    case 2:
      return f(std::integral_constant<unsigned, 2>());
    case 3:
      return f(std::integral_constant<unsigned, 3>());
    case 4:
      return f(std::integral_constant<unsigned, 4>());
    case 5:
      return f(std::integral_constant<unsigned, 5>());
    case 7:
      return f(std::integral_constant<unsigned, 7>());
    case 8:
      return f(std::integral_constant<unsigned, 8>());
    case 11:
      return f(std::integral_constant<unsigned, 11>());
    default:
      CHECK_EQ(radix, 13U);
      return f(std::integral_constant<unsigned, 13>());
  }
}

// Transposes a square of as many vectors as there are lanes, 2, 4 or 8.
template <class D, class V>
HWY_INLINE void transpose(D d, V* v) {
  constexpr std::size_t kLanes = hn::MaxLanes(D());
  if constexpr (kLanes == 2) {
    const V a = v[0];
    v[0] = hn::InterleaveLower(d, a, v[1]);
    v[1] = hn::InterleaveUpper(d, a, v[1]);
  } else {
    const auto quad = [&](const V* from, V* to) HWY_ATTR {
      const V t0 = hn::InterleaveLower(d, from[0], from[1]);
      const V t1 = hn::InterleaveUpper(d, from[0], from[1]);
      const V t2 = hn::InterleaveLower(d, from[2], from[3]);
      const V t3 = hn::InterleaveUpper(d, from[2], from[3]);
      to[0] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(t2), t0);
      to[1] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(t3), t1);
      to[2] = hn::OddEvenBlocks(t2, hn::SwapAdjacentBlocks(t0));
      to[3] = hn::OddEvenBlocks(t3, hn::SwapAdjacentBlocks(t1));
    };
    if constexpr (kLanes == 4) {
      V to[4];
      quad(v, to);
      v[0] = to[0];
      v[1] = to[1];
      v[2] = to[2];
      v[3] = to[3];
    } else {
      V upper[4];
      V lower[4];
      quad(v, upper);
      quad(v + 4, lower);
      v[0] = hn::ConcatLowerLower(d, lower[0], upper[0]);
      v[1] = hn::ConcatLowerLower(d, lower[1], upper[1]);
      v[2] = hn::ConcatLowerLower(d, lower[2], upper[2]);
      v[3] = hn::ConcatLowerLower(d, lower[3], upper[3]);
      v[4] = hn::ConcatUpperUpper(d, lower[0], upper[0]);
      v[5] = hn::ConcatUpperUpper(d, lower[1], upper[1]);
      v[6] = hn::ConcatUpperUpper(d, lower[2], upper[2]);
      v[7] = hn::ConcatUpperUpper(d, lower[3], upper[3]);
    }
  }
}

}  // namespace weir::ops::fft::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
