// packed_product: C = alpha A B + beta C on the calling thread, by our own blocked kernel.
//
//   packed_product<double>({.m = 3, .n = 2, .k = 4}, 1.0, {a, 4, 1}, {b, 2, 1}, 0.0, {c, 2});
//   packed_product<double>({.m = 3, .n = 2, .k = 4}, 1.0, {at, 1, 3}, ...);   // A lies transposed
//
// Blocks of A and B are copied into panels of the micro kernel's height and width, which converts
// 16-bit elements to f32 and undoes any transposition on the way; a micro kernel of 12 x 2 vectors
// (6 x 2 below AVX-512) multiplies panels out of the first two cache levels. An element of C adds
// its products in rising k with one fused (below AVX2: separate) addition each, in runs of
// kPanelDepth whose sums are then added up: it depends neither on the size of C nor on where in it
// the element lies, so tasks may cut C anywhere.
// Source: Goto and van de Geijn, Anatomy of high-performance matrix multiplication, 2008.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "ops/matrix/float16.hpp"

namespace weir::ops {

// C is m x n, the sums run over k.
struct ProductShape {
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
};

// Element (r, c) lies at data[r * row_step + c * col_step]; one of the steps is 1.
template <class T>
struct Strided2d {
  const T* data;
  std::size_t row_step;
  std::size_t col_step;
};

// Element (r, c) lies at data[r * row_step + c].
template <class T>
struct RowMajorOut {
  T* data;
  std::size_t row_step;
};

// What products of In are summed in.
template <class In>
using SumOf = std::conditional_t<std::is_same_v<In, double>, double, float>;

// In: double, float, BFloat16, Float16. beta = 0 does not read C; alpha = 0 or k = 0 reads neither
// A nor B. NaN and infinities go through as IEEE says. Thread-safe; the first call of a thread
// allocates its panels (at most 5 MiB), later ones nothing.
template <class In>
void packed_product(const ProductShape& shape, SumOf<In> alpha, Strided2d<In> a, Strided2d<In> b,
                    SumOf<In> beta, RowMajorOut<SumOf<In>> c);

}  // namespace weir::ops
