#include <algorithm>

#include "base/result.hpp"
#include "ops/fft/convolve/direct.hpp"
#include "ops/fft/convolve2/convolve2.hpp"
#include "ops/fft/convolve2/tiles.hpp"
#include "ops/fft/engine/scratch.hpp"

namespace weir::ops {
namespace {

// The part of the full convolution that is wanted: rows from `top`, columns from `left`.
struct Wanted {
  std::size_t top;
  std::size_t left;
  std::size_t height;
  std::size_t width;
};

void by_tiles(CpuRun& run, const fft::Grid2& x, const fft::Grid2& kernel, const Wanted& wanted,
              std::span<double> y) {
  const fft::Tiles tiles(kernel);
  const std::size_t down = tiles.down();
  const std::size_t across = tiles.across();
  const std::size_t first_row = wanted.top / down;
  const std::size_t first_column = wanted.left / across;
  const std::size_t bottom = wanted.top + wanted.height;
  const std::size_t right = wanted.left + wanted.width;
  const std::size_t rows = (bottom + down - 1) / down - first_row;
  const std::size_t columns = (right + across - 1) / across - first_column;
  run.workers.run(rows * columns, [&](std::size_t task) {
    const std::size_t tile_row = first_row + task / columns;
    const std::size_t tile_column = first_column + task % columns;
    const fft::ThreadScratch result_memory(fft::Scratch::kResult, down * across);
    double* const result = result_memory.data();
    tiles.run(x, tile_row, tile_column, result);
    const std::size_t begin = std::max(wanted.left, tile_column * across);
    const std::size_t end = std::min(right, (tile_column + 1) * across);
    for (std::size_t i = std::max(wanted.top, tile_row * down);
         i < std::min(bottom, (tile_row + 1) * down); ++i) {
      const double* const from = result + across * (i - tile_row * down);
      std::copy(from + (begin - tile_column * across), from + (end - tile_column * across),
                y.data() + wanted.width * (i - wanted.top) + (begin - wanted.left));
    }
  });
}

}  // namespace

Status Convolve2::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (out.y.empty()) return Status::ok();
  const fft::Grid2 x{args.x.data(), args.height, args.width, args.width};
  const fft::Grid2 kernel{args.kernel.data(), args.kernel_height, args.kernel_width,
                          args.kernel_width};
  const Wanted wanted{fft::part_begin(args.kernel_height, args.part),
                      fft::part_begin(args.kernel_width, args.part), args.out_height(),
                      args.out_width()};
  if (fft::choose(args.method, args.kernel.size(), fft::kCrossover2) == fft::Method::kFft) {
    by_tiles(run, x, kernel, wanted, out.y);
    return Status::ok();
  }
  run.workers.run(wanted.height, [&](std::size_t row) {
    fft::direct_row(x, kernel, wanted.top + row, wanted.left,
                    out.y.subspan(wanted.width * row, wanted.width));
  });
  return Status::ok();
}

}  // namespace weir::ops
