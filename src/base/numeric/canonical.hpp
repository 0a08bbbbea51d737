// Canonical sums: sums, dot products, compensated sums and moments in one prescribed order of
// operations, so that every instruction set, thread count, chunk length and device gives the same
// bits.
//
//   const double total = numeric::canonical_sum(x);              // span of double or float
//   const double product = numeric::canonical_dot(x, y);
//   const double careful = numeric::neumaier_sum(x).value();
//   const Moments m = numeric::canonical_moments(x);             // m.mean, m.m2 / m.count, ...
//
// The order. The array is cut into blocks of 1,024 from its first element. Element i of a block
// goes to lane i mod 32, in rising i; lanes start at +0.0. Lanes fold: for h = 16, 8, 4, 2, 1:
// lane[j] = join(lane[j], lane[j + h]). Block partials join in a binary counter. Nothing is
// contracted to a fused multiply-add.
//
// In parallel: cut at multiples of 2^k blocks, take the canonical_... of each piece (that is its
// partial of level k) and join them in order:
//
//   CanonicalCounter<double> counter;
//   for (double piece : partials) counter.push_level(piece, k);   // the last one may be shorter
//   const double total = counter.result();
//
// An element that does not count (null, masked) keeps its place and adds nothing. The pieces marked
// WEIR_HD are for kernels too. Pure functions: thread-safe, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "base/host_device.hpp"
#include "base/numeric/pair.hpp"

namespace weir::numeric {

inline constexpr std::size_t kCanonicalBlock = 1024;
inline constexpr std::size_t kCanonicalLanes = 32;

// A sum and the rounding errors it has made so far (Neumaier).
struct Compensated {
  double sum = 0;
  double error = 0;

  // Returns the compensated sum, or the plain one where that is not finite. Its error is at most
  // u |S| + 2 (n u)^2 sum |x|, u = 2^-53.
  WEIR_HD double value() const {
    return sum - sum == 0 ? sum + error : sum;  // infinities and NaN less themselves are NaN
  }
  friend bool operator==(const Compensated&, const Compensated&) = default;
};

// Returns `to` with x added: TwoSum, which gives the rounding error exactly.
WEIR_HD inline Compensated compensated_add(Compensated to, double x) {
  const Pair sum = two_sum(to.sum, x);
  return {sum.hi, to.error + sum.lo};
}

// The number of values, their mean and the sums of the powers of their distances from it. All zero
// where there are no values. Population variance m2 / count.
struct Moments {
  double count = 0;
  double mean = 0;
  double m2 = 0;
  double m3 = 0;
  double m4 = 0;
  friend bool operator==(const Moments&, const Moments&) = default;
};

// Returns what the values of a block have, from their mean m0 = sum / n and the folds of d = x -
// m0, q = d * d, q * d and q * q.
WEIR_HD inline Moments moments_of_block(double n, double m0, double d, double q, double qd,
                                        double qq) {
  if (n == 0) return {};
  const double e = d / n;
  return {n, m0 + e, q - (e * e) * n, qd - (3 * e) * q, qq - (4 * e) * qd};
}

// How two neighbouring partials become one; `a` holds the elements that come first.
struct CanonicalJoin {
  WEIR_HD double operator()(double a, double b) const { return a + b; }
  WEIR_HD Compensated operator()(const Compensated& a, const Compensated& b) const {
    const Compensated sum = compensated_add({a.sum, 0.0}, b.sum);
    return {sum.sum, (a.error + b.error) + sum.error};
  }
  WEIR_HD Moments operator()(const Moments& a, const Moments& b) const {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    const double n = a.count + b.count;
    const double d = b.mean - a.mean;
    const double r = d / n;
    const double p = a.count * b.count;
    const double aa = a.count * a.count;
    const double bb = b.count * b.count;
    const double m2 = (a.m2 + b.m2) + (d * r) * p;
    const double m3 = ((a.m3 + b.m3) + ((d * r) * r) * (p * (a.count - b.count))) +
                      (3 * r) * (a.count * b.m2 - b.count * a.m2);
    const double m4 = (((a.m4 + b.m4) + (((d * r) * r) * r) * (p * ((aa - p) + bb))) +
                       (6 * (r * r)) * (aa * b.m2 + bb * a.m2)) +
                      (4 * r) * (a.count * b.m3 - b.count * a.m3);
    return {n, a.mean + r * b.count, m2, m3, m4};
  }
};

// Which NaN an operation gives depends on the machine: results carry this one instead.
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
WEIR_HD inline double one_nan(double x) {
  return x == x ? x : kNan;
}
WEIR_HD inline Compensated one_nan(const Compensated& x) {
  return {one_nan(x.sum), one_nan(x.error)};
}
WEIR_HD inline Moments one_nan(const Moments& x) {
  return {x.count, one_nan(x.mean), one_nan(x.m2), one_nan(x.m3), one_nan(x.m4)};
}

// Joins the 32 lanes of a block; lanes[0] becomes, and is, the result.
template <class T, class Join = CanonicalJoin>
WEIR_HD T fold_lanes(T* lanes, Join join = {}) {
  for (std::size_t half = kCanonicalLanes / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) lanes[j] = join(lanes[j], lanes[j + half]);
  }
  return lanes[0];
}

// Joins the partials of blocks, which come in order, as a binary counter adds ones. kDepth levels
// are enough for 2^kDepth - 1 partials.
template <class T, class Join = CanonicalJoin, unsigned kDepth = 64>
class CanonicalCounter {
 public:
  // Takes the partial of the next block.
  WEIR_HD void push(const T& partial) { push_level(partial, 0); }

  // Takes the partial of the next 2^level blocks; so far a multiple of that many must have been
  // pushed. Only the last partial of all may stand for fewer.
  WEIR_HD void push_level(const T& partial, unsigned level) {
    T joined = partial;
    for (std::uint64_t ones = blocks_ >> level; (ones & 1) != 0; ones >>= 1) {
      joined = join_(stack_[--depth_], joined);
    }
    stack_[depth_++] = joined;
    blocks_ += std::uint64_t{1} << level;
  }

  // Returns the join of all; T{} if there are none. More may be pushed afterwards.
  WEIR_HD T result() const {
    if (depth_ == 0) return T{};
    T joined = stack_[depth_ - 1];
    for (unsigned i = depth_ - 1; i != 0; --i) joined = join_(stack_[i - 1], joined);
    return joined;
  }

 private:
  T stack_[kDepth] = {};
  std::uint64_t blocks_ = 0;
  unsigned depth_ = 0;
  [[no_unique_address]] Join join_ = {};
};

// The partials of one block of n <= 1,024 values read(0) ... read(n - 1): the plain forms, which
// define what the fast ones compute.
template <class Read>
WEIR_HD double block_sum(std::size_t n, Read read) {
  double lanes[kCanonicalLanes] = {};
  for (std::size_t i = 0; i < n; ++i) lanes[i % kCanonicalLanes] += read(i);
  return fold_lanes(lanes);
}

template <class Read>
WEIR_HD Compensated block_compensated(std::size_t n, Read read) {
  Compensated lanes[kCanonicalLanes] = {};
  for (std::size_t i = 0; i < n; ++i) {
    lanes[i % kCanonicalLanes] = compensated_add(lanes[i % kCanonicalLanes], read(i));
  }
  return fold_lanes(lanes);
}

// counts(i): whether value i is there.
template <class Read, class Counts>
WEIR_HD Moments block_moments(std::size_t n, Read read, Counts counts) {
  double valid = 0;
  for (std::size_t i = 0; i < n; ++i) valid += counts(i) ? 1.0 : 0.0;
  if (valid == 0) return {};
  const double m0 = block_sum(n, [&](std::size_t i) { return counts(i) ? read(i) : 0.0; }) / valid;
  const auto distance = [&](std::size_t i) { return counts(i) ? read(i) - m0 : 0.0; };
  const auto square = [&](std::size_t i) { return distance(i) * distance(i); };
  return moments_of_block(valid, m0, block_sum(n, distance), block_sum(n, square),
                          block_sum(n, [&](std::size_t i) { return square(i) * distance(i); }),
                          block_sum(n, [&](std::size_t i) { return square(i) * square(i); }));
}

// The fast forms: the widest vector unit allowed, the bits of the plain forms after one_nan. Floats
// are widened first. An empty span gives zero.
double canonical_sum(std::span<const double> x);
double canonical_sum(std::span<const float> x);
Compensated neumaier_sum(std::span<const double> x);
Compensated neumaier_sum(std::span<const float> x);
// Returns the canonical sum of the rounded products x[i] * y[i]; x and y are equally long
// (CHECKed).
double canonical_dot(std::span<const double> x, std::span<const double> y);
double canonical_dot(std::span<const float> x, std::span<const float> y);
Moments canonical_moments(std::span<const double> x);
Moments canonical_moments(std::span<const float> x);

// Returns the sum of integers, exactly; it cannot overflow.
using Int128 = __int128;
Int128 exact_sum(std::span<const std::int64_t> x);

}  // namespace weir::numeric
