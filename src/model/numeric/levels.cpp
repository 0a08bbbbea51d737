#include "model/numeric/levels.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "model/numeric/vector_steps.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kBins = 5;
using Values = std::span<const double>;

// Writes the ten features of a window; `shifted` and `powers` are scratch of its size.
void features_of(Values window, std::span<double> shifted, std::span<double> powers, double* out) {
  const auto n = static_cast<double>(window.size());
  const double mean = steps::sum(window) / n;
  const steps::Extremes extremes = steps::extremes(window);
  steps::subtract(window, mean, shifted);
  steps::multiply(shifted, shifted, powers);
  const double variance = steps::sum(powers) / n;
  const double third = steps::dot(powers, shifted) / n;
  out[0] = mean;
  out[1] = variance;
  out[2] = extremes.low == extremes.high ? 0 : third / (variance * std::sqrt(variance));
  out[3] = mean == mean ? extremes.low : mean;
  out[4] = mean == mean ? extremes.high : mean;
  for (std::size_t k = 0; k < kBins; ++k) {
    const steps::Bin bin = steps::bin(window, k);
    out[5 + k] = std::sqrt(bin.real * bin.real + bin.imaginary * bin.imaginary) / n;
  }
}

// Turns X'X, X'y and the like into a fit, as naive::train does.
naive::Fit fit_of(naive::Rows gram, Values xy, const naive::FitOptions& options) {
  naive::Fit fit;
  const naive::Eigen eigen = naive::eigen_symmetric(std::move(gram));
  double total = 0;
  for (const double value : eigen.values) total += std::max(value, 0.0);
  double kept = 0;
  for (std::size_t i = eigen.values.size(); i-- > 0;) {
    const double square = std::max(eigen.values[i], 0.0);
    fit.sigma.push_back(std::sqrt(square));
    const bool wanted =
        options.components != 0 ? fit.v.size() < options.components : kept < options.energy * total;
    if (!wanted || square == 0) continue;
    kept += square;
    fit.beta.push_back(steps::dot(eigen.vectors[i], xy) / (square + options.lambda));
    fit.v.push_back(eigen.vectors[i]);
  }
  fit.retained = total > 0 ? kept / total : 0;
  return fit;
}

}  // namespace

naive::Rows simd_window_features(Values series, std::size_t size, std::size_t stride) {
  naive::Rows out;
  for (std::size_t first = 0; first + size <= series.size(); first += stride) {
    const Values at = series.subspan(first, size);
    const std::vector<double> window(at.begin(), at.end());
    std::vector<double> shifted(size);
    std::vector<double> powers(size);
    std::vector<double> features(kWindowFeatures);
    features_of(window, shifted, powers, features.data());
    out.push_back(features);
  }
  return out;
}

Status pooled_window_features(Values series, const WindowSpec& spec, Pool& vectors,
                              std::span<double> out) {
  const std::size_t windows = window_count(series.size(), spec);
  CHECK_EQ(out.size(), windows * kWindowFeatures);
  WEIR_ASSIGN(const PooledBlock shifted, vectors.take(spec.size));
  WEIR_ASSIGN(const PooledBlock powers, vectors.take(spec.size));
  for (std::size_t i = 0; i < windows; ++i) {
    features_of(series.subspan(i * spec.stride, spec.size), shifted.span(), powers.span(),
                out.data() + i * kWindowFeatures);
  }
  return Status::ok();
}

naive::Fit simd_train(const naive::Rows& x, Values y, const naive::FitOptions& options) {
  const std::size_t cols = x.empty() ? 0 : x[0].size();
  naive::Rows columns(cols, std::vector<double>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < cols; ++j) columns[j][i] = x[i][j];
  }
  const auto n = static_cast<double>(x.size());
  std::vector<double> mu;
  naive::Rows centred;
  for (const std::vector<double>& column : columns) {
    mu.push_back(steps::sum(column) / n);
    centred.emplace_back(column.size());
    steps::subtract(column, mu.back(), centred.back());
  }
  const double ybar = steps::sum(y) / n;
  std::vector<double> yc(y.size());
  steps::subtract(y, ybar, yc);
  naive::Rows gram(cols, std::vector<double>(cols));
  std::vector<double> xy;
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = 0; j < cols; ++j) gram[i][j] = steps::dot(centred[i], centred[j]);
    xy.push_back(steps::dot(centred[i], yc));
  }
  naive::Fit fit = fit_of(std::move(gram), xy, options);
  fit.mu = mu;
  fit.ybar = ybar;
  return fit;
}

Result<naive::Fit> pooled_train(const ops::MatrixView<double>& x, Values y,
                                const naive::FitOptions& options, Pool& batches) {
  const std::size_t cols = x.cols;
  const auto n = static_cast<double>(x.rows);
  std::vector<double> mu(cols);
  for (std::size_t i = 0; i < x.rows; ++i) steps::add_to(x.row(i), mu);
  for (double& mean : mu) mean /= n;
  const double ybar = steps::sum(y) / n;
  const std::size_t batch = std::max<std::size_t>(batches.options().block_values / (cols + 1), 1);
  WEIR_ASSIGN(const PooledBlock panel, batches.take(batch * (cols + 1)));
  naive::Rows gram(cols, std::vector<double>(cols));
  std::vector<double> xy(cols);
  for (std::size_t first = 0; first < x.rows; first += batch) {
    const std::size_t rows = std::min(batch, x.rows - first);
    const auto column = [&](std::size_t j) { return panel.span().subspan(j * batch, rows); };
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) column(j)[i] = x(first + i, j) - mu[j];
    }
    steps::subtract(y.subspan(first, rows), ybar, column(cols));
    for (std::size_t i = 0; i < cols; ++i) {
      for (std::size_t j = 0; j < cols; ++j) gram[i][j] += steps::dot(column(i), column(j));
      xy[i] += steps::dot(column(i), column(cols));
    }
  }
  naive::Fit fit = fit_of(std::move(gram), xy, options);
  fit.mu = mu;
  fit.ybar = ybar;
  return fit;
}

std::vector<double> simd_predict(const naive::Fit& fit, const naive::Rows& x) {
  std::vector<double> out;
  for (const std::vector<double>& row : x) {
    std::vector<double> shifted(row.size());
    steps::subtract(row, fit.mu, shifted);
    std::vector<double> scores;
    for (const std::vector<double>& direction : fit.v) {
      scores.push_back(steps::dot(shifted, direction));
    }
    out.push_back(fit.ybar + steps::dot(scores, fit.beta));
  }
  return out;
}

Status pooled_predict(const naive::Fit& fit, const ops::MatrixView<double>& x, Pool& vectors,
                      std::span<double> out) {
  CHECK_EQ(out.size(), x.rows);
  WEIR_ASSIGN(const PooledBlock shifted, vectors.take(x.cols));
  WEIR_ASSIGN(const PooledBlock scores, vectors.take(fit.v.size()));
  for (std::size_t i = 0; i < x.rows; ++i) {
    steps::subtract(x.row(i), fit.mu, shifted.span());
    for (std::size_t c = 0; c < fit.v.size(); ++c) {
      scores.data()[c] = steps::dot(shifted.span(), fit.v[c]);
    }
    out[i] = fit.ybar + steps::dot(scores.span(), fit.beta);
  }
  return Status::ok();
}

}  // namespace weir::model
