#include "base/result.hpp"
#include "ops/fft/engine/engine.hpp"
#include "ops/fft/fft/fft.hpp"

namespace weir::ops {

Status Fft::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (args.x.empty()) return Status::ok();
  const bool forward = args.direction == fft::Direction::kForward;
  const double scale = forward ? 1.0 : 1.0 / static_cast<double>(args.n);
  fft::transform_rows(run.workers, *fft::plans().complex(args.n), args.direction, scale,
                      {.in = fft::parts(args.x.data()),
                       .in_step = 2 * args.n,
                       .out = fft::parts(out.y.data()),
                       .out_step = 2 * args.n,
                       .count = args.batch()});
  return Status::ok();
}

}  // namespace weir::ops
