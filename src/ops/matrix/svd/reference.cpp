// One-sided Jacobi rotations in long double.
#include "base/result.hpp"
#include "ops/matrix/factor/naive.hpp"
#include "ops/matrix/svd/svd.hpp"

namespace weir::ops {

Status Svd::reference(const Args& args, Output& out) {
  namespace naive = factor::naive;
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  const naive::Svd svd = naive::jacobi_svd(naive::widen(args.a));
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] = static_cast<double>(svd.s[i]);
  if (out.u.empty()) return Status::ok();
  naive::round(svd.u, out.u);
  naive::round(naive::transpose(svd.v), out.vt);
  return Status::ok();
}

}  // namespace weir::ops
