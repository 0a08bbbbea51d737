#include "model/numeric/naive.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace weir::model::naive {
namespace {

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[i];
  return sum / static_cast<double>(values.size());
}

double moment_of(const std::vector<double>& values, double mean, int power) {
  std::vector<double> powers;
  for (std::size_t i = 0; i < values.size(); ++i)
    powers.push_back(std::pow(values[i] - mean, power));
  return mean_of(powers);
}

double bin_of(const std::vector<double>& values, std::size_t k) {
  const auto n = static_cast<double>(values.size());
  double real = 0;
  double imaginary = 0;
  for (std::size_t t = 0; t < values.size(); ++t) {
    const double angle =
        2.0 * std::numbers::pi * static_cast<double>(k) * static_cast<double>(t) / n;
    real += values[t] * std::cos(angle);
    imaginary -= values[t] * std::sin(angle);
  }
  return std::sqrt(std::pow(real, 2) + std::pow(imaginary, 2)) / n;
}

std::vector<double> features_of(const std::vector<double>& window) {
  std::vector<double> features;
  const double mean = mean_of(window);
  const double variance = moment_of(window, mean, 2);
  double low = window[0];
  double high = window[0];
  for (const double x : window) {
    low = x < low || x != x ? x : low;
    high = x > high || x != x ? x : high;
  }
  features.push_back(mean);
  features.push_back(variance);
  features.push_back(low == high ? 0 : moment_of(window, mean, 3) / std::pow(variance, 1.5));
  features.push_back(low);
  features.push_back(high);
  for (std::size_t k = 0; k < 5; ++k) features.push_back(bin_of(window, k));
  return features;
}

Rows transposed(const Rows& a) {
  Rows out(a.empty() ? 0 : a[0].size(), std::vector<double>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[i].size(); ++j) out[j][i] = a[i][j];
  }
  return out;
}

Rows product(const Rows& a, const Rows& b) {
  Rows out(a.size(), std::vector<double>(b.empty() ? 0 : b[0].size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t j = 0; j < out[i].size(); ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < b.size(); ++k) sum += a[i][k] * b[k][j];
      out[i][j] = sum;
    }
  }
  return out;
}

Rows centred(const Rows& x, const std::vector<double>& mu) {
  Rows out;
  for (const std::vector<double>& row : x) {
    std::vector<double> shifted;
    for (std::size_t j = 0; j < row.size(); ++j) shifted.push_back(row[j] - mu[j]);
    out.push_back(shifted);
  }
  return out;
}

// Turns rows and columns p and q so that a[p][q] vanishes, and the vectors with them.
void rotate(Rows& a, Rows& vectors, std::size_t p, std::size_t q) {
  const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const double t = (theta >= 0 ? 1.0 : -1.0) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1);
  const double s = t * c;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double ip = a[i][p];
    const double iq = a[i][q];
    a[i][p] = c * ip - s * iq;
    a[i][q] = s * ip + c * iq;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double pi = a[p][i];
    const double qi = a[q][i];
    a[p][i] = c * pi - s * qi;
    a[q][i] = s * pi + c * qi;
    const double vp = vectors[p][i];
    const double vq = vectors[q][i];
    vectors[p][i] = c * vp - s * vq;
    vectors[q][i] = s * vp + c * vq;
  }
}

double off_diagonal(const Rows& a) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) sum += i == j ? 0 : a[i][j] * a[i][j];
  }
  return sum;
}

}  // namespace

Rows window_features(std::span<const double> series, std::size_t size, std::size_t stride) {
  Rows out;
  for (std::size_t first = 0; first + size <= series.size(); first += stride) {
    std::vector<double> window;
    for (std::size_t t = 0; t < size; ++t) window.push_back(series[first + t]);
    out.push_back(features_of(window));
  }
  return out;
}

Eigen eigen_symmetric(Rows a) {
  const std::size_t n = a.size();
  Rows vectors(n, std::vector<double>(n));
  double norm = off_diagonal(a);
  for (std::size_t i = 0; i < n; ++i) {
    vectors[i][i] = 1;
    norm += a[i][i] * a[i][i];
  }
  for (int sweep = 0; sweep < 60 && off_diagonal(a) > 1e-34 * norm; ++sweep) {
    for (std::size_t p = 0; p + 1 < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p][q] != 0) rotate(a, vectors, p, q);
      }
    }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return a[i][i] < a[j][j]; });
  Eigen out;
  for (const std::size_t i : order) {
    out.values.push_back(a[i][i]);
    out.vectors.push_back(vectors[i]);
  }
  return out;
}

Fit train(const Rows& x, std::span<const double> y, const FitOptions& options) {
  Fit fit;
  const Rows columns = transposed(x);
  for (const std::vector<double>& column : columns) fit.mu.push_back(mean_of(column));
  const std::vector<double> targets(y.begin(), y.end());
  fit.ybar = mean_of(targets);
  const Rows xc = centred(x, fit.mu);
  const Rows xt = transposed(xc);
  const Eigen eigen = eigen_symmetric(product(xt, xc));
  Rows yc;
  for (const double value : y) yc.push_back({value - fit.ybar});
  const Rows xty = product(xt, yc);

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
    fit.v.push_back(eigen.vectors[i]);
    double dot = 0;
    for (std::size_t j = 0; j < xty.size(); ++j) dot += eigen.vectors[i][j] * xty[j][0];
    fit.beta.push_back(dot / (square + options.lambda));
  }
  fit.retained = total > 0 ? kept / total : 0;
  return fit;
}

std::vector<double> weights(const Fit& fit) {
  std::vector<double> out(fit.mu.size());
  for (std::size_t c = 0; c < fit.v.size(); ++c) {
    for (std::size_t j = 0; j < out.size(); ++j) out[j] += fit.v[c][j] * fit.beta[c];
  }
  return out;
}

std::vector<double> predict(const Fit& fit, const Rows& x) {
  std::vector<double> out;
  const Rows vt = transposed(fit.v);
  for (const std::vector<double>& row : x) {
    const Rows scores = product(centred({row}, fit.mu), vt);
    double sum = fit.ybar;
    for (std::size_t i = 0; i < fit.beta.size(); ++i) sum += scores[0][i] * fit.beta[i];
    out.push_back(sum);
  }
  return out;
}

}  // namespace weir::model::naive
