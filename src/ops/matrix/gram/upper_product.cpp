#include "ops/matrix/gram/upper_product.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matrix/gram/upper_product.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::gram::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<double>;

// 24 sums, two vectors of the columns and an operand from memory fill 32 registers; 12 fill 16.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kTileRows = 12;
#else
constexpr std::size_t kTileRows = 6;
#endif
constexpr std::size_t kVectors = 2;

void copy_shifted(ConstRows from, std::size_t rows, std::size_t cols, const double* shift,
                  Rows to) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < rows; ++r) {
    const double* in = from.first + r * from.stride;
    double* out = to.first + r * to.stride;
    std::size_t c = 0;
    for (; c + lanes <= cols; c += lanes)
      hn::StoreU(hn::Sub(hn::LoadU(d, in + c), hn::LoadU(d, shift + c)), d, out + c);
    for (; c < cols; ++c) out[c] = in[c] - shift[c];
  }
}

// c[0, kTileRows) x [0, two vectors) += the products of columns at `left` and at `right`.
HWY_NOINLINE void add_tile(const double* HWY_RESTRICT left, const double* HWY_RESTRICT right,
                           std::size_t stride, std::size_t rows, double* HWY_RESTRICT c,
                           std::size_t c_stride) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<D> sums[kTileRows][kVectors];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kTileRows; ++i) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) sums[i][v] = hn::Zero(d);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    hn::Vec<D> columns[kVectors];
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, right + v * lanes);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const auto element = hn::Set(d, left[i]);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v)
        sums[i][v] = hn::MulAdd(element, columns[v], sums[i][v]);
    }
    left += stride;
    right += stride;
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kTileRows; ++i) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) {
      double* to = c + i * c_stride + v * lanes;
      hn::StoreU(hn::Add(hn::LoadU(d, to), sums[i][v]), d, to);
    }
  }
}

void add_upper_product(ConstRows z, std::size_t rows, std::size_t cols, Rows c) {
  const std::size_t width = kVectors * hn::Lanes(D());
  for (std::size_t j = 0; j < cols; j += width) {
    for (std::size_t i = 0; i < std::min(cols, j + width); i += kTileRows)
      add_tile(z.first + i, z.first + j, z.stride, rows, c.first + i * c.stride + j, c.stride);
  }
}

}  // namespace
}  // namespace weir::ops::gram::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops::gram {

HWY_EXPORT(copy_shifted);
HWY_EXPORT(add_upper_product);

void copy_shifted(ConstRows from, std::size_t rows, std::size_t cols, const double* shift,
                  Rows to) {
  HWY_DYNAMIC_DISPATCH(copy_shifted)(from, rows, cols, shift, to);
}

void add_upper_product(ConstRows z, std::size_t rows, std::size_t cols, Rows c) {
  HWY_DYNAMIC_DISPATCH(add_upper_product)(z, rows, cols, c);
}

}  // namespace weir::ops::gram
#endif
