// Cyclic Jacobi rotations in long double.
#include "base/result.hpp"
#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"
#include "ops/matrix/factor/naive.hpp"

namespace weir::ops {

Status EigenSymmetric::reference(const Args& args, Output& out) {
  namespace naive = factor::naive;
  WEIR_TRY(check(args));
  WEIR_TRY(check_output(args, out));
  const naive::Eigen eigen = naive::jacobi_eigen(naive::widen(args.a));
  for (std::size_t i = 0; i < out.values.size(); ++i)
    out.values[i] = static_cast<double>(eigen.values[i]);
  if (!out.vectors.empty()) naive::round(eigen.vectors, out.vectors);
  return Status::ok();
}

}  // namespace weir::ops
