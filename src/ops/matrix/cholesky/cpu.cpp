// Right-looking blocks of rows over OpenBLAS' kernels.
#include <algorithm>

#include "base/result.hpp"
#include "ops/matrix/cholesky/cholesky.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/cholesky_blocks.hpp"

namespace weir::ops {

Status Cholesky::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.a.rows;
  for (std::size_t r = 0; r < n; ++r) {
    double* row = out.lower.data + r * out.lower.stride;
    std::copy_n(args.a.data + r * args.a.stride, r + 1, row);
    std::fill(row + r + 1, row + n, 0.0);
  }
  const std::size_t minor = factor::cholesky(run, out.lower);
  WEIR_TRY(factor::check_cancelled(run, kInfo.name));
  return minor == 0 ? Status::ok() : factor::not_positive_definite("a", minor);
}

}  // namespace weir::ops
