#include "model/numeric/train.hpp"

#include <algorithm>
#include <cmath>

#include "base/aligned.hpp"
#include "model/numeric/naive.hpp"
#include "ops/matrix/gram/gram.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 20;
constexpr std::size_t kBlockRowsStep = 4096;
constexpr std::size_t kShiftRows = 4096;
// Singular values below this share of the largest are noise: X'X squares the condition.
constexpr double kRankRatio = 1e-7;
// A column is constant if its variance is not above the square of this share of its mean.
constexpr double kConstantRatio = 1e-15;

// Rows of a block: by the width alone, so that a file and memory are summed alike.
std::size_t block_rows(std::size_t cols) {
  const std::size_t fit = kBlockBytes / (cols * sizeof(double));
  return std::max(fit / kBlockRowsStep, std::size_t{1}) * kBlockRowsStep;
}

// Calls visit(view, first row) for each block of the source.
template <class Visit>
Status for_blocks(MatrixSource& x, std::span<double> buffer, Visit visit) {
  const std::size_t step = block_rows(x.cols());
  for (std::size_t first = 0; first < x.rows(); first += step) {
    WEIR_ASSIGN(const auto view, x.block(first, std::min(step, x.rows() - first), buffer));
    WEIR_TRY(visit(view, first));
  }
  return Status::ok();
}

Status check_arguments(const MatrixSource& x, std::span<const double> y,
                       const TrainOptions& options) {
  const auto wrong = [](std::string what) { return invalid_argument("train", std::move(what)); };
  if (x.cols() == 0) return wrong("no columns to learn from");
  if (x.cols() > kTrainColumnsMax) {
    return wrong(std::to_string(x.cols()) + " columns, at most " +
                 std::to_string(kTrainColumnsMax) + " are learned from")
        .hint("leave columns out, or reduce them first");
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

// The sums of the whole input about shifts, and what follows from them.
struct Products {
  explicit Products(std::size_t cols) : gram(cols, cols), shift(cols), sums(cols), xy(cols) {}
  ops::Matrix<double> gram;
  std::vector<double> shift;
  std::vector<double> sums;
  std::vector<double> xy;
  double y_shift = 0;
  double y_sum = 0;

  void add(const Products& other) {
    for (std::size_t i = 0; i < gram.view().size(); ++i) gram.data()[i] += other.gram.data()[i];
    for (std::size_t j = 0; j < sums.size(); ++j) {
      sums[j] += other.sums[j];
      xy[j] += other.xy[j];
    }
    y_sum += other.y_sum;
  }
  bool finite() const {
    bool all = std::isfinite(y_sum);
    for (std::size_t j = 0; j < sums.size(); ++j) {
      all = all && std::isfinite(gram(j, j)) && std::isfinite(sums[j]) && std::isfinite(xy[j]);
    }
    return all;
  }
};

void set_shifts(ops::MatrixView<double> first, std::span<const double> y, Products& products) {
  const std::size_t rows = std::min(first.rows, kShiftRows);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < first.cols; ++j) products.shift[j] += first(i, j);
    products.y_shift += y[i];
  }
  for (double& shift : products.shift) shift /= static_cast<double>(rows);
  products.y_shift /= static_cast<double>(rows);
}

// Names the value that is not finite, or the column that is too large to square.
Status name_not_finite(MatrixSource& x, std::span<const double> y, std::span<double> buffer) {
  const auto wrong = [](std::size_t row, const std::string& column, double value) {
    return invalid_argument("not_finite", "row " + std::to_string(row) + ", " + column + ": " +
                                              std::to_string(value) + " is not a finite number")
        .hint("leave the row out or fill the value in");
  };
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!std::isfinite(y[i])) return wrong(i, "y", y[i]);
  }
  WEIR_TRY(for_blocks(x, buffer, [&](ops::MatrixView<double> block, std::size_t first) -> Status {
    for (std::size_t i = 0; i < block.rows; ++i) {
      for (std::size_t j = 0; j < block.cols; ++j) {
        if (std::isfinite(block(i, j))) continue;
        return wrong(first + i, "column " + std::to_string(j), block(i, j));
      }
    }
    return Status::ok();
  }));
  return invalid_argument("train", "the values are too large: their squares do not fit a double")
      .hint("divide them by a power of ten first");
}

// Sums over all rows. `part` takes one block, so that blocks join in order.
Status accumulate(MatrixSource& x, std::span<const double> y, std::span<double> buffer,
                  ops::Workers& workers, Products& total) {
  Products part(x.cols());
  ops::CpuRun run{workers};
  return for_blocks(x, buffer, [&](ops::MatrixView<double> block, std::size_t first) -> Status {
    if (first == 0) set_shifts(block, y, total);
    ops::Gram::Output out{.gram = part.gram.view(), .sums = part.sums, .xy = part.xy};
    const ops::Gram::Args args{.x = block,
                               .shift = total.shift,
                               .y = y.subspan(first, block.rows),
                               .y_shift = total.y_shift};
    WEIR_TRY(ops::Gram::check(args));
    WEIR_TRY(ops::Gram::cpu(run, args, out));
    part.y_sum = out.y_sum;
    total.add(part);
    return Status::ok();
  });
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
  AlignedBuffer<double> buffer(x.needs_buffer() ? std::min(block_rows(cols), x.rows()) * cols : 0);
  Products products(cols);
  WEIR_TRY(accumulate(x, y, buffer.span(), workers, products));
  if (!products.finite()) return fail(name_not_finite(x, y, buffer.span()));
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
