#include "model/numeric/train.hpp"

#include <algorithm>
#include <cmath>

#include "model/numeric/naive.hpp"
#include "model/numeric/products.hpp"
#include "model/numeric/ridge_cg.hpp"

namespace weir::model {
namespace {

// Singular values below this share of the largest are noise: X'X squares the condition.
constexpr double kRankRatio = 1e-7;

Status check_arguments(const MatrixSource& x, std::span<const double> y,
                       const TrainOptions& options) {
  const auto wrong = [](std::string what) { return invalid_argument("train", std::move(what)); };
  if (x.cols() == 0) return wrong("no columns to learn from");
  if (x.cols() > kTrainColumnsMax && x.sparse() == nullptr) {
    return wrong(std::to_string(x.cols()) + " columns, at most " +
                 std::to_string(kTrainColumnsMax) + " are learned from unless they are sparse")
        .hint("leave columns out, reduce them first, or give compressed rows");
  }
  if (x.rows() != y.size()) {
    return wrong("x has " + std::to_string(x.rows()) + " rows, y " + std::to_string(y.size()));
  }
  if (x.rows() < 2) return wrong(std::to_string(x.rows()) + " rows, at least 2 are needed");
  if (!(options.energy > 0) || !(options.energy <= 1)) {
    return wrong("energy " + std::to_string(options.energy) + " is not above 0 and at most 1");
  }
  if (!(options.lambda >= 0) || !std::isfinite(options.lambda)) {
    return wrong("lambda " + std::to_string(options.lambda) + " is negative or not finite");
  }
  if (!options.columns.empty() && options.columns.size() != x.cols()) {
    return wrong(std::to_string(options.columns.size()) + " names for " + std::to_string(x.cols()) +
                 " columns");
  }
  return Status::ok();
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
    const double least = products.constant_ratio * model.mu[j];
    const bool varies = square / n > least * least;
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
};

Result<Directions> directions_of(const ops::Matrix<double>& gram) {
  const std::size_t cols = gram.rows();
  naive::Rows rows(cols, std::vector<double>(cols));
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = 0; j < cols; ++j) rows[i][j] = gram(i, j);
  }
  const naive::Eigen eigen = naive::eigen_symmetric(std::move(rows));
  Directions made{.squares = {}, .vectors = ops::Matrix<double>(cols, cols)};
  for (std::size_t j = 0; j < cols; ++j) made.total += gram(j, j);
  const double largest = eigen.values.back();
  for (std::size_t i = cols; i-- > 0;) {
    if (!(eigen.values[i] > 0) || std::sqrt(eigen.values[i] / largest) < kRankRatio) break;
    std::copy(eigen.vectors[i].begin(), eigen.vectors[i].end(),
              made.vectors.view().row(made.squares.size()).begin());
    made.squares.push_back(eigen.values[i]);
  }
  return made;
}

// Returns how many of the directions to keep.
std::size_t components_of(const Directions& directions, const TrainOptions& options,
                          LinearModel& model) {
  std::size_t k = 0;
  double kept = 0;
  while (k < directions.squares.size() &&
         (options.components != 0 ? k < options.components
                                  : kept < options.energy * directions.total)) {
    kept += directions.squares[k++];
  }
  model.retained = directions.total > 0 ? std::min(kept / directions.total, 1.0) : 0;
  const bool asked_for_more = options.components != 0
                                  ? k < std::min(options.components, model.mu.size())
                                  : kept < options.energy * directions.total;
  if (asked_for_more && k != 0) {
    model.warnings.push_back("the rank ends at " + std::to_string(k) + " of " +
                             std::to_string(model.mu.size()) +
                             ": singular values below 1e-7 of the largest cannot be told from "
                             "rounding");
  }
  return k;
}

void fold_weights(const Directions& directions, const Products& products, std::size_t k,
                  LinearModel& model) {
  const std::size_t cols = model.mu.size();
  model.v.resize(cols * k);
  for (std::size_t i = 0; i < k; ++i) {
    const std::span<const double> direction = directions.vectors.view().row(i);
    double dot = 0;
    for (std::size_t j = 0; j < cols; ++j) dot += direction[j] * products.xy[j];
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

}  // namespace

Result<LinearModel> train_linear(MatrixSource& x, std::span<const double> y,
                                 const TrainOptions& options, ops::Workers& workers) {
  WEIR_TRY(check_arguments(x, y, options));
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
  if (cols > kTrainColumnsMax) {
    WEIR_TRY(ridge_by_cg(*x.sparse(), y, workers, model));
    return model;
  }
  Products products(cols);
  WEIR_TRY(products.add_rows(x, y, workers));
  model.ybar = products.y_shift + products.y_sum / static_cast<double>(x.rows());
  centre(products, options.standardise, model);

  std::size_t k = 0;
  if (std::equal(y.begin() + 1, y.end(), y.begin())) {
    model.ybar = y[0];
    model.warnings.emplace_back("y is constant: the model always says that value");
  } else {
    WEIR_ASSIGN(const Directions directions, directions_of(products.gram));
    k = components_of(directions, options, model);
    fold_weights(directions, products, k, model);
    if (k == 0) model.warnings.emplace_back("x is constant: the model always says the mean of y");
  }
  if (k == 0) model.bias = model.ybar;
  return model;
}

}  // namespace weir::model
