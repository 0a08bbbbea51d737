#include "model/numeric/vector_steps.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/numeric/vector_steps.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// highway.h comes first.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace weir::model::steps::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
constexpr std::size_t kWidth = hn::MaxLanes(D());

double sum_all(const double* x, std::size_t n) {
  const D d;
  V a = hn::Zero(d);
  V b = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    a = hn::Add(a, hn::LoadU(d, x + i));
    b = hn::Add(b, hn::LoadU(d, x + i + kWidth));
  }
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b)));
  for (; i < n; ++i) sum += x[i];
  return sum;
}

double dot_all(const double* x, const double* y, std::size_t n) {
  const D d;
  V a = hn::Zero(d);
  V b = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    a = hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, y + i), a);
    b = hn::MulAdd(hn::LoadU(d, x + i + kWidth), hn::LoadU(d, y + i + kWidth), b);
  }
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b)));
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

void extremes_all(const double* x, std::size_t n, double* low_out, double* high_out) {
  const D d;
  double low = x[0];
  double high = x[0];
  std::size_t i = 0;
  if (n >= kWidth) {
    V lows = hn::LoadU(d, x);
    V highs = lows;
    for (i = kWidth; i + kWidth <= n; i += kWidth) {
      const V values = hn::LoadU(d, x + i);
      lows = hn::Min(lows, values);
      highs = hn::Max(highs, values);
    }
    low = hn::GetLane(hn::MinOfLanes(d, lows));
    high = hn::GetLane(hn::MaxOfLanes(d, highs));
  }
  for (; i < n; ++i) {
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
  }
  *low_out = low;
  *high_out = high;
}

void bin_all(const double* x, double k, std::size_t n, double* real_out, double* imaginary_out) {
  const D d;
  const double turn = 2 * std::numbers::pi * k / static_cast<double>(n);
  const V turns = hn::Set(d, turn);
  V reals = hn::Zero(d);
  V imaginaries = hn::Zero(d);
  std::size_t t = 0;
  for (; t + kWidth <= n; t += kWidth) {
    const V angle = hn::Mul(turns, hn::Iota(d, static_cast<double>(t)));
    const V values = hn::LoadU(d, x + t);
    reals = hn::MulAdd(values, hn::Cos(d, angle), reals);
    imaginaries = hn::NegMulAdd(values, hn::Sin(d, angle), imaginaries);
  }
  double real = hn::GetLane(hn::SumOfLanes(d, reals));
  double imaginary = hn::GetLane(hn::SumOfLanes(d, imaginaries));
  for (; t < n; ++t) {
    real += x[t] * std::cos(turn * static_cast<double>(t));
    imaginary -= x[t] * std::sin(turn * static_cast<double>(t));
  }
  *real_out = real;
  *imaginary_out = imaginary;
}

void subtract_one(const double* x, double y, double* out, std::size_t n) {
  const D d;
  const V ys = hn::Set(d, y);
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) hn::StoreU(hn::Sub(hn::LoadU(d, x + i), ys), d, out + i);
  for (; i < n; ++i) out[i] = x[i] - y;
}

void subtract_all(const double* x, const double* y, double* out, std::size_t n) {
  const D d;
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    hn::StoreU(hn::Sub(hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, out + i);
  }
  for (; i < n; ++i) out[i] = x[i] - y[i];
}

void multiply_all(const double* x, const double* y, double* out, std::size_t n) {
  const D d;
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, out + i);
  }
  for (; i < n; ++i) out[i] = x[i] * y[i];
}

void add_all(const double* x, double* out, std::size_t n) {
  const D d;
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    hn::StoreU(hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, out + i)), d, out + i);
  }
  for (; i < n; ++i) out[i] += x[i];
}

}  // namespace weir::model::steps::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::model::steps {

HWY_EXPORT(sum_all);
HWY_EXPORT(dot_all);
HWY_EXPORT(extremes_all);
HWY_EXPORT(bin_all);
HWY_EXPORT(subtract_one);
HWY_EXPORT(subtract_all);
HWY_EXPORT(multiply_all);
HWY_EXPORT(add_all);

double sum(std::span<const double> x) {
  return HWY_DYNAMIC_DISPATCH(sum_all)(x.data(), x.size());
}

double dot(std::span<const double> x, std::span<const double> y) {
  CHECK_EQ(x.size(), y.size());
  return HWY_DYNAMIC_DISPATCH(dot_all)(x.data(), y.data(), x.size());
}

Extremes extremes(std::span<const double> x) {
  CHECK(!x.empty());
  Extremes found{};
  HWY_DYNAMIC_DISPATCH(extremes_all)(x.data(), x.size(), &found.low, &found.high);
  return found;
}

Bin bin(std::span<const double> x, std::size_t k) {
  Bin found{};
  HWY_DYNAMIC_DISPATCH(bin_all)
  (x.data(), static_cast<double>(k), x.size(), &found.real, &found.imaginary);
  return found;
}

void subtract(std::span<const double> x, double y, std::span<double> out) {
  CHECK_EQ(x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(subtract_one)(x.data(), y, out.data(), x.size());
}

void subtract(std::span<const double> x, std::span<const double> y, std::span<double> out) {
  CHECK_EQ(x.size(), y.size());
  CHECK_EQ(x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(subtract_all)(x.data(), y.data(), out.data(), x.size());
}

void multiply(std::span<const double> x, std::span<const double> y, std::span<double> out) {
  CHECK_EQ(x.size(), y.size());
  CHECK_EQ(x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(multiply_all)(x.data(), y.data(), out.data(), x.size());
}

void add_to(std::span<const double> x, std::span<double> out) {
  CHECK_EQ(x.size(), out.size());
  HWY_DYNAMIC_DISPATCH(add_all)(x.data(), out.data(), x.size());
}

}  // namespace weir::model::steps
#endif
