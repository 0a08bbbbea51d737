// MatrixView<T>, MutableMatrixView<T>: row-major matrices that somebody else owns.
//
//   const MatrixView<double> a(values.data(), 3, 4);        // [3, 4], packed
//   const MatrixView<double> right = a.block(0, 2, 3, 2);   // its last two columns, in place
//   Matrix<double> c(3, 2);                                 // owns 64-byte aligned zeros
//   c.view()(1, 0) = right(1, 0);
//
// Element (r, c) lies at data[r * stride + c]; stride >= cols, in elements. Views are plain data
// and valid as long as what they point to. Indices are not checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/aligned.hpp"
#include "ops/matrix/float16.hpp"

namespace weir::ops {

template <class T, class Pointer>
struct BasicMatrixView {
  Pointer data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;

  constexpr BasicMatrixView() = default;
  constexpr BasicMatrixView(Pointer first, std::size_t row_count, std::size_t col_count)
      : BasicMatrixView(first, row_count, col_count, col_count) {}
  constexpr BasicMatrixView(Pointer first, std::size_t row_count, std::size_t col_count,
                            std::size_t row_stride)
      : data(first), rows(row_count), cols(col_count), stride(row_stride) {}
  // A mutable view is a view. A template, so that it is no copy constructor of mutable views.
  template <class Other>
  requires(std::is_same_v<Other, T*> && !std::is_same_v<Pointer, T*>) constexpr BasicMatrixView(
      const BasicMatrixView<T, Other>& view)  // NOLINT
      : BasicMatrixView(view.data, view.rows, view.cols, view.stride) {}

  constexpr auto& operator()(std::size_t r, std::size_t c) const { return data[r * stride + c]; }
  constexpr auto row(std::size_t r) const { return std::span(data + r * stride, cols); }
  // Returns the block of row_count x col_count whose first element is (r, c).
  constexpr BasicMatrixView block(std::size_t r, std::size_t c, std::size_t row_count,
                                  std::size_t col_count) const {
    return {data + r * stride + c, row_count, col_count, stride};
  }
  constexpr std::size_t size() const { return rows * cols; }
  constexpr bool empty() const { return rows == 0 || cols == 0; }
  // Whether the rows follow one another without gaps.
  constexpr bool packed() const { return stride == cols || rows <= 1; }
};

template <class T>
using MatrixView = BasicMatrixView<T, const T*>;
template <class T>
using MutableMatrixView = BasicMatrixView<T, T*>;

// A packed matrix that owns its elements, zero at first.
template <class T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::size_t cols) : values_(rows * cols), rows_(rows), cols_(cols) {}

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  T& operator()(std::size_t r, std::size_t c) { return values_[r * cols_ + c]; }
  const T& operator()(std::size_t r, std::size_t c) const { return values_[r * cols_ + c]; }
  MutableMatrixView<T> view() { return {values_.data(), rows_, cols_}; }
  MatrixView<T> view() const { return {values_.data(), rows_, cols_}; }

 private:
  AlignedBuffer<T> values_;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
};

}  // namespace weir::ops
