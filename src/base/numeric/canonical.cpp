#include "base/numeric/canonical.hpp"

#include <algorithm>

#include "base/check.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/numeric/canonical.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "base/numeric/canonical_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::numeric::HWY_NAMESPACE {

// Joins partial(from, n) of all blocks of `size` values.
template <class Partial>
auto over_blocks(std::size_t size, Partial partial) {
  if (size <= kCanonicalBlock) return partial(std::size_t{0}, size);
  CanonicalCounter<decltype(partial(std::size_t{0}, size))> counter;
  for (std::size_t from = 0; from < size; from += kCanonicalBlock) {
    counter.push(partial(from, std::min(kCanonicalBlock, size - from)));
  }
  return counter.result();
}

template <class T>
double sum_of(const T* x, std::size_t size) {
  return over_blocks(size, [&](std::size_t from, std::size_t n)
                               HWY_ATTR { return block_sum_vector(x + from, n); });
}
template <class T>
double dot_of(const T* x, const T* y, std::size_t size) {
  return over_blocks(size, [&](std::size_t from, std::size_t n)
                               HWY_ATTR { return block_dot_vector(x + from, y + from, n); });
}
template <class T>
Compensated neumaier_of(const T* x, std::size_t size) {
  return over_blocks(size, [&](std::size_t from, std::size_t n)
                               HWY_ATTR { return block_compensated_vector(x + from, n); });
}

template <class T>
Moments moments_of(const T* x, std::size_t size) {
  CanonicalCounter<Moments> counter;
  const std::size_t whole = size / kCanonicalBlock;
  double m0 = whole == 0 ? 0.0 : block_sum_vector(x, kCanonicalBlock) / kCanonicalBlock;
  for (std::size_t b = 0; b < whole; ++b) {
    const T* at = x + b * kCanonicalBlock;
    const T* next = b + 1 < whole ? at + kCanonicalBlock : at;
    const MomentFolds folds = moments_pass<false>(at, m0, next);
    counter.push(moments_of_block(kCanonicalBlock, m0, folds.d, folds.q, folds.qd, folds.qq));
    m0 = folds.next_sum / kCanonicalBlock;
  }
  const std::size_t left = size - whole * kCanonicalBlock;
  if (left != 0) {
    const T* at = x + whole * kCanonicalBlock;
    counter.push(block_moments(
        left, [&](std::size_t i) { return static_cast<double>(at[i]); },
        [](std::size_t) { return true; }));
  }
  return counter.result();
}

// The two halves of the biased values are summed apart: each stays below 2^64 for 2^32 values.
Int128 exact_sum_of(const std::int64_t* x, std::size_t size) {
  const hn::ScalableTag<std::uint64_t> d;
  const auto bias = hn::Set(d, std::uint64_t{1} << 63);
  const auto mask = hn::Set(d, 0xFFFFFFFFU);
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  Int128 total = 0;
  std::size_t i = 0;
  while (i + 2 * hn::Lanes(d) <= size) {
    const std::size_t end = std::min(size, i + kPiece);
    auto low = hn::Zero(d), low2 = low, high = low, high2 = low;
    std::size_t taken = 0;
    for (; i + 2 * hn::Lanes(d) <= end; i += 2 * hn::Lanes(d), taken += 2 * hn::Lanes(d)) {
      const auto* from = reinterpret_cast<const std::uint64_t*>(x + i);
      const auto a = hn::Xor(hn::LoadU(d, from), bias);
      const auto b = hn::Xor(hn::LoadU(d, from + hn::Lanes(d)), bias);
      low = hn::Add(low, hn::And(a, mask));
      high = hn::Add(high, hn::ShiftRight<32>(a));
      low2 = hn::Add(low2, hn::And(b, mask));
      high2 = hn::Add(high2, hn::ShiftRight<32>(b));
    }
    const std::uint64_t lows = hn::GetLane(hn::SumOfLanes(d, hn::Add(low, low2)));
    const std::uint64_t highs = hn::GetLane(hn::SumOfLanes(d, hn::Add(high, high2)));
    total += (static_cast<Int128>(highs) << 32) + static_cast<Int128>(lows) -
             (static_cast<Int128>(taken) << 63);
  }
  for (; i < size; ++i) total += x[i];
  return total;
}

double sum_f64(const double* x, std::size_t n) {
  return sum_of(x, n);
}
double sum_f32(const float* x, std::size_t n) {
  return sum_of(x, n);
}
double dot_f64(const double* x, const double* y, std::size_t n) {
  return dot_of(x, y, n);
}
double dot_f32(const float* x, const float* y, std::size_t n) {
  return dot_of(x, y, n);
}
Compensated neumaier_f64(const double* x, std::size_t n) {
  return neumaier_of(x, n);
}
Compensated neumaier_f32(const float* x, std::size_t n) {
  return neumaier_of(x, n);
}
Moments moments_f64(const double* x, std::size_t n) {
  return moments_of(x, n);
}
Moments moments_f32(const float* x, std::size_t n) {
  return moments_of(x, n);
}

}  // namespace weir::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::numeric {

HWY_EXPORT(sum_f64);
HWY_EXPORT(sum_f32);
HWY_EXPORT(dot_f64);
HWY_EXPORT(dot_f32);
HWY_EXPORT(neumaier_f64);
HWY_EXPORT(neumaier_f32);
HWY_EXPORT(moments_f64);
HWY_EXPORT(moments_f32);
HWY_EXPORT(exact_sum_of);

double canonical_sum(std::span<const double> x) {
  return one_nan(HWY_DYNAMIC_DISPATCH(sum_f64)(x.data(), x.size()));
}
double canonical_sum(std::span<const float> x) {
  return one_nan(HWY_DYNAMIC_DISPATCH(sum_f32)(x.data(), x.size()));
}
double canonical_dot(std::span<const double> x, std::span<const double> y) {
  CHECK_EQ(x.size(), y.size());
  return one_nan(HWY_DYNAMIC_DISPATCH(dot_f64)(x.data(), y.data(), x.size()));
}
double canonical_dot(std::span<const float> x, std::span<const float> y) {
  CHECK_EQ(x.size(), y.size());
  return one_nan(HWY_DYNAMIC_DISPATCH(dot_f32)(x.data(), y.data(), x.size()));
}
Compensated neumaier_sum(std::span<const double> x) {
  return one_nan(HWY_DYNAMIC_DISPATCH(neumaier_f64)(x.data(), x.size()));
}
Compensated neumaier_sum(std::span<const float> x) {
  return one_nan(HWY_DYNAMIC_DISPATCH(neumaier_f32)(x.data(), x.size()));
}
Moments canonical_moments(std::span<const double> x) {
  return one_nan(HWY_DYNAMIC_DISPATCH(moments_f64)(x.data(), x.size()));
}
Moments canonical_moments(std::span<const float> x) {
  return one_nan(HWY_DYNAMIC_DISPATCH(moments_f32)(x.data(), x.size()));
}
Int128 exact_sum(std::span<const std::int64_t> x) {
  return HWY_DYNAMIC_DISPATCH(exact_sum_of)(x.data(), x.size());
}

}  // namespace weir::numeric
#endif
