// One reflection after the other in long double.
#include "base/result.hpp"
#include "ops/matrix/factor/naive.hpp"
#include "ops/matrix/qr/qr.hpp"

namespace weir::ops {

Status Qr::reference(const Args& args, Output& out) {
  namespace naive = factor::naive;
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  const naive::Qr factors = naive::householder(naive::widen(args.a));
  if (!out.q.empty()) naive::round(factors.q, out.q);
  naive::round(factors.r, out.r);
  return Status::ok();
}

}  // namespace weir::ops
