// sin and cos in f64, of radians, of multiples of pi and of fractions of a turn: the same bits on
// every machine, compiler, vector width and device, from + - * / and bit operations in one written
// order.
//
//   numeric::sin(1.0);                  // 0.8414709848078965
//   numeric::cos_pi(0.5);               // 0 exactly
//   numeric::turn(3, 8);                // sin and cos of 2 pi 3 / 8: a twiddle of a transform
//
// Error, in units of the last place of the true value: at most 0.8 for any argument (tested against
// long double). sin_pi, cos_pi and turn are exact at multiples of a quarter turn. Of infinities and
// NaN: NaN. sin and sin_pi keep the sign of zero. Pure functions: thread-safe, no allocation;
// device code may call them.
//
// Sources: W. J. Cody and W. Waite, Software Manual for the Elementary Functions (1980): pi / 2 in
// parts whose products with small whole numbers are exact; M. Payne and R. Hanek, Radian Reduction
// for Trigonometric Functions (1983): only the bits of 2 / pi that matter are multiplied.
#pragma once

#include <bit>
#include <cstdint>

#include "base/host_device.hpp"
#include "base/numeric/pair.hpp"

namespace weir::numeric {

struct SinCos {
  double sin;
  double cos;
};

namespace trigonometry_internal {

// Returns the sine and cosine of r.hi + r.lo, |r| <= 0.8: Taylor series, the largest terms last.
WEIR_HD inline SinCos of_small(Pair r) {
  const double z = r.hi * r.hi;
  double s = 1.0 / 355687428096000.0;  // 1 / 17!, and down to 1 / 5!
  s = s * z - 1.0 / 1307674368000.0;
  s = s * z + 1.0 / 6227020800.0;
  s = s * z - 1.0 / 39916800.0;
  s = s * z + 1.0 / 362880.0;
  s = s * z - 1.0 / 5040.0;
  s = s * z + 1.0 / 120.0;
  double c = -1.0 / 6402373705728000.0;  // 1 / 18!, and down to 1 / 4!
  c = c * z + 1.0 / 20922789888000.0;
  c = c * z - 1.0 / 87178291200.0;
  c = c * z + 1.0 / 479001600.0;
  c = c * z - 1.0 / 3628800.0;
  c = c * z + 1.0 / 40320.0;
  c = c * z - 1.0 / 720.0;
  c = c * z + 1.0 / 24.0;
  const double half = 0.5 * z;
  const double cubic = z * r.hi * (s * z - 1.0 / 6.0);
  const double head = 1.0 - half;
  const double head_rest = (1.0 - head) - half;
  // Where r is large enough for it to be seen, z itself was rounded: its error is worth half of it.
  const double z_rest = two_product(r.hi, r.hi).lo;
  return {r.hi + (cubic + (r.lo - half * r.lo)),
          head + (head_rest + (z * z * c - (0.5 * z_rest + r.hi * r.lo)))};
}

// Turns by `quarters` quarter turns.
WEIR_HD inline SinCos turned(SinCos value, unsigned quarters) {
  switch (quarters & 3) {
    case 0:
      return value;
    case 1:
      return {value.cos, -value.sin};
    case 2:
      return {-value.sin, -value.cos};
    default:
      return {-value.cos, value.sin};
  }
}

struct Reduced {
  Pair rest;          // x = quarters * pi / 2 + rest
  unsigned quarters;  // modulo 4
};

// 0 <= x <= 2^19: the quotient has at most 20 bits, each part of pi / 2 has 33.
WEIR_HD inline Reduced reduce_medium(double x) {
  const auto quotient = static_cast<std::int32_t>(x * 0x1.45f306dc9c883p-1 + 0.5);
  const auto k = static_cast<double>(quotient);
  const Pair first = two_sum(x - k * 0x1.921fb544p+0, -(k * 0x1.0b4611a6p-34));
  const Pair second = two_sum(first.hi, -(k * 0x1.3198a2ep-69));
  const double low = (first.lo + second.lo) - k * 0x1.b839a252049c1p-104;
  const double sum = second.hi + low;
  return {{sum, low - (sum - second.hi)}, static_cast<unsigned>(quotient)};
}

// Finite x > 2^19: multiplies the mantissa by the 192 bits of 2 / pi that follow those whose
// products are whole turns.
WEIR_HD inline Reduced reduce_large(double x) {
  constexpr std::uint64_t kTwoOverPi[] = {
      0xa2f9836e4e441529ULL, 0xfc2757d1f534ddc0ULL, 0xdb6295993c439041ULL, 0xfe5163abdebbc561ULL,
      0xb7246e3a424dd2e0ULL, 0x06492eea09d1921cULL, 0xfe1deb1cb129a73eULL, 0xe88235f52ebb4484ULL,
      0xe99c7026b45f7e41ULL, 0x3991d639835339f4ULL, 0x9c845f8bbdf9283bULL, 0x1ff897ffde05980fULL,
      0xef2f118b5a0a6d1fULL, 0x6d367ecf27cb09b7ULL, 0x4f463f669e5fea2dULL, 0x7527bac7ebe5f17bULL,
      0x3d0739f78a5292eaULL, 0x6bfb5fb11f8d5d08ULL, 0x56033046fc7b6babULL, 0xf0cfbc209af4361dULL};
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t mantissa = (bits & 0x000FFFFFFFFFFFFFULL) | 0x0010000000000000ULL;
  // x = mantissa * 2^exponent; bit j of 2 / pi (from 0) is worth 2^-(j + 1).
  const int exponent = static_cast<int>(bits >> 52) - 1075;
  const int from = exponent - 2 + 64;  // with one zero word in front: at least 64 - 35
  const int word = from / 64;
  const int shift = from % 64;
  std::uint64_t window[3];
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t high = word + i == 0 ? 0 : kTwoOverPi[word + i - 1];
    const std::uint64_t low = kTwoOverPi[word + i];
    window[i] = shift == 0 ? high : high << shift | low >> (64 - shift);
  }
  __extension__ using Wide = unsigned __int128;
  const Wide low = Wide{mantissa} * window[2];
  const Wide middle = Wide{mantissa} * window[1] + static_cast<std::uint64_t>(low >> 64);
  const std::uint64_t top = mantissa * window[0] + static_cast<std::uint64_t>(middle >> 64);
  std::uint64_t product[3] = {top, static_cast<std::uint64_t>(middle),
                              static_cast<std::uint64_t>(low)};
  // Two bits of quarter turns, 190 of a fraction; fractions from a half on count from above.
  auto quarters = static_cast<unsigned>(product[0] >> 62);
  product[0] = product[0] << 2 | product[1] >> 62;
  product[1] = product[1] << 2 | product[2] >> 62;
  product[2] <<= 2;
  const bool above = product[0] >> 63 != 0;
  if (above) {
    ++quarters;
    for (auto& each : product) each = ~each;  // one's complement: off by 2^-192
  }
  Pair fraction = {0.0, 0.0};
  double unit = 0x1p-32;
  for (const std::uint64_t each : product) {
    const Pair upper = two_sum(fraction.hi, static_cast<double>(each >> 32) * unit);
    unit *= 0x1p-32;
    const Pair lower = two_sum(upper.hi, static_cast<double>(each & 0xFFFFFFFFULL) * unit);
    unit *= 0x1p-32;
    fraction = {lower.hi, fraction.lo + (upper.lo + lower.lo)};
  }
  if (above) fraction = {-fraction.hi, -fraction.lo};
  return {multiply(fraction, {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54}), quarters};
}

// sin and cos of pi * (hi + lo) for |hi| <= 1/4.
WEIR_HD inline SinCos of_pi(double hi, double lo) {
  return of_small(multiply({hi, lo}, {0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53}));
}

}  // namespace trigonometry_internal

// Returns the sine and cosine of x radians.
WEIR_HD inline SinCos sin_cos(double x) {
  namespace internal = trigonometry_internal;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto size_bits = bits & ~(std::uint64_t{1} << 63);
  if (size_bits >= 0x7FF0000000000000ULL) return {x - x, x - x};
  const double size = std::bit_cast<double>(size_bits);
  SinCos value = {size, 1.0};
  if (size > 0x1.921fb54442d18p-1) {
    const internal::Reduced reduced =
        size <= 0x1p19 ? internal::reduce_medium(size) : internal::reduce_large(size);
    value = internal::turned(internal::of_small(reduced.rest), reduced.quarters);
  } else if (size > 0x1p-30) {
    value = internal::of_small({size, 0.0});
  }
  if (bits != size_bits) value.sin = -value.sin;
  return value;
}
WEIR_HD inline double sin(double x) {
  return sin_cos(x).sin;
}
WEIR_HD inline double cos(double x) {
  return sin_cos(x).cos;
}

// Returns the sine and cosine of pi * x. From 2^53 on every double is even.
WEIR_HD inline SinCos sin_cos_pi(double x) {
  namespace internal = trigonometry_internal;
  if (x - x != 0) return {x - x, x - x};
  const bool negative = std::bit_cast<std::uint64_t>(x) >> 63 != 0;
  const double size = negative ? -x : x;
  SinCos value = {0.0, 1.0};
  if (size < 0x1p53) {
    const auto quarters = static_cast<std::uint64_t>(2 * size + 0.5);
    const double rest = size - 0.5 * static_cast<double>(quarters);
    value = internal::turned(internal::of_pi(rest, 0.0), static_cast<unsigned>(quarters & 3));
  }
  if (negative) value.sin = -value.sin;
  return value;
}
WEIR_HD inline double sin_pi(double x) {
  return sin_cos_pi(x).sin;
}
WEIR_HD inline double cos_pi(double x) {
  return sin_cos_pi(x).cos;
}

// Returns the sine and cosine of k / n of a turn, of 2 pi k / n; n in 1..2^50. The octant is taken
// in whole numbers, so that the eightfold symmetry of the circle holds bit for bit.
WEIR_HD inline SinCos turn(std::uint64_t k, std::uint64_t n) {
  namespace internal = trigonometry_internal;
  const std::uint64_t eighths = 8 * (k % n);  // the angle is eighths / n eighths of a turn
  const std::uint64_t octant = eighths / n;
  const std::uint64_t beyond = eighths - octant * n;
  const bool mirrored = (octant & 1) != 0;
  // beyond / n of pi / 4, mirrored in odd octants; the quotient as a pair.
  const auto part = static_cast<double>(mirrored ? n - beyond : beyond);
  const auto whole = static_cast<double>(n);
  const double quotient = part / whole;
  const Pair back = two_product(quotient, whole);
  const double rest = ((part - back.hi) - back.lo) / whole;
  SinCos value = internal::of_pi(0.25 * quotient, 0.25 * rest);
  if (mirrored) value = {value.cos, value.sin};
  return internal::turned(value, static_cast<unsigned>(octant >> 1));
}

}  // namespace weir::numeric
