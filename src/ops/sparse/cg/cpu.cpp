// Three passes an iteration, each by tasks of 64 canonical blocks: q = A p with p'q; r with r'r and
// r'z; x and p. What a pass has just written is summed while it is in the cache, and z = r over the
// diagonal is made where it is needed: reading two vectors costs less than writing and reading one.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/number_text.hpp"
#include "base/numeric/canonical.hpp"
#include "base/numeric/range_scale.hpp"
#include "base/result.hpp"
#include "ops/sparse/cg/cg.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {
namespace {

using Vector = HugeVector<double>;
constexpr unsigned kTaskLevel = 6;
constexpr std::size_t kTaskRows = numeric::kCanonicalBlock << kTaskLevel;

// The sums of a pass over n elements, whatever threads its tasks ran on.
class Sums {
 public:
  explicit Sums(std::size_t n) : tasks_((n + kTaskRows - 1) / kTaskRows), partials_(2 * tasks_) {}

  struct Pair {
    double first;
    double second;
  };
  // Calls block(from, n) for each canonical block, which returns two dot products of it.
  template <class Block>
  Pair run(Workers& workers, std::size_t n, Block block) {
    workers.run(tasks_, [&](std::size_t task) {
      numeric::CanonicalCounter<double> first;
      numeric::CanonicalCounter<double> second;
      const std::size_t end = std::min(n, (task + 1) * kTaskRows);
      for (std::size_t from = task * kTaskRows; from < end; from += numeric::kCanonicalBlock) {
        const Pair both = block(from, std::min(numeric::kCanonicalBlock, end - from));
        first.push(both.first);
        second.push(both.second);
      }
      partials_[2 * task] = first.result();
      partials_[2 * task + 1] = second.result();
    });
    numeric::CanonicalCounter<double> first;
    numeric::CanonicalCounter<double> second;
    for (std::size_t task = 0; task < tasks_; ++task) {
      first.push_level(partials_[2 * task], kTaskLevel);
      second.push_level(partials_[2 * task + 1], kTaskLevel);
    }
    return {numeric::one_nan(first.result()), numeric::one_nan(second.result())};
  }

 private:
  std::size_t tasks_;
  std::vector<double> partials_;
};

double block_dot(const double* x, const double* y, std::size_t n) {
  return numeric::canonical_dot(std::span(x, n), std::span(y, n));
}

struct Solver {
  Workers& workers;
  const Cg::Args& args;
  std::span<double> x;
  const Vector& inverse;
  std::size_t n = args.a.rows();
  Vector r = Vector(n), p = Vector(n), q = Vector(n);
  Sums sums = Sums(n);

  // r = b - A x, p = z; returns r'r and r'z.
  Sums::Pair begin() {
    return sums.run(workers, n, [&](std::size_t from, std::size_t count) {
      spmv_rows(args.a, from, from + count, x.data(), q.data() + from);
      for (std::size_t i = from; i < from + count; ++i) {
        r[i] = args.b[i] - q[i];
        p[i] = inverse[i] * r[i];
      }
      return residuals(from, count);
    });
  }
  double curvature() {
    return sums
        .run(workers, n,
             [&](std::size_t from, std::size_t count) {
               spmv_rows(args.a, from, from + count, p.data(), q.data() + from);
               return Sums::Pair{block_dot(p.data() + from, q.data() + from, count), 0.0};
             })
        .first;
  }
  Sums::Pair step(double alpha) {
    return sums.run(workers, n, [&](std::size_t from, std::size_t count) {
      for (std::size_t i = from; i < from + count; ++i) r[i] = r[i] - alpha * q[i];
      return residuals(from, count);
    });
  }
  void turn(double alpha, double beta) {
    workers.run((n + kTaskRows - 1) / kTaskRows, [&](std::size_t task) {
      const std::size_t end = std::min(n, (task + 1) * kTaskRows);
      for (std::size_t i = task * kTaskRows; i < end; ++i) {
        x[i] = x[i] + alpha * p[i];
        p[i] = inverse[i] * r[i] + beta * p[i];
      }
    });
  }
  Sums::Pair residuals(std::size_t from, std::size_t count) const {
    double z[numeric::kCanonicalBlock];
    for (std::size_t i = 0; i < count; ++i) z[i] = inverse[from + i] * r[from + i];
    return {block_dot(r.data() + from, r.data() + from, count),
            block_dot(r.data() + from, z, count)};
  }
};

Status solve(CpuRun& run, const Cg::Args& args, Cg::Output& out) {
  WEIR_ASSIGN(const Vector inverse, inverse_diagonal(args.a));
  Solver solver{run.workers, args, out.x, inverse};
  const double norm_b = std::sqrt(numeric::canonical_dot(args.b, args.b));
  if (args.start.empty() || norm_b == 0) {
    std::fill(out.x.begin(), out.x.end(), 0.0);
  } else {
    std::copy(args.start.begin(), args.start.end(), out.x.begin());
  }
  Sums::Pair residual = solver.begin();
  double rz = residual.second;
  double norm_r = std::sqrt(residual.first);
  const auto reached = [&] { return std::isfinite(norm_b) && norm_r <= args.tolerance * norm_b; };
  out.iterations = 0;
  while (!reached() && out.iterations < args.iterations_max) {
    if (run.cancelled()) return Status(Code::kCancelled, "cancelled", "stopped while iterating");
    const double curvature = solver.curvature();
    WEIR_TRY(check_curvature(out.iterations, curvature));
    const double alpha = rz / curvature;
    residual = solver.step(alpha);
    norm_r = std::sqrt(residual.first);
    solver.turn(alpha, residual.second / rz);
    rz = residual.second;
    ++out.iterations;
  }
  out.residual = norm_b == 0 ? 0.0 : norm_r / norm_b;
  out.converged = reached();
  return Status::ok();
}

}  // namespace

Status Cg::check(const Args& args) {
  const std::size_t n = args.a.rows();
  if (args.a.cols() != n || args.b.size() != n || (!args.start.empty() && args.start.size() != n)) {
    return invalid_argument("shapes_differ",
                            "A is " + std::to_string(n) + " x " + std::to_string(args.a.cols()) +
                                ", b has " + std::to_string(args.b.size()) +
                                " elements, the start " + std::to_string(args.start.size()))
        .at("b")
        .hint("A is square; b, and a start if there is one, have one element a row");
  }
  if (!(args.tolerance >= 0)) {
    return invalid_argument("tolerance_range",
                            "tolerance " + number_text(args.tolerance) + " is not at least 0")
        .at("tolerance");
  }
  return Status::ok();
}

Status Cg::check_output(const Args& args, const Output& out) {
  return check_vector("x", out.x.size(), args.a.rows());
}

Support Cg::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedType, "conjugate gradients run on the CPU");
}

Footprint Cg::footprint(const Args& args) {
  const std::size_t n = args.a.rows();
  return {.rows = n,
          .bytes_in = args.a.bytes() + n * 8,
          .bytes_out = n * 8,
          .bytes_scratch = n * 40,
          .flops = args.iterations_max *
                   (2 * static_cast<double>(args.a.entries()) + 15 * static_cast<double>(n)),
          .launches = 4 * args.iterations_max,
          .ceiling = Ceiling::kDram,
          .chunkable = false};
}

Result<HugeVector<double>> inverse_diagonal(const CsrView& a) {
  Vector inverse(a.rows());
  for (std::size_t r = 0; r < a.rows(); ++r) {
    const auto row = a.columns().subspan(a.offsets()[r], a.row_entries(r));
    const auto at = std::lower_bound(row.begin(), row.end(), r);
    const double diagonal =
        at != row.end() && *at == r
            ? a.values()[a.offsets()[r] + static_cast<std::size_t>(at - row.begin())]
            : 0.0;
    if (!(diagonal > 0)) {
      return fail(failed_precondition(
                      "not_positive_definite",
                      "diagonal element " + std::to_string(r) + " is " + number_text(diagonal))
                      .at("a"));
    }
    inverse[r] = 1 / diagonal;
  }
  return inverse;
}

double cg_scale(std::span<const double> b, double square) {
  // Room for a residual of 2^-200 of b, and for products with A.
  if (square >= 0x1p-500 && square <= 0x1p500) return 1;
  double largest = 0;
  for (const double value : b) largest = std::max(largest, std::abs(value));
  return numeric::range_scale(largest);
}

Status check_curvature(std::uint32_t iteration, double curvature) {
  if (curvature > 0 && std::isfinite(curvature)) return Status::ok();
  const std::string text =
      "p'Ap is " + number_text(curvature) + " in iteration " + std::to_string(iteration);
  if (std::isfinite(curvature)) return failed_precondition("not_positive_definite", text).at("a");
  return failed_precondition("not_finite", text)
      .at("b")
      .hint("A, b and the start must be finite, and the start not beyond 1e150 times b");
}

Status Cg::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const double scale = cg_scale(args.b, numeric::canonical_dot(args.b, args.b));
  if (scale == 1) return solve(run, args, out);
  Vector b(args.b.begin(), args.b.end());
  Vector start(args.start.begin(), args.start.end());
  for (double& value : b) value *= scale;
  for (double& value : start) value *= scale;
  Args scaled = args;
  scaled.b = b;
  scaled.start = start;
  WEIR_TRY(solve(run, scaled, out));
  for (double& value : out.x) {
    value /= scale;
    out.converged = out.converged && std::isfinite(value);
  }
  return Status::ok();
}

}  // namespace weir::ops
