// The sum of two matrices on a device: one element a thread.
#pragma once

#include "ops/device_run.hpp"
#include "ops/matrix/add/add.hpp"
#include "ops/matrix/device_rows.hpp"

namespace weir::ops {

struct AddKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block, class T>
  WEIR_HD void operator()(Block& block, const T* a, std::size_t a_step, const T* b,
                          std::size_t b_step, std::size_t rows, std::size_t cols, T* c) const {
    block.each_thread([&](unsigned t) {
      const std::size_t i = std::size_t{block.index()} * block.threads() + t;
      if (i >= rows * cols) return;
      const std::size_t row = i / cols;
      const std::size_t col = i % cols;
      c[i] = a[row * a_step + col] + b[row * b_step + col];
    });
  }
};

template <class T, class Launcher>
Status add_on_device(DeviceRun& run, const typename Add<T>::Args& args,
                     typename Add<T>::Output& out) {
  WEIR_TRY(Add<T>::check_output(args, out));
  const std::size_t cols = args.a.cols;
  if (cols == 0) return Status::ok();
  return with_results_apart<T>(
      out.c, args.a.data == out.c.data || args.b.data == out.c.data,
      [&](const MutableMatrixView<T>& c) {
        RowResults<T> results(c);
        return run_chunks<Launcher>(
            run, args.a.rows,
            [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
              WEIR_ASSIGN(const auto a, lane.upload(rows_of(args.a, chunk.begin, chunk.rows())));
              WEIR_ASSIGN(const auto b, lane.upload(rows_of(args.b, chunk.begin, chunk.rows())));
              WEIR_ASSIGN(const auto sums, lane.template scratch<T>(chunk.rows() * cols));
              WEIR_TRY(lane.launch(device::Grid::over(sums.size, 256), AddKernel{}, a.data,
                                   args.a.stride, b.data, args.b.stride, chunk.rows(), cols,
                                   sums.data));
              return results.download(lane, chunk, sums);
            },
            [&](const Chunk& chunk) -> Status {
              results.finish(chunk);
              return Status::ok();
            });
      });
}

}  // namespace weir::ops
