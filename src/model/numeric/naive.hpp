// The numeric pipeline as it is first written down: a vector of vectors, a temporary for every
// step, pow for squares, cos and sin for every term, products in the order i, j, k. Kept as the
// oracle of the tests and the first level of the ablation; nothing else calls it.
//
//   const naive::Rows features = naive::window_features(series, 64, 1);
//   const naive::Fit fit = naive::train(x, y, {.energy = 0.95});
//   const std::vector<double> said = naive::predict(fit, x);
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weir::model::naive {

using Rows = std::vector<std::vector<double>>;

// Returns ten values of each window: mean, variance, skewness, min, max, |X_k|/size for k = 0..4.
Rows window_features(std::span<const double> series, std::size_t size, std::size_t stride);

struct FitOptions {
  double energy = 0.95;
  std::size_t components = 0;  // 0: as many as `energy` asks for
  double lambda = 0;
};

// Principal-component ridge regression as it is defined: all its parts, none folded together.
struct Fit {
  std::vector<double> mu;     // [columns]
  Rows v;                     // [components][columns]
  std::vector<double> sigma;  // all singular values, falling
  std::vector<double> beta;   // [components]
  double ybar = 0;
  double retained = 0;
};
Fit train(const Rows& x, std::span<const double> y, const FitOptions& options);

// Returns V beta: what the columns weigh together.
std::vector<double> weights(const Fit& fit);

// Returns ybar + ((x - mu) V) . beta of each row.
std::vector<double> predict(const Fit& fit, const Rows& x);

// Eigenvalues, rising, and vectors (row i belongs to value i) of a symmetric matrix, by cyclic
// Jacobi rotations.
struct Eigen {
  std::vector<double> values;
  Rows vectors;
};
Eigen eigen_symmetric(Rows a);

}  // namespace weir::model::naive
