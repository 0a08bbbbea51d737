// Pair: a value as an unevaluated sum of two doubles, about 106 bits, and the error-free operations
// it is built from. + - * only, so that every machine gives the same bits.
//
//   const Pair sum = two_sum(a, b);       // sum.hi + sum.lo is a + b exactly
//   const Pair product = two_product(a, b);
//
// Sources: D. Knuth, TAOCP 2, 4.2.2 (two_sum); T. Dekker (1971) and G. Veltkamp (two_product).
#pragma once

#include "base/host_device.hpp"

namespace weir::numeric {

// |lo| <= ulp(hi) / 2.
struct Pair {
  double hi;
  double lo;
};

// Returns the sum and its rounding error, exactly.
WEIR_HD constexpr Pair two_sum(double a, double b) {
  const double sum = a + b;
  const double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

// The same where |a| >= |b| or a = 0.
WEIR_HD constexpr Pair fast_two_sum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

// Returns the product and its rounding error, exactly, without a fused multiply-add.
WEIR_HD constexpr Pair two_product(double a, double b) {
  constexpr double kSplit = 0x1p27 + 1;
  const double a_big = a * kSplit;
  const double a_hi = a_big - (a_big - a);
  const double a_lo = a - a_hi;
  const double b_big = b * kSplit;
  const double b_hi = b_big - (b_big - b);
  const double b_lo = b - b_hi;
  const double product = a * b;
  return {product, ((a_hi * b_hi - product) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo};
}

WEIR_HD constexpr Pair multiply(Pair a, Pair b) {
  const Pair product = two_product(a.hi, b.hi);
  return fast_two_sum(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

}  // namespace weir::numeric
