// Scale: C = factor A, element by element.
//
//   ScaleF64::Output out{.c = a.view()};   // in place
//   WEIR_TRY(execute<ScaleF64>(context, {.a = a.view(), .factor = 0.5}, out));
//
// Shapes: A and C [rows, cols], row-major with strides; C may be A itself.
// Class `fixed`: one IEEE multiplication an element; which NaN comes out is not promised.
// Errors: invalid_argument names both shapes where they differ.
// Cost: two elements moved a multiplication, at the rate of the memory; matrices above 16 MiB that
// are not in place are written past the caches. No allocation. Thread-safe.
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
struct Scale {
  static constexpr OpInfo kInfo{
      .name = std::is_same_v<T, double> ? "matrix.scale_f64" : "matrix.scale_f32",
      .version = 1,
      .numeric = NumericClass::kFixed,
      .quantum_rows = 1,
      .summary = "a matrix times a number"};

  struct Args {
    MatrixView<T> a = {};
    T factor = 1;
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

using ScaleF64 = Scale<double>;
using ScaleF32 = Scale<float>;

}  // namespace weir::ops
