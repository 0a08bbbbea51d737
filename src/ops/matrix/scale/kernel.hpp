// A matrix times a number on a device: one element a thread.
#pragma once

#include "ops/device_run.hpp"
#include "ops/matrix/device_rows.hpp"
#include "ops/matrix/scale/scale.hpp"

namespace weir::ops {

struct ScaleKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block, class T>
  WEIR_HD void operator()(Block& block, const T* a, std::size_t a_step, T factor, std::size_t rows,
                          std::size_t cols, T* c) const {
    block.each_thread([&](unsigned t) {
      const std::size_t i = std::size_t{block.index()} * block.threads() + t;
      if (i < rows * cols) c[i] = factor * a[i / cols * a_step + i % cols];
    });
  }
};

template <class T, class Launcher>
Status scale_on_device(DeviceRun& run, const typename Scale<T>::Args& args,
                       typename Scale<T>::Output& out) {
  WEIR_TRY(Scale<T>::check_output(args, out));
  const std::size_t cols = args.a.cols;
  if (cols == 0) return Status::ok();
  return with_results_apart<T>(
      out.c, args.a.data == out.c.data, [&](const MutableMatrixView<T>& c) {
        RowResults<T> results(c);
        return run_chunks<Launcher>(
            run, args.a.rows,
            [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
              WEIR_ASSIGN(const auto a, lane.upload(rows_of(args.a, chunk.begin, chunk.rows())));
              WEIR_ASSIGN(const auto scaled, lane.template scratch<T>(chunk.rows() * cols));
              WEIR_TRY(lane.launch(device::Grid::over(scaled.size, 256), ScaleKernel{}, a.data,
                                   args.a.stride, args.factor, chunk.rows(), cols, scaled.data));
              return results.download(lane, chunk, scaled);
            },
            [&](const Chunk& chunk) -> Status {
              results.finish(chunk);
              return Status::ok();
            });
      });
}

}  // namespace weir::ops
