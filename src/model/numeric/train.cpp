#include "model/numeric/train.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/numeric/canonical.hpp"
#include "model/file/number_table.hpp"
#include "model/numeric/products.hpp"
#include "model/numeric/ridge_cg.hpp"
#include "model/numeric/row_zeros.hpp"
#include "model/numeric/vector_steps.hpp"
#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"
#include "ops/matrix/gram/gram.hpp"
#include "ops/matrix/randomized_svd/randomized_svd.hpp"

namespace weir::model {
namespace {

// Of X'X: singular values below this share of the largest are noise: X'X squares the condition.
constexpr double kRankRatio = 1e-7;
constexpr double kExactRankRatio = 1e-14;  // of X itself
// Columns whose deviation is below this share of their mean are constant, as far as sums can tell.
constexpr double kConstantRatio = 1e-15;
constexpr double kMostlyZeros = 0.5;
// From this share of zeros on X'X of compressed rows is faster than with the zeros; measured at
// 100, 1,000 and 2,500 columns.
constexpr double kCompressedZeros = 0.9;

std::string text_of(double value) {
  std::string text;
  append_number(text, value);
  return text;
}

Status check_arguments(const MatrixSource& x, std::span<const double> y,
                       const TrainOptions& options) {
  const auto wrong = [](std::string what) { return invalid_argument("train", std::move(what)); };
  if (x.cols() == 0) return wrong("no columns to learn from");
  if (x.rows() != y.size()) {
    return wrong("x has " + std::to_string(x.rows()) + " rows, y " + std::to_string(y.size()));
  }
  if (x.rows() < 2) return wrong(std::to_string(x.rows()) + " rows, at least 2 are needed");
  if (!(options.energy > 0) || !(options.energy <= 1)) {
    return wrong("energy " + text_of(options.energy) + " is not above 0 and at most 1");
  }
  if (!(options.lambda >= 0) || !std::isfinite(options.lambda)) {
    return wrong("lambda " + text_of(options.lambda) + " is negative or not finite");
  }
  if (!options.columns.empty() && options.columns.size() != x.cols()) {
    return wrong(std::to_string(options.columns.size()) + " names for " + std::to_string(x.cols()) +
                 " columns");
  }
  return Status::ok();
}

// A route with what it does to rows of this width.
enum class Way { kGram, kSparseGram, kRandomized, kConjugateGradients };

Result<Way> way_asked_for(MatrixSource& x, const TrainOptions& options, ops::Workers& workers) {
  const auto wrong = [](std::string what) { return invalid_argument("train", std::move(what)); };
  if (options.route == TrainRoute::kRandomized) {
    if (x.whole() != nullptr && !options.standardise) return Way::kRandomized;
    return fail(wrong("the randomized route takes dense rows in memory, and no standardise")
                    .hint("take another route, or leave standardise out"));
  }
  if (options.route == TrainRoute::kSparse) {
    return x.cols() <= kTrainColumnsMax ? Way::kSparseGram : Way::kConjugateGradients;
  }
  if (x.cols() > kTrainColumnsMax) {
    return fail(wrong(std::to_string(x.cols()) + " columns, the gram route takes at most " +
                      std::to_string(kTrainColumnsMax))
                    .hint("take the randomized route, or the sparse one"));
  }
  if (x.sparse() == nullptr) return Way::kGram;
  WEIR_ASSIGN(const double zeros, zero_share(x, workers));
  return zeros >= kCompressedZeros ? Way::kSparseGram : Way::kGram;
}

Result<Way> way_of(MatrixSource& x, const TrainOptions& options, ops::Workers& workers) {
  if (options.route != TrainRoute::kAuto) return way_asked_for(x, options, workers);
  const std::size_t cols = x.cols();
  const bool randomized = x.whole() != nullptr && !options.standardise;
  // Conjugate gradients know no components.
  if (cols > kTrainColumnsMax && randomized && options.components != 0) return Way::kRandomized;
  WEIR_ASSIGN(const double zeros, zero_share(x, workers));
  const bool mostly_zero = zeros > kMostlyZeros;
  if (cols > kTrainColumnsMax && (mostly_zero || x.sparse() != nullptr)) {
    return Way::kConjugateGradients;
  }
  if (mostly_zero) return zeros >= kCompressedZeros ? Way::kSparseGram : Way::kGram;
  const bool few = options.components <= kTrainRandomComponents || cols > kTrainColumnsMax;
  if (cols > kTrainAllColumns && randomized && few) return Way::kRandomized;
  if (cols <= kTrainColumnsMax) return Way::kGram;
  return fail(invalid_argument("train", std::to_string(cols) + " columns, of which half or more " +
                                            "are not zero: at most " +
                                            std::to_string(kTrainColumnsMax) +
                                            " from a file or with standardise")
                  .hint("have the rows in memory and take the randomized route without "
                        "standardise, or leave columns out"));
}

// Turns sums about shifts into covariances about the means (times rows), scaled; constant columns
// become zeros.
void centre(Products& products, bool standardise, LinearModel& model) {
  const std::size_t cols = products.sums.size();
  const auto n = static_cast<double>(model.rows);
  std::size_t constant = 0;
  for (std::size_t j = 0; j < cols; ++j) {
    const double mean = products.sums[j] / n;
    model.mu[j] = products.shift[j] + mean;
    const double square = products.gram(j, j) - products.sums[j] * mean;
    const double least = kConstantRatio * model.mu[j];
    const bool varies = !products.constant[j] && square / n > least * least;
    constant += varies ? 0 : 1;
    model.scale[j] = !varies ? 0 : standardise ? std::sqrt(square / n) : 1;
  }
  for (std::size_t i = 0; i < cols; ++i) {
    const double mean = products.sums[i] / n;
    for (std::size_t j = 0; j < cols; ++j) {
      const double scale = model.scale[i] * model.scale[j];
      double& g = products.gram(i, j);
      g = scale == 0 ? 0 : (g - mean * products.sums[j]) / scale;
    }
    double& xy = products.xy[i];
    xy = model.scale[i] == 0 ? 0 : (xy - mean * products.y_sum) / model.scale[i];
  }
  // The upper triangle's rounding is the lower one's too.
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = 0; j < i; ++j) products.gram(i, j) = products.gram(j, i);
  }
  for (double& scale : model.scale) scale = scale == 0 ? 1 : scale;
  if (constant != 0 && constant < cols) {
    model.warnings.push_back(std::to_string(constant) + " constant columns have weight 0");
  }
}

struct Directions {
  std::vector<double> squares;  // s_i^2, falling, of those above the noise
  ops::Matrix<double> vectors;  // row i: direction i
  double total = 0;             // of all squares
  // Whether there are more that were not looked for, and where noise begins, over the largest s_i.
  bool more = false;
  double noise = kRankRatio;
};

Result<Directions> directions_of(const ops::Matrix<double>& gram, ops::Workers& workers) {
  const std::size_t cols = gram.rows();
  std::vector<double> values(cols);
  ops::Matrix<double> vectors(cols, cols);
  ops::CpuRun run{workers};
  const ops::EigenSymmetric::Args args{.a = gram.view()};
  ops::EigenSymmetric::Output out{.values = values, .vectors = vectors.view()};
  WEIR_TRY(ops::EigenSymmetric::check(args));
  WEIR_TRY(ops::EigenSymmetric::cpu(run, args, out));
  Directions made{.squares = {}, .vectors = ops::Matrix<double>(cols, cols)};
  for (std::size_t j = 0; j < cols; ++j) made.total += gram(j, j);
  for (std::size_t i = cols; i-- > 0;) {
    if (!(values[i] > 0) || std::sqrt(values[i] / values.back()) < kRankRatio) break;
    const std::size_t at = made.squares.size();
    for (std::size_t j = 0; j < cols; ++j) made.vectors(at, j) = vectors(j, i);
    made.squares.push_back(values[i]);
  }
  return made;
}

bool is_finite(double value) {
  return std::isfinite(value);
}

// The leading directions of x about model.mu, from x itself; adds X'y about the means to `xy`.
Result<Directions> leading_directions(const ops::MatrixView<double>& x, std::span<const double> y,
                                      const TrainOptions& options, ops::Workers& workers,
                                      const LinearModel& model, std::span<double> xy) {
  const ops::RandomizedSvd::Args args{
      .a = x,
      .rank = options.components != 0 ? options.components : kTrainRandomComponents,
      .seed = options.seed,
      .shift = model.mu};
  const std::size_t k = ops::RandomizedSvd::rank_of(args);
  ops::Matrix<double> u(x.rows, k);
  std::vector<double> values(k);
  Directions made{
      .squares = {}, .vectors = ops::Matrix<double>(k, x.cols), .noise = kExactRankRatio};
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.cols; ++j) {
      const double z = x(i, j) - model.mu[j];
      made.total += z * z;
      xy[j] += z * (y[i] - model.ybar);
    }
  }
  // Also of means that are not: what they are taken from is not then.
  if (!std::isfinite(made.total) || !std::all_of(xy.begin(), xy.end(), is_finite)) {
    return fail(squares_too_large());
  }
  WEIR_TRY(ops::RandomizedSvd::check(args));
  ops::RandomizedSvd::Output out{.u = u.view(), .values = values, .vt = made.vectors.view()};
  ops::CpuRun run{workers};
  WEIR_TRY(ops::RandomizedSvd::cpu(run, args, out));
  for (const double value : values) {
    if (!(value > kExactRankRatio * values[0])) break;
    made.squares.push_back(value * value);
  }
  made.more = made.squares.size() == k && k < std::min(x.rows, x.cols);
  return made;
}

// Returns how many of the directions to keep.
std::size_t components_of(const Directions& directions, const TrainOptions& options,
                          LinearModel& model) {
  const std::size_t cols = model.mu.size();
  const double wanted = options.energy * directions.total;
  std::size_t k = 0;
  double kept = 0;
  while (k < directions.squares.size() &&
         (options.components != 0 ? k < options.components : kept < wanted)) {
    kept += directions.squares[k++];
  }
  model.retained = directions.total > 0 ? std::min(kept / directions.total, 1.0) : 0;
  // With all columns' directions nothing is missing but what rounding took from the sum.
  const bool short_of =
      k < cols && (options.components != 0 ? k < options.components : kept < wanted);
  if (!short_of || k == 0) return k;
  if (directions.more) {
    char text[160];
    std::snprintf(text, sizeof(text),
                  "the %zu leading components carry %.4f of the variance, not the %.4f asked for: "
                  "ask for more components, or for the gram route",
                  k, model.retained, options.energy);
    model.warnings.emplace_back(text);
  } else {
    model.warnings.push_back("the rank ends at " + std::to_string(k) + " of " +
                             std::to_string(cols) + ": singular values below " +
                             text_of(directions.noise) +
                             " of the largest cannot be told from rounding");
  }
  return k;
}

void fold_weights(const Directions& directions, std::span<const double> xy, std::size_t k,
                  LinearModel& model) {
  const std::size_t cols = model.mu.size();
  model.v.resize(cols * k);
  for (std::size_t i = 0; i < k; ++i) {
    const std::span<const double> direction = directions.vectors.view().row(i);
    double dot = 0;
    for (std::size_t j = 0; j < cols; ++j) dot += direction[j] * xy[j];
    model.sigma.push_back(std::sqrt(directions.squares[i]));
    model.beta.push_back(dot / (directions.squares[i] + model.lambda));
    for (std::size_t j = 0; j < cols; ++j) {
      model.v[j * k + i] = direction[j];
      model.weight[j] += direction[j] * model.beta[i];
    }
  }
  model.bias = model.ybar;
  for (std::size_t j = 0; j < cols; ++j) {
    model.weight[j] /= model.scale[j];
    model.bias -= model.mu[j] * model.weight[j];
  }
}

// Turns directions into weights, as many as the options ask for.
void finish(const Directions& directions, std::span<const double> xy, const TrainOptions& options,
            LinearModel& model) {
  const std::size_t k = components_of(directions, options, model);
  fold_weights(directions, xy, k, model);
  if (k == 0) {
    model.bias = model.ybar;
    model.warnings.emplace_back("x is constant: the model always says the mean of y");
  }
}

template <class Op>
void note_op(LinearModel& model) {
  model.ops.emplace(Op::kInfo.name, Op::kInfo.version);
}

Status train_gram(MatrixSource& x, std::span<const double> y, RowLayout layout,
                  const TrainOptions& options, ops::Workers& workers, LinearModel& model) {
  note_op<ops::Gram>(model);
  note_op<ops::EigenSymmetric>(model);
  Products products(x.cols());
  WEIR_TRY(products.add_rows(x, y, layout, workers));
  model.ybar = products.y_shift + products.y_sum / static_cast<double>(x.rows());
  centre(products, options.standardise, model);
  WEIR_ASSIGN(const Directions directions, directions_of(products.gram, workers));
  finish(directions, products.xy, options, model);
  return Status::ok();
}

Status train_randomized(const ops::MatrixView<double>& x, std::span<const double> y,
                        const TrainOptions& options, ops::Workers& workers, LinearModel& model) {
  note_op<ops::RandomizedSvd>(model);
  WEIR_TRY(check_finite(y));
  WEIR_TRY(check_finite(x));
  const auto n = static_cast<double>(x.rows);
  for (std::size_t i = 0; i < x.rows; ++i) steps::add_to(x.row(i), model.mu);
  for (double& mean : model.mu) mean /= n;
  model.ybar = numeric::canonical_sum(y) / n;
  std::vector<double> xy(x.cols);
  WEIR_ASSIGN(const Directions directions, leading_directions(x, y, options, workers, model, xy));
  finish(directions, xy, options, model);
  return Status::ok();
}

Status train_conjugate(MatrixSource& x, std::span<const double> y, ops::Workers& workers,
                       LinearModel& model) {
  if (x.sparse() != nullptr) return ridge_by_cg(*x.sparse(), y, workers, model);
  WEIR_ASSIGN(const ops::Csr compressed, compress_rows(x, workers));
  return ridge_by_cg(compressed.view(), y, workers, model);
}

// Makes a model that has no components and one answer.
void say_always(double value, LinearModel& model) {
  model.weight.assign(model.width(), 0.0);
  model.v.clear();
  model.sigma.clear();
  model.beta.clear();
  model.bias = model.ybar = value;
  model.retained = 0;
  model.warnings.assign(1, "y is constant: the model always says that value");
}

}  // namespace

Result<LinearModel> train_linear(MatrixSource& x, std::span<const double> y,
                                 const TrainOptions& options, ops::Workers& workers) {
  WEIR_TRY(check_arguments(x, y, options));
  WEIR_ASSIGN(const Way way, way_of(x, options, workers));
  const std::size_t cols = x.cols();
  LinearModel model;
  model.rows = x.rows();
  model.energy = options.components != 0 ? 0 : options.energy;
  model.lambda = options.lambda;
  model.standardised = options.standardise;
  model.columns = options.columns;
  model.weight.assign(cols, 0.0);
  model.mu.assign(cols, 0.0);
  model.scale.assign(cols, 1.0);
  switch (way) {
    case Way::kGram:
      WEIR_TRY(train_gram(x, y, RowLayout::kDense, options, workers, model));
      break;
    case Way::kSparseGram:
      WEIR_TRY(train_gram(x, y, RowLayout::kCompressed, options, workers, model));
      break;
    case Way::kRandomized:
      WEIR_TRY(train_randomized(*x.whole(), y, options, workers, model));
      break;
    case Way::kConjugateGradients:
      WEIR_TRY(train_conjugate(x, y, workers, model));
      break;
  }
  if (std::equal(y.begin() + 1, y.end(), y.begin())) say_always(y[0], model);
  return model;
}

}  // namespace weir::model
