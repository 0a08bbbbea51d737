// The textbook recurrences, a loop a line; the sums by their definition.
#include <algorithm>
#include <cmath>

#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/sparse/cg/cg.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {
namespace {

using Vector = HugeVector<double>;

double dot(const Vector& x, const Vector& y) {
  numeric::CanonicalCounter<double> sum;
  for (std::size_t from = 0; from < x.size(); from += numeric::kCanonicalBlock) {
    sum.push(numeric::block_sum(std::min(numeric::kCanonicalBlock, x.size() - from),
                                [&](std::size_t i) { return x[from + i] * y[from + i]; }));
  }
  return numeric::one_nan(sum.result());
}

}  // namespace

Status Cg::reference(const Args& args, Output& out) {
  const std::size_t n = args.a.rows();
  WEIR_TRY(check_output(args, out));
  WEIR_ASSIGN(const Vector inverse, inverse_diagonal(args.a));
  Vector b(args.b.begin(), args.b.end());
  const double scale = cg_scale(b, dot(b, b));
  for (double& value : b) value *= scale;
  const double norm_b = std::sqrt(dot(b, b));
  Vector x(n, 0.0);
  if (!args.start.empty() && norm_b != 0) x.assign(args.start.begin(), args.start.end());
  for (double& value : x) value *= scale;
  Vector r(n), z(n), p(n), q(n);
  Spmv::Output product{q};
  WEIR_TRY(Spmv::reference({args.a, x}, product));
  for (std::size_t i = 0; i < n; ++i) r[i] = b[i] - q[i];
  for (std::size_t i = 0; i < n; ++i) z[i] = inverse[i] * r[i];
  p = z;
  double rz = dot(r, z);
  double norm_r = std::sqrt(dot(r, r));
  out.iterations = 0;
  const auto reached = [&] { return std::isfinite(norm_b) && norm_r <= args.tolerance * norm_b; };
  while (!reached() && out.iterations < args.iterations_max) {
    WEIR_TRY(Spmv::reference({args.a, p}, product));
    const double curvature = dot(p, q);
    WEIR_TRY(check_curvature(out.iterations, curvature));
    const double alpha = rz / curvature;
    for (std::size_t i = 0; i < n; ++i) x[i] = x[i] + alpha * p[i];
    for (std::size_t i = 0; i < n; ++i) r[i] = r[i] - alpha * q[i];
    for (std::size_t i = 0; i < n; ++i) z[i] = inverse[i] * r[i];
    const double next = dot(r, z);
    norm_r = std::sqrt(dot(r, r));
    const double beta = next / rz;
    rz = next;
    for (std::size_t i = 0; i < n; ++i) p[i] = z[i] + beta * p[i];
    ++out.iterations;
  }
  for (std::size_t i = 0; i < n; ++i) out.x[i] = x[i] / scale;
  out.residual = norm_b == 0 ? 0.0 : norm_r / norm_b;
  out.converged = reached() && std::all_of(out.x.begin(), out.x.end(), [&](double value) {
                    return scale == 1 || std::isfinite(value);
                  });
  return Status::ok();
}

}  // namespace weir::ops
