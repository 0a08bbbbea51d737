// zero_share, compress_rows: how many values of a source are zero, and keeping it without them.
//
//   WEIR_ASSIGN(const double zeros, zero_share(x, workers));
//   if (zeros > 0.5) WEIR_ASSIGN(const ops::Csr csr, compress_rows(x, workers));
#pragma once

#include "base/result.hpp"
#include "model/numeric/matrix_source.hpp"
#include "ops/sparse/csr.hpp"
#include "ops/workers.hpp"

namespace weir::model {

// Returns which share of all values is exactly zero. Reads up to 4,096 rows, evenly spaced, and
// only if more than a quarter of their values are zero all others too; else the share is theirs.
// x has rows and columns. Errors: those of the source.
Result<double> zero_share(MatrixSource& x, ops::Workers& workers);

// Returns all rows compressed: 12 bytes a value that is not zero. Errors: those of the source;
// invalid_argument for more than 2^31 - 1 columns.
Result<ops::Csr> compress_rows(MatrixSource& x, ops::Workers& workers);

}  // namespace weir::model
