// matrix.gram: X'X of a tall matrix about given column shifts, with X'y and the column sums.
//
//   Matrix<double> g(d, d);
//   std::vector<double> sums(d), xy(d);
//   Gram::Output out{.gram = g.view(), .sums = sums, .xy = xy};
//   WEIR_TRY(Gram::cpu(run, {.x = x, .shift = first_means, .y = y, .y_shift = first_y_mean}, out));
//   // the covariance about the true means: (g - sums sums' / n) / n
//
// x is [rows, cols] row-major, `shift` has one element a column (empty: zeros), `y` one a row
// (empty: none). With z = x - 1 shift' and t = y - y_shift:
//   gram [cols, cols] = z'z, symmetric to the last bit   sums [cols] = 1'z   xy [cols] = z't
//   y_sum = 1't   yy = t't
// `sums` may be empty, xy too; without y there is no xy, and y_sum = yy = 0. A shift near the means
// keeps the sums of squares from cancelling when they are centred later.
//
// Class tolerant, but the same bits for every number of threads: rows are cut by the shape alone,
// and the parts are added in order. Error of each element <= (rows + 8) u (|z|'|z|), u = 2^-53. NaN
// and infinities go through to what they touch. No rows: zeros. Errors: invalid_argument for shapes
// that do not fit. Cost: rows cols^2 multiplications and additions, one read of x; scratch of at
// most 128 rows a task and 256 MiB of partial results.
#pragma once

#include <span>

#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Gram {
  static constexpr OpInfo kInfo{
      .name = "matrix.gram",
      .version = 1,
      .numeric = NumericClass::kTolerant,
      .quantum_rows = 1024,
      .summary = "X'X about given column shifts, with X'y and column sums",
      .tolerance = "(rows + 8) u (|z|'|z|) an element, z the shifted input"};

  struct Args {
    MatrixView<double> x;
    std::span<const double> shift = {};
    std::span<const double> y = {};
    double y_shift = 0;
  };
  struct Output {
    MutableMatrixView<double> gram;
    std::span<double> sums = {};
    std::span<double> xy = {};
    double y_sum = 0;
    double yy = 0;
  };

  static Status check(const Args& args);
  // invalid_argument unless the output has room for what the arguments ask for, and no more.
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
