// exp, ln, pow, tanh and their relatives in f64, the same bits on every machine, compiler and
// vector width: built from + - * / and bit operations in one written order; libm promises no such
// thing.
//
//   numeric::exp(1.0);         // 2.718281828459045
//   numeric::log10(1000.0);    // 3 exactly
//   numeric::pow(2.0, 0.5);
//
// Error, for normal results, in units of the last place of the true value: exp, exp2 and the
// logarithms at most 0.7, pow and tanh at most 1 (tested against long double). log2 is exact at
// powers of two, log10 at powers of ten. NaN, infinities, zeros and signs follow C's Annex F. Pure
// functions: thread-safe, no allocation.
#pragma once

#include <bit>
#include <cstdint>

namespace weir::numeric {

double exp(double x);
double exp2(double x);
// The logarithms of negative numbers are NaN, of either zero minus infinity.
double ln(double x);
double log2(double x);
double log10(double x);
// Returns x to the power of y; a negative x needs a whole y, else NaN.
double pow(double x, double y);
// Returns the hyperbolic tangent: odd, exact at zeros, 1 from 22 on.
double tanh(double x);

inline bool is_nan(double x) {
  return x != x;
}
inline bool is_finite(double x) {
  return (std::bit_cast<std::uint64_t>(x) >> 52 & 0x7FF) != 0x7FF;
}
inline double absolute(double x) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & ~(std::uint64_t{1} << 63));
}
inline double with_sign_of(double x, double sign) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(x) & ~kSign) |
                               (std::bit_cast<std::uint64_t>(sign) & kSign));
}
// Rounds toward zero, keeping the sign of zero. From 2^52 on every double is whole.
inline double trunc(double x) {
  if (!(absolute(x) < 0x1p52)) return x;
  return with_sign_of(static_cast<double>(static_cast<std::int64_t>(x)), x);
}
inline double floor(double x) {
  const double whole = trunc(x);
  return whole > x ? whole - 1.0 : whole;
}
inline double ceil(double x) {
  const double whole = trunc(x);
  return whole < x ? with_sign_of(whole + 1.0, x) : whole;
}
// Rounds to the nearest whole number, halves away from zero.
inline double round(double x) {
  const double whole = trunc(x);
  return absolute(x - whole) >= 0.5 ? whole + with_sign_of(1.0, x) : whole;
}
// Returns x - n * y exactly, n = x / y rounded toward zero; the sign is that of x. NaN for y = 0 or
// infinite x.
double remainder_trunc(double x, double y);

}  // namespace weir::numeric
