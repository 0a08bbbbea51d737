// stats.covariance and stats.correlation: of the columns of a matrix, in one pass.
//
//   Matrix<double> c(x.cols, x.cols);
//   Covariance::Output out{c.view()};
//   WEIR_TRY(Covariance::cpu(run, {.x = x, .ddof = 1}, out));
//   Correlation::Output r{c.view()};
//   WEIR_TRY(Correlation::cpu(run, {.x = x}, r));
#pragma once

#include <string_view>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

// Class fixed. x is [rows, cols] row-major, the result [cols, cols], symmetric to the last bit.
// With z = x - c, c the means of the first 1,024 rows (0 where one is not finite), and n rows:
//   g = z'z and s = 1'z by column pairs: each 1,024 rows in rising order, blocks joined by the
//   binary counter of base/numeric/canonical.hpp
//   v_ij = g_ij - (s_i * s_j) / n
//   covariance v_ij / (n - ddof)       correlation v_ij / (sqrt(v_ii) * sqrt(v_jj))
// Correlations lie within [-1, 1] and are 1 on the diagonal. NaN (null): everything for n <= ddof
// or n = 0, correlations with a constant column. NaN and infinities go through to what they touch.
// Errors: invalid_argument for ddof > 1, an output of another shape. Cost: rows cols^2 additions
// and multiplications together; one read; scratch of 7 results a thread and one for each 65,536
// rows.
template <bool kNormalised>
struct CovarianceOf {
  static constexpr OpInfo kInfo{
      .name = kNormalised ? std::string_view("stats.correlation") : "stats.covariance",
      .version = 1,
      .numeric = NumericClass::kFixed,
      .quantum_rows = 1024,
      .summary = kNormalised ? std::string_view("correlations of the columns of a matrix")
                             : "covariances of the columns of a matrix"};
  struct Args {
    MatrixView<double> x;
    unsigned ddof = 1;  // 0 or 1; does not matter for correlations
  };
  struct Output {
    MutableMatrixView<double> matrix;
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
  // Writes what a Gram matrix comes to (shifted_gram.hpp).
  static void write(const Args& args, std::span<const double> gram, Output& out);
};

using Covariance = CovarianceOf<false>;
using Correlation = CovarianceOf<true>;
extern template struct CovarianceOf<false>;
extern template struct CovarianceOf<true>;

}  // namespace weir::ops
