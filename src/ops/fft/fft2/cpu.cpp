#include <algorithm>

#include "base/result.hpp"
#include "ops/fft/engine/engine.hpp"
#include "ops/fft/fft2/fft2.hpp"

namespace weir::ops {

Status Fft2::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (args.x.empty()) return Status::ok();
  const std::size_t height = args.height;
  const std::size_t width = args.width;
  const bool forward = args.direction == fft::Direction::kForward;
  const double scale = forward ? 1.0 : 1.0 / static_cast<double>(height * width);
  fft::transform_rows(run.workers, *fft::plans().complex(width), args.direction, 1.0,
                      {.in = fft::parts(args.x.data()),
                       .in_step = 2 * width,
                       .out = fft::parts(out.y.data()),
                       .out_step = 2 * width,
                       .count = args.batch() * height});
  const auto plan = fft::plans().complex(height);
  // Whole lines of cache, and enough columns that a task is worth its start.
  const std::size_t share = std::max<std::size_t>(8, (std::size_t{1} << 14) / height / 8 * 8);
  const std::size_t shares = (width + share - 1) / share;
  run.workers.run(args.batch() * shares, [&](std::size_t task) {
    const std::size_t begin = task % shares * share;
    Complex* const matrix = out.y.data() + task / shares * height * width;
    fft::transform_columns(*plan, args.direction, scale, fft::parts(matrix), 2 * width, begin,
                           std::min(width, begin + share));
  });
  return Status::ok();
}

}  // namespace weir::ops
