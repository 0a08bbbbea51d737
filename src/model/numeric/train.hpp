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
  kAuto,        // as train_linear says
  kGram,        // all, from X'X: it squares the condition
  kRandomized,  // the leading ones, from X itself, which must be dense and in memory
  kSparse,      // all, from X'X of compressed rows; none, by conjugate gradients, if it is too wide
};

struct TrainOptions {
  double energy = 0.95;        // in (0, 1]
  std::size_t components = 0;  // 0: as many as `energy` asks for
  double lambda = 0;           // not negative
  bool standardise = false;
  TrainRoute route = TrainRoute::kAuto;
  std::uint64_t seed = 0;                 // of randomized components
  std::vector<std::string> columns = {};  // names, kept with the model
};

// The widest matrix whose X'X is formed.
inline constexpr std::size_t kTrainColumnsMax = 4096;
// Beyond so many columns kAuto looks for the leading components only.
inline constexpr std::size_t kTrainAllColumns = 512;
// So many components are looked for at random if their number is not given.
inline constexpr std::size_t kTrainRandomComponents = 100;

// Returns the model of rows x (y has one value a row). Without a route:
//
//   more than half of the values are exactly zero:  kSparse; with less than nine of ten X'X takes
//                                                   the zeros along, which is faster
//   up to 512 columns, or standardise:              kGram
//   more, dense in memory:                          kRandomized, but kGram for more than 100
//                                                   components of up to 4,096 columns
//   more, in a file:                                kGram, up to 4,096 columns
//
// kGram is X'X about the first rows' means and its eigenvectors: it squares the condition, so
// directions whose singular value is below 1e-7 of the largest are left out, which `warnings` says;
// so are constant columns and a constant y. kRandomized finds as many components as are asked for;
// without a number at most 100, and warns if those do not carry the energy asked for. It takes no
// standardise, and keeps rows x components values. kSparse compresses rows that are not compressed
// yet, a block at a time; beyond kTrainColumnsMax columns it keeps 12 bytes a value that is not
// zero and solves ridge regression with all components, without X'X (see ridge_by_cg).
// The same bits from memory and from a file by the same route, for any number of threads.
// Errors: invalid_argument for fewer than 2 rows, no columns, options out of range, rows that the
// route does not take, with what does, and values that are not finite (with row and column from 0);
// those of the source. Cost: one read of x and rows columns^2 multiplications and additions, with
// zeros left out as many times fewer; memory of its own: 64 MiB for a block that the source reads,
// and up to 256 MiB of partial products from 512 columns on.
Result<LinearModel> train_linear(MatrixSource& x, std::span<const double> y,
                                 const TrainOptions& options, ops::Workers& workers);

}  // namespace weir::model
