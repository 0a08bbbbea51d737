// add_compressed_rows: what rows with many zeros add to the sums that a model is computed from.
//
//   Products products(x.cols());
//   products.y_shift = first_mean(y);
//   add_compressed_rows(x, y, workers, products);   // the upper triangle of X'X
//   mirror(products.gram);
//
// A row costs its entries times the columns right of each on vector units, or, where few of those
// are stored, the pairs of its entries; both give the same bits, on every instruction set and for
// any number of threads.
#pragma once

#include <span>

#include "model/numeric/products.hpp"
#include "ops/sparse/csr.hpp"
#include "ops/workers.hpp"

namespace weir::model {

// x has total.sums.size() columns, y a value a row. Nothing is subtracted from x; y_shift of
// `total` is from y. Memory: up to 256 MiB of partial products.
void add_compressed_rows(const ops::CsrView& x, std::span<const double> y, ops::Workers& workers,
                         Products& total);

// Writes the upper triangle into the lower one.
void mirror(ops::Matrix<double>& gram);

}  // namespace weir::model
