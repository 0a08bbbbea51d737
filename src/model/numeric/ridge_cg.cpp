#include "model/numeric/ridge_cg.hpp"

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "base/numeric/canonical.hpp"
#include "model/numeric/products.hpp"
#include "ops/sparse/spmv/spmv.hpp"
#include "ops/sparse/transpose/transpose.hpp"

namespace weir::model {
namespace {

constexpr double kTolerance = 1e-10;
constexpr unsigned kIterationsMax = 1000;
// Without a shift the variance of a constant column comes out as rounding of its squared mean.
constexpr double kConstantRatio = 1e-7;

// (Xc'Xc + lambda) times a vector. Constant columns have scale 0 and stay out.
class System {
 public:
  System(const ops::CsrView& x, const ops::CsrView& xt, ops::Workers& workers,
         const LinearModel& model, std::span<const double> scale)
      : x_(x), xt_(xt), run_{workers}, model_(model), scale_(scale), u_(x.cols()), t_(x.rows()) {}

  Status apply(std::span<const double> v, std::span<double> out) {
    for (std::size_t j = 0; j < v.size(); ++j) u_[j] = scale_[j] == 0 ? 0 : v[j] / scale_[j];
    ops::Spmv::Output rows{t_};
    WEIR_TRY(ops::Spmv::cpu(run_, {x_, u_}, rows));
    const double shift = numeric::canonical_dot(model_.mu, u_);
    for (double& value : t_) value -= shift;
    WEIR_TRY(centred_columns(t_, out));
    for (std::size_t j = 0; j < v.size(); ++j) out[j] += model_.lambda * v[j];
    return Status::ok();
  }

  // out = Xc' t.
  Status centred_columns(std::span<const double> t, std::span<double> out) {
    ops::Spmv::Output columns{out};
    WEIR_TRY(ops::Spmv::cpu(run_, {xt_, t}, columns));
    const double sum = numeric::canonical_sum(t);
    for (std::size_t j = 0; j < out.size(); ++j) {
      out[j] = scale_[j] == 0 ? 0 : (out[j] - model_.mu[j] * sum) / scale_[j];
    }
    return Status::ok();
  }

 private:
  const ops::CsrView& x_;
  const ops::CsrView& xt_;
  ops::CpuRun run_;
  const LinearModel& model_;
  std::span<const double> scale_;
  std::vector<double> u_;
  std::vector<double> t_;
};

struct Solution {
  unsigned iterations = 0;
  double residual = 0;  // over the right side
};

// Starts from w = 0, so that of many solutions the shortest is found.
Result<Solution> solve(System& system, std::span<const double> right,
                       std::span<const double> diagonal, std::vector<double>& w) {
  const std::size_t cols = right.size();
  std::vector<double> r(right.begin(), right.end());
  std::vector<double> z(cols);
  std::vector<double> p(cols);
  std::vector<double> ap(cols);
  const double norm = std::sqrt(numeric::canonical_dot(right, right));
  Solution solution;
  double rz = 0;
  for (double left = norm; left > kTolerance * norm && solution.iterations < kIterationsMax;) {
    for (std::size_t j = 0; j < cols; ++j) z[j] = diagonal[j] == 0 ? 0 : r[j] / diagonal[j];
    const double rz_before = rz;
    rz = numeric::canonical_dot(r, z);
    const double beta = solution.iterations == 0 ? 0 : rz / rz_before;
    for (std::size_t j = 0; j < cols; ++j) p[j] = z[j] + beta * p[j];
    WEIR_TRY(system.apply(p, ap));
    const double curvature = numeric::canonical_dot(p, ap);
    solution.residual = left / norm;
    if (!(curvature > 0)) break;
    const double alpha = rz / curvature;
    for (std::size_t j = 0; j < cols; ++j) {
      w[j] += alpha * p[j];
      r[j] -= alpha * ap[j];
    }
    ++solution.iterations;
    left = std::sqrt(numeric::canonical_dot(r, r));
    solution.residual = left / norm;
  }
  return solution;
}

// Column means and what the columns are divided by, 0 where they are constant; returns the diagonal
// of Xc'Xc + lambda.
std::vector<double> column_statistics(const ops::CsrView& xt, LinearModel& model,
                                      std::vector<double>& scale) {
  const auto n = static_cast<double>(model.rows);
  std::vector<double> diagonal(xt.rows());
  for (std::size_t j = 0; j < xt.rows(); ++j) {
    const auto values = xt.values().subspan(xt.offsets()[j], xt.row_entries(j));
    model.mu[j] = numeric::canonical_sum(values) / n;
    const double square = numeric::canonical_dot(values, values) - n * model.mu[j] * model.mu[j];
    const double least = kConstantRatio * model.mu[j];
    if (!(square / n > least * least)) continue;
    scale[j] = model.standardised ? std::sqrt(square / n) : 1;
    diagonal[j] = square / (scale[j] * scale[j]) + model.lambda;
  }
  return diagonal;
}

}  // namespace

Status ridge_by_cg(const ops::CsrView& x, std::span<const double> y, ops::Workers& workers,
                   LinearModel& model) {
  WEIR_TRY(check_finite(y));
  WEIR_TRY(check_finite(x));
  model.ops = {{std::string(ops::Spmv::kInfo.name), ops::Spmv::kInfo.version},
               {std::string(ops::CsrTranspose::kInfo.name), ops::CsrTranspose::kInfo.version}};
  ops::CpuRun run{workers};
  ops::CsrTranspose::Output turned;
  WEIR_TRY(ops::CsrTranspose::check({x}));
  WEIR_TRY(ops::CsrTranspose::cpu(run, {x}, turned));
  const ops::CsrView xt = turned.matrix.view();
  std::vector<double> scale(x.cols());
  const std::vector<double> diagonal = column_statistics(xt, model, scale);
  model.ybar = numeric::canonical_sum(y) / static_cast<double>(y.size());
  std::vector<double> yc(y.begin(), y.end());
  for (double& value : yc) value -= model.ybar;

  System system(x, xt, workers, model, scale);
  std::vector<double> right(x.cols());
  WEIR_TRY(system.centred_columns(yc, right));
  if (!std::isfinite(numeric::canonical_dot(right, right)) ||
      !std::isfinite(numeric::canonical_sum(diagonal))) {
    return squares_too_large();
  }
  WEIR_ASSIGN(const Solution solution, solve(system, right, diagonal, model.weight));
  char text[160];
  std::snprintf(text, sizeof(text),
                "%zu columns: ridge regression with all components by conjugate gradients, %u "
                "iterations, residual %.2g%s",
                x.cols(), solution.iterations, solution.residual,
                solution.residual <= kTolerance ? "" : "; it did not converge");
  model.warnings.emplace_back(text);
  model.retained = 1;
  model.bias = model.ybar;
  for (std::size_t j = 0; j < x.cols(); ++j) {
    model.scale[j] = scale[j] == 0 ? 1 : scale[j];
    model.weight[j] /= model.scale[j];
    model.bias -= model.mu[j] * model.weight[j];
  }
  return Status::ok();
}

}  // namespace weir::model
