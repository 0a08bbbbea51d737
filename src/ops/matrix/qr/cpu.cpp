#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/householder.hpp"
#include "ops/matrix/qr/qr.hpp"

namespace weir::ops {

Status Qr::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  factor::householder_qr(run, args.a, out.r, out.q);
  return factor::check_cancelled(run, kInfo.name);
}

}  // namespace weir::ops
