// train: principal-component ridge regression in one pass over the rows.
//
//   MemorySource x(ops::MatrixView<double>(values.data(), rows, 100));
//   WEIR_ASSIGN(const LinearModel model, train_linear(x, y, {.energy = 0.95}, workers));
//
// mu = column means, ybar = mean(y), Xc = X - mu (divided by the population standard deviations if
// asked; columns without any get weight 0), Xc = U S V'. k is the least number with the sum of
// s_i^2, i <= k, >= energy * norm(Xc)^2, or the number given, capped by the rank.
// beta_i = s_i (u_i . (y - ybar)) / (s_i^2 + lambda), w = V_k beta (over the deviations),
// b = ybar - mu . w. With k = columns that is ridge regression with penalty lambda; with lambda = 0
// least squares on k principal components.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/numeric/linear_model.hpp"
#include "model/numeric/matrix_source.hpp"
#include "ops/workers.hpp"

namespace weir::model {

// How the components are found.
enum class TrainRoute : std::uint8_t {
  kAuto,        // from X'X, but beyond 512 columns, if their number is given, at random
  kGram,        // all, from X'X: it squares the condition
  kRandomized,  // the leading ones, from X itself, which must be dense and in memory
};

struct TrainOptions {
  double energy = 0.95;        // in (0, 1]
  std::size_t components = 0;  // 0: as many as `energy` asks for
  double lambda = 0;           // not negative
  bool standardise = false;
  TrainRoute route = TrainRoute::kAuto;
  std::uint64_t seed = 0;                 // of the randomized route
  std::vector<std::string> columns = {};  // names, kept with the model
};

// The widest matrix whose components are found; wider ones must be sparse, and keep them all.
inline constexpr std::size_t kTrainColumnsMax = 4096;

// Returns the model of rows x (y has one value a row). The route is X'X about the first rows' means
// and its eigenvectors: it squares the condition, so directions whose singular value is below 1e-7
// of the largest are left out, which `warnings` says; so are constant columns and a constant y. The
// randomized route finds as many components as are asked for, with an energy at most 100, and takes
// no standardise; it keeps rows x components values.
// The same bits from memory and from a file, for any number of threads. Sparse rows cost the pairs
// of their entries; beyond kTrainColumnsMax columns they are solved by conjugate gradients as ridge
// regression with all components, without X'X (see ridge_by_cg).
// Errors: invalid_argument for fewer than 2 rows, no columns, too many, options out of range, and
// values that are not finite (with row and column from 0); those of the source. Cost: one read of
// x, rows columns^2 multiplications and additions; memory of its own: 64 MiB for a block that the
// source reads, and up to 256 MiB of partial products from 512 columns on.
Result<LinearModel> train_linear(MatrixSource& x, std::span<const double> y,
                                 const TrainOptions& options, ops::Workers& workers);

}  // namespace weir::model
