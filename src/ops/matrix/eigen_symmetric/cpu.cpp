// The steps of LAPACK's dsyevd, the last of them, turning the vectors back, on all threads: blocks
// of vectors do not depend on one another. A symmetric matrix is its own transpose, so that it goes
// in as it lies.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/matrix/eigen_symmetric/eigen_symmetric.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/factor/householder.hpp"
#include "ops/matrix/factor/orient.hpp"
#include "ops/matrix/lapack.hpp"

namespace weir::ops {
namespace {

using lapack::Int;

constexpr std::size_t kVectors = 128;  // of a task

Int count(std::size_t n) {
  return static_cast<Int>(n);
}

// Tridiagonal form: q diag(d, e) q', q as reflections in `a` and `tau`.
struct Tridiagonal {
  Matrix<double> a;
  std::vector<double> d, e, tau;
};

// The power of two that brings the largest magnitude near 1, if squares could overflow or vanish.
double scale_of(MatrixView<double> a) {
  double largest = 0;
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) largest = std::max(largest, std::abs(a(r, c)));
  }
  if (largest == 0 || (largest > 1e-100 && largest < 1e100)) return 1;
  return std::ldexp(1.0, std::clamp(-std::ilogb(largest), -1000, 1000));
}

Tridiagonal reduce(MatrixView<double> a, double scale) {
  const std::size_t n = a.rows;
  Tridiagonal form{.a = Matrix<double>(n, n),
                   .d = std::vector<double>(n),
                   .e = std::vector<double>(n),
                   .tau = std::vector<double>(n)};
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < n; ++c) form.a(r, c) = scale * a(r, c);
  }
  const Int order = count(n), work_size = count(64 * n);
  std::vector<double> work(64 * n);
  Int info = 0;
  lapack::dsytrd_("L", &order, form.a.data(), &order, form.d.data(), form.e.data(), form.tau.data(),
                  work.data(), &work_size, &info, 1);
  return form;
}

// Writes the vectors of the tridiagonal matrix, column-major; its values take the place of d.
Int solve_tridiagonal(Tridiagonal& form, Matrix<double>& z) {
  const std::size_t n = form.d.size();
  const Int order = count(n), work_size = count(1 + 4 * n + n * n), whole_size = count(3 + 5 * n);
  AlignedBuffer<double> work(1 + 4 * n + n * n);
  std::vector<Int> whole(3 + 5 * n);
  Int info = 0;
  lapack::dstedc_("I", &order, form.d.data(), form.e.data(), z.data(), &order, work.data(),
                  &work_size, whole.data(), &whole_size, &info, 1);
  return info;
}

void turn_back(CpuRun& run, const Tridiagonal& form, Matrix<double>& z,
               MutableMatrixView<double> vectors) {
  const std::size_t n = form.d.size();
  const Int order = count(n);
  run.workers.run((n + kVectors - 1) / kVectors, [&](std::size_t task) {
    const std::size_t first = task * kVectors;
    const std::size_t columns = std::min(kVectors, n - first);
    const Int cols = count(columns), work_size = count(64 * columns + 65 * 64);
    std::vector<double> work(static_cast<std::size_t>(work_size));
    double* const block = z.data() + first * n;
    Int info = 0;
    lapack::dormtr_("L", "L", "N", &order, &cols, form.a.data(), &order, form.tau.data(), block,
                    &order, work.data(), &work_size, &info, 1, 1, 1);
    for (std::size_t c = 0; c < columns; ++c) {
      if (factor::largest_is_negative(block + c * n, n, 1)) factor::negate(block + c * n, n, 1);
    }
    factor::transpose({block, columns, n}, vectors.block(0, first, n, columns));
  });
}

}  // namespace

Status EigenSymmetric::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const std::size_t n = args.a.rows;
  if (n == 0) return Status::ok();
  WEIR_TRY(factor::check_cancelled(run, kInfo.name));
  const double scale = scale_of(args.a);
  Tridiagonal form = reduce(args.a, scale);
  WEIR_TRY(factor::check_cancelled(run, kInfo.name));
  Int info = 0;
  if (out.vectors.empty()) {
    const Int order = count(n);
    lapack::dsterf_(&order, form.d.data(), form.e.data(), &info);
  } else {
    Matrix<double> z(n, n);
    info = solve_tridiagonal(form, z);
    if (info == 0) turn_back(run, form, z, out.vectors);
  }
  if (info != 0)
    return internal_error("not_converged", "the eigenvalues of a [" + std::to_string(n) + ", " +
                                               std::to_string(n) + "] did not converge (LAPACK " +
                                               std::to_string(info) + ")");
  for (std::size_t i = 0; i < n; ++i) out.values[i] = form.d[i] / scale;
  return Status::ok();
}

}  // namespace weir::ops
