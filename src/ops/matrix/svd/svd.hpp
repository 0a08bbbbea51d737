// matrix.svd: the thin singular value decomposition A = U diag(values) V'.
//
//   Matrix<double> u(m, k), vt(k, n);                 // k = min(m, n)
//   std::vector<double> values(k);
//   Svd::Output out{.u = u.view(), .values = values, .vt = vt.view()};
//   WEIR_TRY(Svd::cpu(run, {.a = a}, out));
//
// a [m, n] row-major, the smaller side at most 512. Values descend; the columns of u [m, k] and the
// rows of vt [k, n] are orthonormal; the largest entry of each row of vt (the lowest index among
// equals) is positive. With `u` and `vt` left without elements the values alone are computed. Class
// tolerant: max|U diag(values) V' - A| <= 20 max(m, n) u norm_F(A), max|U'U - 1| and max|V V' - 1|
// <= 20 max(m, n) u, u = 2^-53. The same bits for every number of threads. Empty dimensions give
// empty results. Errors: invalid_argument for shapes that do not fit, a smaller side beyond 512
// (unsupported_shape), and NaN or infinity, with its place. Cost: about 6 m n k + 20 k^3 flops;
// scratch of two a.
#pragma once

#include <cstddef>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Svd {
  static constexpr OpInfo kInfo{.name = "matrix.svd",
                                .version = 1,
                                .numeric = NumericClass::kTolerant,
                                .quantum_rows = 1,
                                .summary = "thin singular value decomposition",
                                .tolerance = "20 max(m, n) u norm_F(A) of U S V' - A; U'U, V V'"};
  static constexpr std::size_t kSmallerSideMax = 512;

  struct Args {
    MatrixView<double> a;
  };
  struct Output {
    MutableMatrixView<double> u;  // u and vt without elements: not wanted
    std::span<double> values;
    MutableMatrixView<double> vt;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
