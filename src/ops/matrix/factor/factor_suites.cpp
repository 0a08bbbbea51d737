#include "ops/matrix/factor/factor_suites.hpp"

#include "ops/matrix/chol_solve/chol_solve_parity.hpp"
#include "ops/matrix/cholesky/cholesky_parity.hpp"
#include "ops/matrix/eigen_symmetric/eigen_symmetric_parity.hpp"
#include "ops/matrix/gram/gram_parity.hpp"
#include "ops/matrix/inverse/inverse_parity.hpp"
#include "ops/matrix/least_squares/least_squares_parity.hpp"
#include "ops/matrix/lu_solve/lu_solve_parity.hpp"
#include "ops/matrix/qr/qr_parity.hpp"
#include "ops/matrix/randomized_svd/randomized_svd_parity.hpp"
#include "ops/matrix/svd/svd_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> factor_suites() {
  return {suite_of<LuSolve>(),
          suite_of<Inverse>(),
          suite_of<Cholesky>(),
          suite_of<CholSolve>(),
          suite_of<Qr>(),
          suite_of<LeastSquares>(),
          suite_of<EigenSymmetric>(),
          suite_of<Svd>(),
          suite_of<RandomizedSvd>(),
          suite_of<Gram>()};
}

}  // namespace weir::ops::parity
