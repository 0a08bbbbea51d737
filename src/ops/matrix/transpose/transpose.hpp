// Transpose: C = A'.
//
//   TransposeF64::Output out{.c = c.view()};   // [cols, rows]
//   WEIR_TRY(execute<TransposeF64>(context, {.a = a.view()}, out));
//
// Shapes: A [rows, cols], C [cols, rows], row-major with strides; C must not overlap A.
// Class `fixed`: elements are moved bit by bit, NaN included.
// Errors: invalid_argument names both shapes where they do not fit.
// Cost: two elements moved, at the rate of the memory: squares of one vector a side go through
// registers, so that whole cache lines are read and written; above 16 MiB they are written past the
// caches. No allocation. Thread-safe.
#pragma once

#include <string_view>
#include <type_traits>

#include "base/status.hpp"
#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

class DeviceRun;

template <class T>
struct Transpose {
  static constexpr OpInfo kInfo{
      .name = std::is_same_v<T, double> ? "matrix.transpose_f64" : "matrix.transpose_f32",
      .version = 1,
      .numeric = NumericClass::kFixed,
      .quantum_rows = 32,
      .summary = "a matrix with rows and columns exchanged"};

  struct Args {
    MatrixView<T> a = {};
  };
  struct Output {
    MutableMatrixView<T> c = {};
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args&, device::Kind) { return Support::yes(); }
  static Footprint footprint(const Args& args);
  static std::uint64_t rows_out(const Output& out) { return out.c.rows; }
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

using TransposeF64 = Transpose<double>;
using TransposeF32 = Transpose<float>;

}  // namespace weir::ops
