#include "ops/matrix/multiply/byte_product.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matrix/multiply/byte_product.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// row += element * in, all of it s32: a byte times a byte summed 65,536 times stays below 2^31.
void add_scaled_row(std::int32_t element, const std::int8_t* in, std::size_t count,
                    std::int32_t* row) {
  const hn::ScalableTag<std::int32_t> d;
  const hn::Rebind<std::int8_t, decltype(d)> bytes;
  const auto factor = hn::Set(d, element);
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= count; j += hn::Lanes(d)) {
    const auto values = hn::PromoteTo(d, hn::LoadU(bytes, in + j));
    hn::StoreU(hn::Add(hn::LoadU(d, row + j), hn::Mul(factor, values)), d, row + j);
  }
  for (; j < count; ++j) row[j] += element * in[j];
}

template <class A>
void rows_impl(const ProductShape& shape, Strided2d<A> a, Strided2d<std::int8_t> b,
               RowMajorOut<std::int32_t> c) {
  for (std::size_t i = 0; i < shape.m; ++i) {
    std::int32_t* row = c.data + i * c.row_step;
    for (std::size_t j = 0; j < shape.n; ++j) row[j] = 0;
    if (b.col_step == 1) {
      for (std::size_t k = 0; k < shape.k; ++k) {
        const A element = a.data[i * a.row_step + k * a.col_step];
        if (element != 0) add_scaled_row(element, b.data + k * b.row_step, shape.n, row);
      }
      continue;
    }
    for (std::size_t j = 0; j < shape.n; ++j) {
      std::int32_t sum = 0;
      const std::int8_t* column = b.data + j * b.col_step;
      for (std::size_t k = 0; k < shape.k; ++k) {
        sum += std::int32_t{a.data[i * a.row_step + k * a.col_step]} * column[k * b.row_step];
      }
      row[j] = sum;
    }
  }
}

void unsigned_rows(const ProductShape& shape, Strided2d<std::uint8_t> a, Strided2d<std::int8_t> b,
                   RowMajorOut<std::int32_t> c) {
  rows_impl(shape, a, b, c);
}
void signed_rows(const ProductShape& shape, Strided2d<std::int8_t> a, Strided2d<std::int8_t> b,
                 RowMajorOut<std::int32_t> c) {
  rows_impl(shape, a, b, c);
}

}  // namespace
}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(unsigned_rows);
HWY_EXPORT(signed_rows);

}  // namespace

void byte_product(const ProductShape& shape, Strided2d<std::uint8_t> a, Strided2d<std::int8_t> b,
                  RowMajorOut<std::int32_t> c) {
  HWY_DYNAMIC_DISPATCH(unsigned_rows)(shape, a, b, c);
}

void byte_product(const ProductShape& shape, Strided2d<std::int8_t> a, Strided2d<std::int8_t> b,
                  RowMajorOut<std::int32_t> c) {
  HWY_DYNAMIC_DISPATCH(signed_rows)(shape, a, b, c);
}

}  // namespace weir::ops
#endif
