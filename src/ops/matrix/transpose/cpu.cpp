// A tile is turned in registers, a square of one vector a side at a time, into a buffer in the
// first cache level, and goes to C row by row: memory is read and written in runs of eight lines,
// whatever the strides, which may be powers of two that put all rows into the same few cache sets.
#include <algorithm>

#include "base/prefetch.hpp"
#include "base/result.hpp"
#include "ops/matrix/rows/runs.hpp"
#include "ops/matrix/transpose/transpose.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matrix/transpose/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "ops/matrix/transpose/square_inl.hpp"

#ifndef WEIR_OPS_MATRIX_TRANSPOSE_TILE
#define WEIR_OPS_MATRIX_TRANSPOSE_TILE
namespace weir::ops {

template <class T>
inline constexpr std::size_t kTile = 512 / sizeof(T);  // eight lines a row

}  // namespace weir::ops
#endif

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace {

// Copies a row of a turned tile to C.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void copy_row(D d, const T* from, std::size_t count, T* to, bool stream) {
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  if (stream) {
    while (i < count && reinterpret_cast<std::uintptr_t>(to + i) % (lanes * sizeof(T)) != 0) {
      to[i] = from[i];
      ++i;
    }
    for (; i + lanes <= count; i += lanes) hn::Stream(hn::LoadU(d, from + i), d, to + i);
  } else {
    for (; i + lanes <= count; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  }
  for (; i < count; ++i) to[i] = from[i];
}

// Turns a tile of at most kTile x kTile elements by way of a buffer.
template <class T>
HWY_INLINE void transpose_tile(const MatrixView<T>& a, T* c, std::size_t c_step, bool stream,
                               T* buffer) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t kSide = kSquare<T>;
  const std::size_t rows = a.rows / kSide * kSide;
  const std::size_t cols = a.cols / kSide * kSide;
  for (std::size_t r = 0; r < rows; r += kSide) {
    for (std::size_t col = 0; col < cols; col += kSide) {
      for (std::size_t i = r; i < r + kSide; ++i) prefetch(&a(i, col) + kTile<T>);
      transpose_square(d, a.data + r * a.stride + col, a.stride, buffer + col * kTile<T> + r,
                       kTile<T>);
    }
    for (std::size_t col = cols; col < a.cols; ++col) {
      for (std::size_t i = r; i < r + kSide; ++i) buffer[col * kTile<T> + i] = a(i, col);
    }
  }
  for (std::size_t r = rows; r < a.rows; ++r) {
    for (std::size_t col = 0; col < a.cols; ++col) buffer[col * kTile<T> + r] = a(r, col);
  }
  for (std::size_t col = 0; col < a.cols; ++col) {
    copy_row(d, buffer + col * kTile<T>, a.rows, c + col * c_step, stream);
  }
}

template <class T>
void transpose_impl(const MatrixView<T>& a, T* c, std::size_t c_step, bool stream) {
  alignas(64) T buffer[kTile<T> * kTile<T>];
  for (std::size_t col = 0; col < a.cols; col += kTile<T>) {
    const MatrixView<T> tile = a.block(0, col, a.rows, std::min(kTile<T>, a.cols - col));
    transpose_tile(tile, c + col * c_step, c_step, stream, buffer);
  }
  if (stream) hwy::FlushStream();
}

void transpose_f64(const MatrixView<double>& a, double* c, std::size_t c_step, bool stream) {
  transpose_impl(a, c, c_step, stream);
}
void transpose_f32(const MatrixView<float>& a, float* c, std::size_t c_step, bool stream) {
  transpose_impl(a, c, c_step, stream);
}

}  // namespace
}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(transpose_f64);
HWY_EXPORT(transpose_f32);

}  // namespace

template <class T>
Status Transpose<T>::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const MatrixView<T>& a = args.a;
  const bool stream = a.size() * sizeof(T) > kStreamBytes;
  const std::size_t strips = (a.rows + kTile<T> - 1) / kTile<T>;
  const std::size_t together =
      std::max<std::size_t>(1, kRunElements / (kTile<T> * std::max<std::size_t>(1, a.cols)));
  const std::size_t tasks = a.cols == 0 ? 0 : (strips + together - 1) / together;
  run.workers.run(tasks, [&](std::size_t task) {
    if (run.cancelled()) return;
    const std::size_t end = std::min(strips, (task + 1) * together);
    for (std::size_t strip = task * together; strip < end; ++strip) {
      const std::size_t row = strip * kTile<T>;
      const std::size_t rows = std::min(kTile<T>, a.rows - row);
      const MatrixView<T> part = a.block(row, 0, rows, a.cols);
      if constexpr (std::is_same_v<T, double>) {
        HWY_DYNAMIC_DISPATCH(transpose_f64)(part, out.c.data + row, out.c.stride, stream);
      } else {
        HWY_DYNAMIC_DISPATCH(transpose_f32)(part, out.c.data + row, out.c.stride, stream);
      }
    }
  });
  return cancelled_or_ok(run, "the transposition was cancelled");
}

template Status TransposeF64::cpu(CpuRun&, const Args&, Output&);
template Status TransposeF32::cpu(CpuRun&, const Args&, Output&);

}  // namespace weir::ops
#endif
