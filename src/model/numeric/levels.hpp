// The levels between the naive form and the pipeline. simd_*: the naive form's steps and
// temporaries, each loop on vector units; what it reads down a column lies side by side here, as
// vector loads need. pooled_*: the same steps without temporaries, in memory of pools; training
// then goes through the rows in blocks of the pool's size. Neither knows a better algorithm: every
// window computes its own sums, cosines and sines. The ablation times them; results equal the naive
// form's to rounding.
//
//   const naive::Rows features = simd_window_features(series, 64, 1);
//   WEIR_TRY(pooled_window_features(series, {64, 1}, vectors, out));
#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/numeric/naive.hpp"
#include "model/numeric/pool.hpp"
#include "model/numeric/window_spec.hpp"
#include "ops/matrix/matrix_view.hpp"

namespace weir::model {

naive::Rows simd_window_features(std::span<const double> series, std::size_t size,
                                 std::size_t stride);
// Into `out`, [windows, 10].
Status pooled_window_features(std::span<const double> series, const WindowSpec& spec, Pool& vectors,
                              std::span<double> out);

naive::Fit simd_train(const naive::Rows& x, std::span<const double> y,
                      const naive::FitOptions& options);
// Reads x in place; batches of centred columns come from the pool.
Result<naive::Fit> pooled_train(const ops::MatrixView<double>& x, std::span<const double> y,
                                const naive::FitOptions& options, Pool& batches);

std::vector<double> simd_predict(const naive::Fit& fit, const naive::Rows& x);
Status pooled_predict(const naive::Fit& fit, const ops::MatrixView<double>& x, Pool& vectors,
                      std::span<double> out);

}  // namespace weir::model
