#include "base/result.hpp"
#include "ops/fft/engine/engine.hpp"
#include "ops/fft/rfft/rfft.hpp"

namespace weir::ops {

Status Rfft::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (args.x.empty()) return Status::ok();
  fft::real_rows(run.workers, *fft::plans().real(args.n),
                 {.in = args.x.data(),
                  .in_step = args.n,
                  .out = fft::parts(out.y.data()),
                  .out_step = 2 * args.bins(),
                  .count = args.batch()});
  return Status::ok();
}

Status Irfft::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (args.x.empty()) return Status::ok();
  fft::inverse_real_rows(run.workers, *fft::plans().real(args.n), 1.0 / static_cast<double>(args.n),
                         {.in = fft::parts(args.x.data()),
                          .in_step = 2 * args.bins(),
                          .out = out.y.data(),
                          .out_step = args.n,
                          .count = args.batch()});
  return Status::ok();
}

}  // namespace weir::ops
