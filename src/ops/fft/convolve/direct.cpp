#include "ops/fft/convolve/direct.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/fft/convolve/direct.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::fft::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// kVectors vectors of results from full[row, column] on, all of whose terms lie within the rows of
// x: as many independent chains hide the latency of the additions.
template <std::size_t kVectors, class D>
HWY_INLINE void inside(D d, const Grid2& x, const Grid2& kernel, std::size_t row,
                       std::size_t column, double* y) {
  const std::size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d);
  auto sum1 = sum0;
  auto sum2 = sum0;
  auto sum3 = sum0;
  const std::size_t first = row < x.height ? 0 : row - x.height + 1;
  for (std::size_t p = first; p < kernel.height && p <= row; ++p) {
    const double* const factors = kernel.data + kernel.step * p;
    const double* at = x.data + x.step * (row - p) + column;
    for (std::size_t q = 0; q < kernel.width; ++q, --at) {
      const auto factor = hn::Set(d, factors[q]);
      sum0 = hn::MulAdd(factor, hn::LoadU(d, at), sum0);
      if constexpr (kVectors == 4) {
        sum1 = hn::MulAdd(factor, hn::LoadU(d, at + lanes), sum1);
        sum2 = hn::MulAdd(factor, hn::LoadU(d, at + 2 * lanes), sum2);
        sum3 = hn::MulAdd(factor, hn::LoadU(d, at + 3 * lanes), sum3);
      }
    }
  }
  hn::StoreU(sum0, d, y);
  if constexpr (kVectors == 4) {
    hn::StoreU(sum1, d, y + lanes);
    hn::StoreU(sum2, d, y + 2 * lanes);
    hn::StoreU(sum3, d, y + 3 * lanes);
  }
}

// Up to a vector of results whose terms may lie beyond the ends: those are left out, not multiplied
// by zero, so that an infinite factor does no harm.
template <class D>
HWY_NOINLINE void edge(D d, const Grid2& x, const Grid2& kernel, std::size_t row,
                       std::size_t column, std::size_t count, double* y) {
  constexpr auto kMax = static_cast<std::ptrdiff_t>(hn::MaxLanes(D()));
  HWY_ALIGN double held[hn::MaxLanes(D())];
  auto sum = hn::Zero(d);
  const auto lane = hn::Iota(d, 0.0);
  const std::size_t first = row < x.height ? 0 : row - x.height + 1;
  const auto width = static_cast<std::ptrdiff_t>(x.width);
  // Factors from the first that meets a value of the row to the last.
  const std::size_t begin = column < x.width ? 0 : column - x.width + 1;
  const std::size_t end = std::min(kernel.width, column + hn::Lanes(d));
  for (std::size_t p = first; p < kernel.height && p <= row; ++p) {
    const double* const line = x.data + x.step * (row - p);
    for (std::size_t q = begin; q < end; ++q) {
      const auto at = static_cast<std::ptrdiff_t>(column) - static_cast<std::ptrdiff_t>(q);
      const std::ptrdiff_t from = std::max<std::ptrdiff_t>(0, -at);
      const std::ptrdiff_t to = std::min(kMax, width - at);
      if (from >= to) continue;
      std::copy(line + (at + from), line + (at + to), held + from);
      const auto met = hn::And(hn::Ge(lane, hn::Set(d, static_cast<double>(from))),
                               hn::Lt(lane, hn::Set(d, static_cast<double>(to))));
      const auto factor = hn::Set(d, kernel.data[kernel.step * p + q]);
      sum = hn::IfThenElse(met, hn::MulAdd(factor, hn::Load(d, held), sum), sum);
    }
  }
  hn::Store(sum, d, held);
  std::copy(held, held + count, y);
}

void row_of(const Grid2& x, const Grid2& kernel, std::size_t row, std::size_t column, double* y,
            std::size_t count) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t c = 0;
  while (c < count) {
    const std::size_t at = column + c;
    const std::size_t left = std::min(count - c, x.width < at ? 0 : x.width - at);
    if (at + 1 < kernel.width || left < lanes) {
      const std::size_t now = std::min(lanes, count - c);
      edge(d, x, kernel, row, at, now, y + c);
      c += now;
    } else if (left >= 4 * lanes) {
      inside<4>(d, x, kernel, row, at, y + c);
      c += 4 * lanes;
    } else {
      inside<1>(d, x, kernel, row, at, y + c);
      c += lanes;
    }
  }
}

}  // namespace weir::ops::fft::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops::fft {

HWY_EXPORT(row_of);

void direct_row(const Grid2& x, const Grid2& kernel, std::size_t row, std::size_t column,
                std::span<double> y) {
  HWY_DYNAMIC_DISPATCH(row_of)(x, kernel, row, column, y.data(), y.size());
}

}  // namespace weir::ops::fft
#endif
