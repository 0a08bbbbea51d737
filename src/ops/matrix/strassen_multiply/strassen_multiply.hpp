// StrassenMultiply: C = A B in f64 with seven products for eight, for those who ask for it.
//
//   StrassenMultiply::Output out{.c = c.view()};
//   WEIR_TRY(execute<StrassenMultiply>(context, {.a = a.view(), .b = b.view()}, out));
//
// Winograd's form: 7 products and 15 additions of quarters a level, as long as the smallest
// dimension is at least `crossover`; MultiplyF64 below. Any shape: each level counts odd dimensions
// as one larger, with zeros that are never stored nor multiplied.
// Class `tolerant`, and only in norm: with r levels, base size b = ceil(largest dimension / 2^r),
// max|C - exact| <= (18^r (b^2 + 6 b) - 6 2^r b) u max|A| max|B|, u = 2^-53 (Higham, Accuracy and
// Stability of Numerical Algorithms, 2nd ed., section 23.2.3, for squares). A small element of C
// can lose all its digits, which the ordinary product never does. NaN and infinities spread to
// elements that they do not belong to.
// Errors: invalid_argument names both shapes; a crossover below 2.
// Cost: 7/8 of the operations a level, at best 1.14 times the speed; 18 passes over quarters.
// Memory: workspace_elements() beyond the arguments; allocated for the call where the caller gives
// less.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.hpp"
#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct StrassenMultiply {
  static constexpr OpInfo kInfo{
      .name = "matrix.strassen_multiply",
      .version = 1,
      .numeric = NumericClass::kTolerant,
      .quantum_rows = 1,
      .summary = "product of two large matrices with 7/8 of the work a level",
      .tolerance = "in norm: (18^r (b^2 + 6 b) - 6 2^r b) u max|A| max|B|"};
  static constexpr std::size_t kCrossover = 1024;  // measured: strassen_multiply_bench.cpp

  struct Args {
    MatrixView<double> a = {};
    MatrixView<double> b = {};
    std::size_t crossover = kCrossover;
  };
  struct Output {
    MutableMatrixView<double> c = {};  // [a.rows, b.cols], apart from A and B
    std::span<double> workspace = {};  // for reuse between calls; what it holds is unspecified
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args&, device::Kind) { return Support::yes(); }
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);  // three loops, in long double
  static Status cpu(CpuRun& run, const Args& args, Output& out);

  // Returns how often A and B are halved.
  static unsigned levels(const Args& args);
  // Returns how many elements of workspace a call needs.
  static std::size_t workspace_elements(const Args& args);
  // Returns the bound on the error of any element.
  static double error_bound(const Args& args);
};

}  // namespace weir::ops
