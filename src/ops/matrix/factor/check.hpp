// What the factorizations ask of their arguments, each as a Status that names what does not fit.
//
//   WEIR_TRY(factor::check_square("a", args.a));
//   WEIR_TRY(factor::check_finite("a", args.a));   // "a(3, 7) is nan"
//   WEIR_TRY(factor::check_shape("x", out.x, 4, 1));
//
// LAPACK's answer to NaN or infinity is arbitrary and may take for ever, so that both are refused
// before it is called. All pure; each reads its matrix once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops::factor {

// The unit roundoff of double that all bounds of the factorizations are stated in.
inline constexpr double kUnit = 0x1p-53;
// LAPACK counts with 32-bit integers.
inline constexpr std::size_t kSideMax = std::size_t{1} << 30;

// Formats "[3, 4]".
std::string shape_text(std::size_t rows, std::size_t cols);

// invalid_argument (shape_mismatch) unless `a` is square.
Status check_square(std::string_view name, MatrixView<double> a);
// invalid_argument (shape_mismatch), naming both shapes, unless `a` is [rows, cols].
Status check_shape(std::string_view name, MatrixView<double> a, std::size_t rows, std::size_t cols);
// invalid_argument (shape_mismatch), naming both shapes, unless `b` has as many rows as `a`.
Status check_rows(std::string_view b_name, MatrixView<double> b, std::string_view a_name,
                  MatrixView<double> a);
// invalid_argument (length_mismatch) unless `length` is `expected`.
Status check_length(std::string_view name, std::size_t length, std::size_t expected);
// out_of_range (too_large) for a side or a stride that LAPACK cannot count.
Status check_countable(std::string_view name, MatrixView<double> a);
// invalid_argument (not_finite) with the row, the column and the value.
Status check_finite(std::string_view name, MatrixView<double> a);
// invalid_argument (asymmetric) if a(i, j) and a(j, i) differ by more than 8 u max|a|. Square.
Status check_symmetric(std::string_view name, MatrixView<double> a);

// failed_precondition (singular): what a factorization answers for rcond below `limit`.
Status singular(std::string_view name, double rcond, double limit);

// failed_precondition (inaccurate) for a measured backward error above its bound.
Status check_backward_error(double error, double bound);

// cancelled if somebody asked for it, naming the op.
Status check_cancelled(const CpuRun& run, std::string_view op);

// What every factorization answers for a backend: they run on the CPU.
Support cpu_only(device::Kind kind);

}  // namespace weir::ops::factor
