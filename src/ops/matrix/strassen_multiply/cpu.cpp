// One level, quarters named by row and column, in the order that needs three quarters of workspace:
//
//   S1 = A21 + A22   T1 = B12 - B11   C12 = S1 T1               C22 = C12
//   S2 = S1 - A11    T2 = B22 - T1    U = S2 T2                 C11 = A11 B11   U += C11   C12 += U
//   S4 = A12 - S2    T4 = B21 - T2    C12 += S4 B22             C21 = A22 T4
//   S3 = A11 - A21   T3 = B22 - B12   U += S3 T3                C21 += U        C22 += U
//                                     C11 += A12 B21
//
// (T4 has the sign that lets C21 be written at once.) Quarters with a row or column less than the
// first count as ending in zeros: sums pass them by, products leave them out.
#include <algorithm>

#include "base/aligned.hpp"
#include "base/result.hpp"
#include "ops/matrix/copy_rows.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/rows/runs.hpp"
#include "ops/matrix/strassen_multiply/halving.hpp"
#include "ops/matrix/strassen_multiply/strassen_multiply.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/matrix/strassen_multiply/cpu.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "ops/matrix/rows/arithmetic_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::ops::HWY_NAMESPACE {
namespace {

void sum_run(const double* x, const double* y, std::size_t count, double* out) {
  const hn::ScalableTag<double> d;
  map_run(
      d, count, out, false,
      [&](std::size_t i) { return hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, y + i)); },
      [&](std::size_t i) { return x[i] + y[i]; });
}

void difference_run(const double* x, const double* y, std::size_t count, double* out) {
  const hn::ScalableTag<double> d;
  map_run(
      d, count, out, false,
      [&](std::size_t i) { return hn::Sub(hn::LoadU(d, x + i), hn::LoadU(d, y + i)); },
      [&](std::size_t i) { return x[i] - y[i]; });
}

}  // namespace
}  // namespace weir::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::ops {
namespace {

HWY_EXPORT(sum_run);
HWY_EXPORT(difference_run);

using View = MatrixView<double>;
using MutableView = MutableMatrixView<double>;

// out = x + sign * y by rows, sign 1 or -1; x and y end in zeros where they are smaller than out,
// and may lie in it.
void combine(CpuRun& run, double sign, const View& x, const View& y, const MutableView& out) {
  if (out.empty()) return;
  const std::size_t together = std::max<std::size_t>(1, kRunElements / out.cols);
  run.workers.run((out.rows + together - 1) / together, [&](std::size_t task) {
    const std::size_t end = std::min(out.rows, (task + 1) * together);
    for (std::size_t r = task * together; r < end; ++r) {
      const std::size_t x_cols = r < x.rows ? std::min(x.cols, out.cols) : 0;
      const std::size_t y_cols = r < y.rows ? std::min(y.cols, out.cols) : 0;
      const std::size_t both = std::min(x_cols, y_cols);
      double* to = out.data + r * out.stride;
      const double* of_x = x.data + r * x.stride;
      const double* of_y = y.data + r * y.stride;
      if (sign > 0) {
        HWY_DYNAMIC_DISPATCH(sum_run)(of_x, of_y, both, to);
      } else {
        HWY_DYNAMIC_DISPATCH(difference_run)(of_x, of_y, both, to);
      }
      for (std::size_t c = both; c < out.cols; ++c) {
        to[c] = (c < x_cols ? of_x[c] : 0) + sign * (c < y_cols ? of_y[c] : 0);
      }
    }
  });
}

class Strassen {
 public:
  Strassen(CpuRun& run, std::size_t crossover) : run_(run), crossover_(crossover) {}

  // c = a b. `workspace` has room for the levels that the shape takes.
  Status multiply(const View& a, const View& b, const MutableView& c, double* workspace) {
    const Halving shape{c.rows, c.cols, a.cols};
    if (shape.smallest() >= crossover_) return level(a, b, c, shape.first_half(), workspace);
    MultiplyF64::Output out{c};
    return MultiplyF64::cpu(run_, {.a = a, .b = b}, out);
  }

 private:
  // c += a b; `room` holds the product where it is cut further.
  Status add_product(const View& a, const View& b, const MutableView& c, double* room,
                     double* workspace) {
    const Halving shape{c.rows, c.cols, a.cols};
    if (shape.smallest() >= crossover_) {
      const MutableView product(room, c.rows, c.cols);
      WEIR_TRY(level(a, b, product, shape.first_half(), workspace));
      add(c, product, c);
      return Status::ok();
    }
    MultiplyF64::Output out{c};
    return MultiplyF64::cpu(run_, {.a = a, .b = b, .beta = 1, .d = c}, out);
  }

  void add(const View& x, const View& y, const MutableView& out) { combine(run_, 1, x, y, out); }
  void subtract(const View& x, const View& y, const MutableView& out) {
    combine(run_, -1, x, y, out);
  }

  Status level(const View& a, const View& b, const MutableView& c, const Halving& half,
               double* workspace) {
    const auto [m, n, k] = half;
    const std::size_t m2 = c.rows - m, n2 = c.cols - n, k2 = a.cols - k;
    const View a11 = a.block(0, 0, m, k), a12 = a.block(0, k, m, k2);
    const View a21 = a.block(m, 0, m2, k), a22 = a.block(m, k, m2, k2);
    const View b11 = b.block(0, 0, k, n), b12 = b.block(0, n, k, n2);
    const View b21 = b.block(k, 0, k2, n), b22 = b.block(k, n, k2, n2);
    const MutableView c11 = c.block(0, 0, m, n), c12 = c.block(0, n, m, n2);
    const MutableView c21 = c.block(m, 0, m2, n), c22 = c.block(m, n, m2, n2);
    const MutableView s(workspace, m, k);
    const MutableView t(s.data + Halving::rounded(m * k), k, n);
    const MutableView u(t.data + Halving::rounded(k * n), m, n);
    double* const room = u.data + Halving::rounded(m * n);
    double* const below = workspace + half.workspace();

    add(a21, a22, s);
    subtract(b12, b11, t);
    WEIR_TRY(multiply(s, t.block(0, 0, k, n2), c12, below));
    copy_rows<double>(c12.block(0, 0, m2, n2), c22);
    subtract(s, a11, s);
    subtract(b22, t, t);
    WEIR_TRY(multiply(s, t, u, below));
    WEIR_TRY(multiply(a11, b11, c11, below));
    add(u, c11, u);
    add(c12, u.block(0, 0, m, n2), c12);
    subtract(a12, s, s);
    subtract(b21, t, t);
    WEIR_TRY(add_product(s.block(0, 0, m, k2), b22, c12, room, below));
    WEIR_TRY(multiply(a22, t.block(0, 0, k2, n), c21, below));
    const MutableView lower_s = s.block(0, 0, m2, k);  // of S3 and U, only the rows of C21 count
    const MutableView lower_u = u.block(0, 0, m2, n);
    subtract(a11.block(0, 0, m2, k), a21, lower_s);
    subtract(b22, b12, t);
    WEIR_TRY(add_product(lower_s, t, lower_u, room, below));
    add(c21, lower_u, c21);
    add(c22, lower_u.block(0, 0, m2, n2), c22);
    return add_product(a12, b21, c11, room, below);
  }

  CpuRun& run_;
  std::size_t crossover_;
};

}  // namespace

Status StrassenMultiply::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (out.c.empty()) return Status::ok();
  const std::size_t needed = workspace_elements(args);
  AlignedBuffer<double> own(needed > out.workspace.size() ? needed : 0);
  double* const workspace = own.size() == 0 ? out.workspace.data() : own.data();
  return Strassen(run, args.crossover).multiply(args.a, args.b, out.c, workspace);
}

}  // namespace weir::ops
#endif
