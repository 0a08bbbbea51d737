// sparse.cg: solves A x = b for a symmetric positive definite sparse A, by conjugate gradients with
// the diagonal as preconditioner.
//
//   std::vector<double> x(a.rows());
//   Cg::Output out{x};
//   WEIR_TRY(Cg::cpu(run, {.a = a, .b = b}, out));
//   if (!out.converged) say(out.iterations, out.residual);
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/op.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::ops {

// Class fixed: products, dot products and norms are canonical sums; the rest is done element by
// element. Stops when norm(r) <= tolerance * norm(b), r being the residual that the recurrence
// carries, or after iterations_max. Shapes: A [n, n], b [n], x [n], start [n] or empty for zero. b
// = 0 gives x = 0. Symmetry is not looked at. A b whose squares leave the range of
// doubles is solved times a power of two, which changes no digit; `converged` never holds of norms
// or of an x that are not finite. Errors: invalid_argument for shapes and for a tolerance that is
// negative or no number; failed_precondition "not_positive_definite" if a diagonal element or p'Ap
// is not above zero, "not_finite" if p'Ap is no finite number (x then means nothing); cancelled.
// Cost: an iteration reads A once, and reads or writes thirteen vectors; four vectors of memory.
struct Cg {
  static constexpr OpInfo kInfo{.name = "sparse.cg",
                                .numeric = NumericClass::kFixed,
                                .summary = "conjugate gradients, Jacobi preconditioned"};
  struct Args {
    CsrView a;
    std::span<const double> b;
    std::span<const double> start = {};
    double tolerance = 1e-10;
    std::uint32_t iterations_max = 100;
  };
  struct Output {
    std::span<double> x;
    std::uint32_t iterations = 0;
    double residual = 0;  // norm(r) / norm(b); 0 if b = 0
    bool converged = false;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

// Returns 1 / A(r, r) for each row, or failed_precondition naming the first row whose diagonal
// element is missing or not above zero.
Result<HugeVector<double>> inverse_diagonal(const CsrView& a);

// The power of two to solve times: 1 unless b'b = `square` is near the ends of the range or beyond.
double cg_scale(std::span<const double> b, double square);

// Returns failed_precondition for a direction along which the matrix is not positive, or p'Ap not
// finite.
Status check_curvature(std::uint32_t iteration, double curvature);

}  // namespace weir::ops
