// A matrix with rows and columns exchanged on a device: tiles of 32 x 32 pass through shared
// memory, so that both sides are read and written in whole lines.
#pragma once

#include <array>

#include "ops/device_run.hpp"
#include "ops/matrix/device_rows.hpp"
#include "ops/matrix/transpose/transpose.hpp"

namespace weir::ops {

template <class T>
struct TransposeKernel {
  static constexpr unsigned kSide = 32;
  static constexpr unsigned kStep = kSide + 1;  // columns fall on different banks
  static constexpr unsigned kThreadsMax = 256;
  static constexpr std::size_t kSharedBytes = device::shared_size<T>(kSide * kStep);

  template <class Block>
  WEIR_HD void operator()(Block& block, const T* a, std::size_t a_step, std::size_t rows,
                          std::size_t cols, T* c) const {
    const std::size_t across = (cols + kSide - 1) / kSide;
    const std::size_t first_row = block.index() / across * kSide;
    const std::size_t first_col = block.index() % across * kSide;
    T* tile = block.template shared<T>(kSide * kStep);
    block.each_thread([&](unsigned t) {
      for (unsigned e = t; e < kSide * kSide; e += kThreadsMax) {
        const std::size_t row = first_row + e / kSide;
        const std::size_t col = first_col + e % kSide;
        if (row < rows && col < cols) tile[e / kSide * kStep + e % kSide] = a[row * a_step + col];
      }
    });
    block.each_thread([&](unsigned t) {
      for (unsigned e = t; e < kSide * kSide; e += kThreadsMax) {
        const std::size_t row = first_row + e % kSide;
        const std::size_t col = first_col + e / kSide;
        if (row < rows && col < cols) c[col * rows + row] = tile[e % kSide * kStep + e / kSide];
      }
    });
  }
};

// A chunk of rows becomes columns of C: it arrives packed and is copied to its place.
template <class T, class Launcher>
Status transpose_on_device(DeviceRun& run, const typename Transpose<T>::Args& args,
                           typename Transpose<T>::Output& out) {
  using Kernel = TransposeKernel<T>;
  WEIR_TRY(Transpose<T>::check_output(args, out));
  const std::size_t cols = args.a.cols;
  if (cols == 0) return Status::ok();
  std::array<std::span<T>, kLanesMax> results;
  return run_chunks<Launcher>(
      run, args.a.rows,
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t rows = chunk.rows();
        const std::size_t tiles = ((rows + Kernel::kSide - 1) / Kernel::kSide) *
                                  ((cols + Kernel::kSide - 1) / Kernel::kSide);
        WEIR_ASSIGN(const auto a, lane.upload(rows_of(args.a, chunk.begin, rows)));
        WEIR_ASSIGN(const auto turned, lane.template scratch<T>(rows * cols));
        WEIR_TRY(lane.launch(device::Grid{static_cast<std::uint32_t>(tiles), Kernel::kThreadsMax,
                                          Kernel::kSharedBytes},
                             Kernel{}, a.data, args.a.stride, rows, cols, turned.data));
        const bool whole = rows == args.a.rows && out.c.packed();
        results[chunk.lane] =
            whole ? std::span<T>(out.c.data, turned.size) : lane.template host<T>(turned.size);
        return lane.download(turned, results[chunk.lane]);
      },
      [&](const Chunk& chunk) -> Status {
        const std::size_t rows = chunk.rows();
        if (results[chunk.lane].data() == out.c.data) return Status::ok();
        copy_rows<T>(MatrixView<T>(results[chunk.lane].data(), cols, rows),
                     out.c.block(0, chunk.begin, cols, rows));
        return Status::ok();
      });
}

}  // namespace weir::ops
