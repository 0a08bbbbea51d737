// Add: C = A + B, element by element.
//
//   AddF64::Output out{.c = c.view()};
//   WEIR_TRY(execute<AddF64>(context, {.a = a.view(), .b = b.view()}, out));
//
// Shapes: A, B and C [rows, cols], row-major with strides; C may be A or B itself.
// Class `fixed`: one IEEE addition an element. Which of two NaN comes out is not promised.
// Errors: invalid_argument names both shapes where they differ.
// Cost: three elements moved an addition, at the rate of the memory; matrices above 16 MiB that are
// not in place are written past the caches. No allocation. Thread-safe.
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
struct Add {
  static constexpr OpInfo kInfo{
      .name = std::is_same_v<T, double> ? "matrix.add_f64" : "matrix.add_f32",
      .version = 1,
      .numeric = NumericClass::kFixed,
      .quantum_rows = 1,
      .summary = "sum of two matrices"};

  struct Args {
    MatrixView<T> a = {};
    MatrixView<T> b = {};
  };
  struct Output {
    MutableMatrixView<T> c = {};
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args&, device::Kind) { return Support::yes(); }
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

using AddF64 = Add<double>;
using AddF32 = Add<float>;

}  // namespace weir::ops
