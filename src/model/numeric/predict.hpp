// predict: bias + x . weight for rows of doubles, in the canonical order of sums: bit-equal on any
// instruction set and for any number of rows at once.
//
//   predict_rows(weight, bias, {x, rows, 100}, out);
//
// The dot product of a row is numeric::canonical_dot; what is not a number is numeric::kNan.
#pragma once

#include <span>

#include "ops/matrix/matrix_view.hpp"

namespace weir::model {

// Writes one value a row. weight.size() == x.cols, out.size() == x.rows. No columns: the bias. A
// NaN makes its own row NaN. Thread-safe, allocates nothing; at 100 columns as fast as memory is
// read.
void predict_rows(std::span<const double> weight, double bias, const ops::MatrixView<double>& x,
                  std::span<double> out);

// The same, one scalar operation after the other: the oracle.
void predict_rows_reference(std::span<const double> weight, double bias,
                            const ops::MatrixView<double>& x, std::span<double> out);

}  // namespace weir::model
