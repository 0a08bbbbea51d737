// The textbook recurrences, a loop a line; the sums by their definition.
#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/numeric/canonical.hpp"
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
  CHECK_EQ(out.x.size(), n);
  WEIR_ASSIGN(const Vector inverse, inverse_diagonal(args.a));
  const Vector b(args.b.begin(), args.b.end());
  const double norm_b = std::sqrt(dot(b, b));
  Vector x(n, 0.0);
  if (!args.start.empty() && norm_b != 0) x.assign(args.start.begin(), args.start.end());
  Vector r(n), z(n), p(n), q(n);
  Spmv::Output product{q};
  WEIR_TRY(Spmv::reference({args.a, x}, product));
  for (std::size_t i = 0; i < n; ++i) r[i] = b[i] - q[i];
  for (std::size_t i = 0; i < n; ++i) z[i] = inverse[i] * r[i];
  p = z;
  double rz = dot(r, z);
  double norm_r = std::sqrt(dot(r, r));
  out.iterations = 0;
  while (!(norm_r <= args.tolerance * norm_b) && out.iterations < args.iterations_max) {
    WEIR_TRY(Spmv::reference({args.a, p}, product));
    const double curvature = dot(p, q);
    if (!(curvature > 0)) return not_positive(out.iterations, curvature);
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
  std::copy(x.begin(), x.end(), out.x.begin());
  out.residual = norm_b == 0 ? 0.0 : norm_r / norm_b;
  out.converged = norm_r <= args.tolerance * norm_b;
  return Status::ok();
}

}  // namespace weir::ops
