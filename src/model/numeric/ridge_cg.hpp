// ridge_by_cg: ridge regression on rows with many columns that are mostly zero.
//
//   WEIR_TRY(ridge_by_cg(csr, y, workers, model));  // model.lambda, model.standardised say how
//
// Solves (Xc'Xc + lambda) w = Xc'(y - ybar) by conjugate gradients with the diagonal as
// preconditioner. Xc = (X - 1 mu') / scale is never formed: it is no longer sparse; its products
// are those of X and the rank-one rest. An iteration reads X and its transpose once.
#pragma once

#include <span>

#include "base/status.hpp"
#include "model/numeric/linear_model.hpp"
#include "ops/sparse/csr.hpp"
#include "ops/workers.hpp"

namespace weir::model {

// Fills weight, bias, mu, scale, ybar, retained and warnings; keeps no components. Stops at a
// residual of 1e-10 of the right side, or after 1,000 iterations, which is a warning with the
// residual reached. Constant columns get weight 0. Memory: the transpose of x, 12 bytes an entry.
// Errors: invalid_argument for values that are not finite.
Status ridge_by_cg(const ops::CsrView& x, std::span<const double> y, ops::Workers& workers,
                   LinearModel& model);

}  // namespace weir::model
