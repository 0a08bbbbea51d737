#include "ops/matrix/packed/packed_product.hpp"

#include <algorithm>

#include "base/aligned.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matrix/packed/packed_product.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/matrix/packed/micro_kernel_inl.hpp"

#ifndef WEIR_OPS_MATRIX_PACKED_PRODUCT_BLOCKS
#define WEIR_OPS_MATRIX_PACKED_PRODUCT_BLOCKS
namespace weir::ops {

// A block of A (kBlockRows x kPanelDepth) stays in the second cache level, one of B in the third.
inline constexpr std::size_t kBlockRows = 192;   // a multiple of 12 and 6
inline constexpr std::size_t kBlockCols = 2048;  // a multiple of every panel width
inline constexpr std::size_t kPanelDepth = 256;

template <class T>
struct Panels {
  T* a;
  T* b;
};

}  // namespace weir::ops
#endif

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace {

static_assert(kPanelDepth <= kPanelDepthMax);

// The panels of a block of B. Few rows of C use each but once or twice: then the whole panels are
// read where B lies, and only what is left at the edge is packed.
template <class In, class T>
class PanelsOfB {
 public:
  PanelsOfB(const In* b, std::size_t depth, std::size_t cols, const Strided2d<In>& steps,
            std::size_t width, bool in_place, T* memory)
      : b_(b), memory_(memory), depth_(depth), b_step_(steps.row_step), width_(width) {
    if constexpr (std::is_same_v<In, T>) {
      if (in_place && steps.col_step == 1) in_place_cols_ = cols / width * width;
    }
    pack_panels(b + in_place_cols_ * steps.col_step, cols - in_place_cols_, steps.col_step, depth,
                steps.row_step, width, memory + in_place_cols_ * depth);
  }
  const T* at(std::size_t col) const {
    if constexpr (std::is_same_v<In, T>) {
      if (col < in_place_cols_) return b_ + col;
    }
    return memory_ + col * depth_;
  }
  std::size_t step(std::size_t col) const { return col < in_place_cols_ ? b_step_ : width_; }

 private:
  const In* b_;
  T* memory_;
  std::size_t depth_, b_step_, width_;
  std::size_t in_place_cols_ = 0;
};

template <class In, class T>
void product_impl(const ProductShape& shape, T alpha, Strided2d<In> a, Strided2d<In> b, T beta,
                  RowMajorOut<T> c, const Panels<T>& panels) {
  const hn::ScalableTag<T> d;
  const std::size_t width = 2 * hn::Lanes(d);
  const bool few_rows = shape.m <= kTileRows;
  for (std::size_t col = 0; col < shape.n; col += kBlockCols) {
    const std::size_t cols = std::min(kBlockCols, shape.n - col);
    for (std::size_t from = 0; from < shape.k; from += kPanelDepth) {
      const std::size_t depth = std::min(kPanelDepth, shape.k - from);
      const PanelsOfB<In, T> block_b(b.data + from * b.row_step + col * b.col_step, depth, cols, b,
                                     width, few_rows, panels.b);
      const T keep = from == 0 ? beta : T{1};
      for (std::size_t row = 0; row < shape.m; row += kBlockRows) {
        const std::size_t rows = std::min(kBlockRows, shape.m - row);
        pack_panels(a.data + row * a.row_step + from * a.col_step, rows, a.row_step, depth,
                    a.col_step, kTileRows, panels.a);
        for (std::size_t j = 0; j < cols; j += width) {
          for (std::size_t i = 0; i < rows; i += kTileRows) {
            const Tile<T> tile{c.data + (row + i) * c.row_step + col + j,
                               c.row_step,
                               std::min(kTileRows, rows - i),
                               std::min(width, cols - j),
                               alpha,
                               keep};
            multiply_panels(d, depth, panels.a + i * depth, block_b.at(j), block_b.step(j), tile);
          }
        }
      }
    }
  }
}

void product_f64(const ProductShape& shape, double alpha, Strided2d<double> a, Strided2d<double> b,
                 double beta, RowMajorOut<double> c, const Panels<double>& panels) {
  product_impl(shape, alpha, a, b, beta, c, panels);
}
void product_f32(const ProductShape& shape, float alpha, Strided2d<float> a, Strided2d<float> b,
                 float beta, RowMajorOut<float> c, const Panels<float>& panels) {
  product_impl(shape, alpha, a, b, beta, c, panels);
}
void product_bf16(const ProductShape& shape, float alpha, Strided2d<BFloat16> a,
                  Strided2d<BFloat16> b, float beta, RowMajorOut<float> c,
                  const Panels<float>& panels) {
  product_impl(shape, alpha, a, b, beta, c, panels);
}
void product_f16(const ProductShape& shape, float alpha, Strided2d<Float16> a, Strided2d<Float16> b,
                 float beta, RowMajorOut<float> c, const Panels<float>& panels) {
  product_impl(shape, alpha, a, b, beta, c, panels);
}

}  // namespace
}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(product_f64);
HWY_EXPORT(product_f32);
HWY_EXPORT(product_bf16);
HWY_EXPORT(product_f16);

// The panels of this thread, as large as its largest product needed.
template <class T>
Panels<T> panels_for(const ProductShape& shape) {
  thread_local AlignedBuffer<T> memory;
  constexpr std::size_t kWidest = 32;
  const auto round_up = [](std::size_t n, std::size_t to) { return (n + to - 1) / to * to; };
  const std::size_t depth = std::min(shape.k, kPanelDepth);
  const std::size_t a = round_up(std::min(shape.m, kBlockRows), 12) * depth;
  const std::size_t b = round_up(std::min(shape.n, kBlockCols), kWidest) * depth;
  const std::size_t a_part = round_up(a, 64 / sizeof(T));
  if (memory.size() < a_part + b) memory = AlignedBuffer<T>(a_part + b);
  return {memory.data(), memory.data() + a_part};
}

// beta C, which is all there is when no product is added.
template <class T>
void scale_only(const ProductShape& shape, T beta, RowMajorOut<T> c) {
  for (std::size_t r = 0; r < shape.m; ++r) {
    T* row = c.data + r * c.row_step;
    for (std::size_t i = 0; i < shape.n; ++i) row[i] = beta == T{} ? T{} : beta * row[i];
  }
}

}  // namespace

template <class In>
void packed_product(const ProductShape& shape, SumOf<In> alpha, Strided2d<In> a, Strided2d<In> b,
                    SumOf<In> beta, RowMajorOut<SumOf<In>> c) {
  if (shape.m == 0 || shape.n == 0) return;
  if (shape.k == 0 || alpha == SumOf<In>{}) return scale_only(shape, beta, c);
  const Panels<SumOf<In>> panels = panels_for<SumOf<In>>(shape);
  if constexpr (std::is_same_v<In, double>) {
    HWY_DYNAMIC_DISPATCH(product_f64)(shape, alpha, a, b, beta, c, panels);
  } else if constexpr (std::is_same_v<In, float>) {
    HWY_DYNAMIC_DISPATCH(product_f32)(shape, alpha, a, b, beta, c, panels);
  } else if constexpr (std::is_same_v<In, BFloat16>) {
    HWY_DYNAMIC_DISPATCH(product_bf16)(shape, alpha, a, b, beta, c, panels);
  } else {
    HWY_DYNAMIC_DISPATCH(product_f16)(shape, alpha, a, b, beta, c, panels);
  }
}

template void packed_product(const ProductShape&, double, Strided2d<double>, Strided2d<double>,
                             double, RowMajorOut<double>);
template void packed_product(const ProductShape&, float, Strided2d<float>, Strided2d<float>, float,
                             RowMajorOut<float>);
template void packed_product(const ProductShape&, float, Strided2d<BFloat16>, Strided2d<BFloat16>,
                             float, RowMajorOut<float>);
template void packed_product(const ProductShape&, float, Strided2d<Float16>, Strided2d<Float16>,
                             float, RowMajorOut<float>);

}  // namespace weir::ops
#endif
