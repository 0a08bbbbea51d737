// Rows of matrices on their way to a device and back, in chunks.
//
//   RowResults<double> results(out.c);
//   ... start: WEIR_ASSIGN(const auto a, lane.upload(rows_of(args.a, chunk.begin, chunk.rows())));
//              WEIR_TRY(results.download(lane, chunk, packed));
//   ... finish: results.finish(chunk);
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "ops/device_run.hpp"
#include "ops/matrix/copy_rows.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::ops {

// Returns `rows` rows from `first` on, with what lies between them.
template <class T>
std::span<const T> rows_of(const MatrixView<T>& view, std::size_t first, std::size_t rows) {
  if (rows == 0 || view.cols == 0) return {};
  return {view.data + first * view.stride, (rows - 1) * view.stride + view.cols};
}

// Returns the matrix of the same shape that starts `offset` elements further on.
template <class T, class Pointer>
BasicMatrixView<T, Pointer> matrix_of(const BasicMatrixView<T, Pointer>& view, std::size_t offset) {
  return {view.data + offset, view.rows, view.cols, view.stride};
}

// Runs op(results) on the result's own memory, or on other memory that is copied there once all is
// done. A device may fail half way and the CPU start again: inputs that lie where the results go
// must then be as they were.
template <class T, class DeviceOp>
Status with_results_apart(const MutableMatrixView<T>& out, bool apart, DeviceOp&& op) {
  if (!apart) return op(out);
  Matrix<T> results(out.rows, out.cols);
  WEIR_TRY(op(results.view()));
  copy_rows<T>(results.view(), out);
  return Status::ok();
}

// Takes packed rows from lanes into a matrix with any stride: at once where it is packed too, else
// by way of the lane's host memory.
template <class T>
class RowResults {
 public:
  explicit RowResults(const MutableMatrixView<T>& out) : out_(out) {}

  template <class Launcher>
  Status download(Lane<Launcher>& lane, const Chunk& chunk, DeviceSpan<T> packed) {
    at_[chunk.lane] = out_.packed() ? std::span<T>(out_.data + chunk.begin * out_.cols, packed.size)
                                    : lane.template host<T>(packed.size);
    return lane.download(packed, at_[chunk.lane]);
  }

  void finish(const Chunk& chunk) const {
    if (out_.packed()) return;
    for (std::size_t r = 0; r < chunk.rows(); ++r) {
      std::copy_n(at_[chunk.lane].data() + r * out_.cols, out_.cols,
                  out_.data + (chunk.begin + r) * out_.stride);
    }
  }

 private:
  MutableMatrixView<T> out_;
  std::array<std::span<T>, kLanesMax> at_;
};

}  // namespace weir::ops
