#include "base/result.hpp"
#include "ops/matrix/factor/thin_svd.hpp"
#include "ops/matrix/svd/svd.hpp"

namespace weir::ops {

Status Svd::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  return factor::thin_svd(run, args.a, out.u, out.values, out.vt);
}

}  // namespace weir::ops
