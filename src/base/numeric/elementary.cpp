#include "base/numeric/elementary.hpp"

#include <array>
#include <limits>

#include "base/numeric/pair.hpp"

namespace weir::numeric {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Pair add(Pair a, Pair b) {
  const Pair sum = two_sum(a.hi, b.hi);
  return fast_two_sum(sum.hi, sum.lo + (a.lo + b.lo));
}

Pair divide(Pair a, Pair b) {
  const double quotient = a.hi / b.hi;
  const Pair back = two_product(quotient, b.hi);
  const double rest = ((a.hi - back.hi) - back.lo + a.lo) - quotient * b.lo;
  return fast_two_sum(quotient, rest / b.hi);
}

constexpr Pair kLn2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
constexpr Pair kLog2E = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
constexpr Pair kLog10E = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};
constexpr Pair kLog10Of2 = {0x1.34413509f79ffp-2, -0x1.9dc1da994fd21p-59};
constexpr Pair kThird = {0x1.5555555555555p-2, 0x1.5555555555555p-56};
// ln 2 in a part of 32 bits, whose products with exponents are exact, and the rest.
constexpr double kLn2High = 0x1.62e42feep-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

double power_of_two(int exponent) {  // -1022..1023
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

// Returns value * 2^exponent, rounded once, for value in [0.5, 2].
double scale(double value, int exponent) {
  if (exponent > 1023) return value * 0x1p1023 * power_of_two(exponent - 1023);
  if (exponent < -1022) return value * power_of_two(exponent + 60) * 0x1p-60;
  return value * power_of_two(exponent);
}

// Returns the whole number nearest to x, |x| < 2^31.
int nearest(double x) {
  return static_cast<int>(x + (x < 0 ? -0.5 : 0.5));
}

// Returns what e^(r.hi + r.lo) has beyond 1 + r.hi, for |r| <= 0.35: the Taylor series.
double exp_tail(Pair r) {
  constexpr std::array<double, 12> kReciprocals = {
      // 1 / 14!, 1 / 13!, ... 1 / 3!
      1.0 / 87178291200.0, 1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0,
      1.0 / 3628800.0,     1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,
      1.0 / 720.0,         1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0};
  double series = 0;
  for (const double reciprocal : kReciprocals) series = series * r.hi + reciprocal;
  const double square = r.hi * r.hi;
  return (r.lo + r.lo * r.hi) + (0.5 * square + square * r.hi * series);
}

// Returns e^(r.hi + r.lo) for |r| <= 0.35, its two largest terms added last.
double exp_reduced(Pair r) {
  const Pair head = two_sum(1.0, r.hi);
  return head.hi + (head.lo + exp_tail(r));
}

// Returns e^x - 1 for 0 <= x <= 44, to about 2^-55 of itself.
Pair exp_less_one(double x) {
  const int k = nearest(x * kLog2E.hi);
  const auto whole = static_cast<double>(k);
  const Pair r = add(two_sum(x, -(whole * kLn2High)), {-(whole * kLn2Low), 0.0});
  const Pair less_one = fast_two_sum(r.hi, exp_tail(r));
  if (k == 0) return less_one;
  const double power = power_of_two(k);
  return add({less_one.hi * power, less_one.lo * power}, {power - 1.0, 0.0});
}

// Returns e^(x.hi + x.lo) for -746 < x.hi < 710.
double exp_pair(Pair x) {
  const int k = nearest(x.hi * kLog2E.hi);
  const auto whole = static_cast<double>(k);
  const Pair high = two_sum(x.hi, -(whole * kLn2High));
  const Pair low = two_sum(x.lo, -(whole * kLn2Low));
  return scale(exp_reduced(add(high, low)), k);
}

struct Reduced {
  int exponent;
  Pair ln;  // of the mantissa in [sqrt(1/2), sqrt(2))
};

// Splits finite x > 0 into 2^exponent * m and takes ln m = 2 artanh((m - 1) / (m + 1)) to about
// 2^-65.
Reduced reduce_ln(double x) {
  int exponent = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    exponent = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL);
  if (m >= 0x1.6a09e667f3bcdp+0) {
    m *= 0.5;
    ++exponent;
  }
  const Pair s = divide({m - 1.0, 0.0}, two_sum(m, 1.0));
  const Pair square = multiply(s, s);
  double tail = 0;  // s^2 / 5 + s^4 / 7 + ...
  for (int odd = 31; odd >= 5; odd -= 2) tail = (tail + 1.0 / odd) * square.hi;
  const Pair cubic = multiply(multiply(s, square), add(kThird, {tail, 0.0}));
  const Pair sum = add(s, cubic);
  return {exponent, {2.0 * sum.hi, 2.0 * sum.lo}};
}

Pair times(int whole, Pair value) {
  return multiply({static_cast<double>(whole), 0.0}, value);
}

Pair ln_pair(double x) {
  const Reduced reduced = reduce_ln(x);
  return add(times(reduced.exponent, kLn2), reduced.ln);
}

// Handles what the logarithms share; true if `result` is final.
bool logarithm_edge(double x, double& result) {
  if (x > 0 && x < kInfinity) return false;
  result = x == 0 ? -kInfinity : x < 0 ? kNan : x;
  return true;
}

bool is_whole(double x) {
  return trunc(x) == x;
}
bool is_odd(double x) {
  return absolute(x) < 0x1p53 && is_whole(x) && (static_cast<std::int64_t>(x) & 1) != 0;
}

// pow where an operand is zero, infinite, NaN or one; true if `result` is final.
bool pow_edge(double x, double y, double& result) {
  result = 1.0;
  if (y == 0 || x == 1) return true;
  result = kNan;
  if (is_nan(x) || is_nan(y)) return true;
  const double size = absolute(x);
  if (!is_finite(y)) {
    result = size == 1 ? 1.0 : (size > 1) == (y > 0) ? kInfinity : 0.0;
    return true;
  }
  if (size == 0 || size == kInfinity) {
    result = (size == 0) == (y > 0) ? 0.0 : kInfinity;
    if (is_odd(y)) result = with_sign_of(result, x);
    return true;
  }
  return x < 0 && !is_whole(y);
}

}  // namespace

double exp(double x) {
  if (is_nan(x)) return x;
  if (x > 709.79) return kInfinity;
  if (x < -745.14) return 0.0;
  return exp_pair({x, 0.0});
}

double exp2(double x) {
  if (is_nan(x)) return x;
  if (x >= 1024.0) return kInfinity;
  if (x < -1075.5) return 0.0;
  const int k = nearest(x);
  const double fraction = x - static_cast<double>(k);
  return scale(exp_reduced(multiply({fraction, 0.0}, kLn2)), k);
}

double ln(double x) {
  double result = 0;
  if (logarithm_edge(x, result)) return result;
  const Pair sum = ln_pair(x);
  return sum.hi + sum.lo;
}

double log2(double x) {
  double result = 0;
  if (logarithm_edge(x, result)) return result;
  const Reduced reduced = reduce_ln(x);
  const Pair sum = add({static_cast<double>(reduced.exponent), 0.0}, multiply(reduced.ln, kLog2E));
  return sum.hi + sum.lo;
}

double log10(double x) {
  double result = 0;
  if (logarithm_edge(x, result)) return result;
  const Reduced reduced = reduce_ln(x);
  const Pair sum = add(times(reduced.exponent, kLog10Of2), multiply(reduced.ln, kLog10E));
  return sum.hi + sum.lo;
}

double pow(double x, double y) {
  double result = 0;
  if (pow_edge(x, y, result)) return result;
  const double sign = x < 0 && is_odd(y) ? -1.0 : 1.0;
  if (absolute(x) == 1.0) return sign;
  const Pair log = ln_pair(absolute(x));
  const double estimate = log.hi * y;
  if (estimate > 709.79) return sign * kInfinity;
  if (estimate < -745.14) return sign * 0.0;
  const Pair product = multiply(log, {y, 0.0});
  return sign * exp_pair(product);
}

double tanh(double x) {
  const double size = absolute(x);
  if (is_nan(x) || size < 0x1p-28) return x;
  if (size >= 22.0) return with_sign_of(1.0, x);
  const Pair less_one = exp_less_one(2.0 * size);
  const Pair quotient = divide(less_one, add(less_one, {2.0, 0.0}));
  return with_sign_of(quotient.hi + quotient.lo, x);
}

double remainder_trunc(double x, double y) {
  if (is_nan(x) || is_nan(y) || !is_finite(x) || y == 0) return kNan;
  double rest = absolute(x);
  const double step = absolute(y);
  if (!is_finite(step) || rest < step) return x;
  // Schoolbook division in base 2: subtracting the largest step * 2^k below the rest is exact.
  const auto exponent = [](double v) {
    const bool small = v < 0x1p-1022;  // denormals hide theirs
    const auto bits = std::bit_cast<std::uint64_t>(small ? v * 0x1p54 : v);
    return static_cast<int>(bits >> 52) - (small ? 54 : 0);
  };
  while (rest >= step) {
    const int gap = exponent(rest) - exponent(step);
    double part = step;
    for (int left = gap; left > 0; left -= 1000) part *= power_of_two(left < 1000 ? left : 1000);
    if (part > rest) part *= 0.5;
    rest -= part;
  }
  return with_sign_of(rest, x);
}

}  // namespace weir::numeric
