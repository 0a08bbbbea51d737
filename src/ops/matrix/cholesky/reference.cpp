// The textbook's three loops in long double.
#include "base/result.hpp"
#include "ops/matrix/cholesky/cholesky.hpp"
#include "ops/matrix/factor/cholesky_blocks.hpp"
#include "ops/matrix/factor/naive.hpp"

namespace weir::ops {

Status Cholesky::reference(const Args& args, Output& out) {
  namespace naive = factor::naive;
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  naive::LongMatrix lower(args.a.rows, args.a.rows);
  const std::size_t minor = naive::cholesky(naive::widen(args.a), lower);
  if (minor != 0) return factor::not_positive_definite("a", minor);
  naive::round(lower, out.lower);
  return Status::ok();
}

}  // namespace weir::ops
