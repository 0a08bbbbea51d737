// Multiply: C = alpha op(A) op(B) + beta D, for one or many matrices.
//
//   MultiplyF64::Output out{.c = c.view()};
//   WEIR_TRY(execute<MultiplyF64>(context, {.a = a.view(), .b = b.view()}, out));
//   const MultiplyF32::Args layer{.a = x, .b = w, .b_form = Form::kTransposed};   // X W'
//
// Shapes: op(A) [m, k], op(B) [k, n], C and D [m, n], all row-major with strides. D is read only
// where beta is not 0 and may be the memory of C. Empty dimensions: k = 0 gives beta D, m or n = 0
// nothing.
// Types: A and B f64, f32, bf16 or f16 with f32 sums and C; u8 or s8 times s8 with s32 sums and C.
// Class: `tolerant` for floating point, |C - exact| <= (k + 8) u (|alpha| |A| |B| + |beta| |D|) for
// each element of the inputs as stored, u = 2^-53 for f64, else 2^-24; where that size leaves the
// range, a sum may on its way. NaN and infinities go through. On one machine all but bf16 have the
// same bits for any number of threads. bf16 inputs below 2^-126 may count as zero: the processor's
// instruction does so. `exact` for integers: alpha = 1, beta = 0, k <= 65,536, so that no sum
// leaves 32 bits.
// Errors: invalid_argument names both shapes where they do not fit.
// Cost: 2 m n k operations a matrix. bf16 and bytes go to oneDNN where AVX-512 has their
// instructions, f32 too would gain nothing from it (250 against 240 GOP/s, and other bits for other
// numbers of threads); all else goes to packed_product. After a thread's first call of a shape
// nothing is allocated, but for a few small objects of oneDNN.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/status.hpp"
#include "ops/cpu_run.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/op.hpp"

namespace weir::ops {

class DeviceRun;

// How a matrix enters a product.
enum class Form : std::uint8_t { kPlain, kTransposed };

template <class T>
inline constexpr bool kIsByte = std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::int8_t>;

template <class A, class B>
struct Multiply {
  using Left = A;
  using Right = B;
  using Sum = std::conditional_t<kIsByte<A>, std::int32_t,
                                 std::conditional_t<std::is_same_v<A, double>, double, float>>;
  static constexpr bool kExact = kIsByte<A>;

  static constexpr std::string_view name() {
    if (std::is_same_v<A, double>) return "matrix.multiply_f64";
    if (std::is_same_v<A, float>) return "matrix.multiply_f32";
    if (std::is_same_v<A, BFloat16>) return "matrix.multiply_bf16";
    if (std::is_same_v<A, Float16>) return "matrix.multiply_f16";
    return std::is_same_v<A, std::uint8_t> ? "matrix.multiply_u8" : "matrix.multiply_s8";
  }
  static constexpr OpInfo kInfo{
      .name = name(),
      .version = 1,
      .numeric = kExact ? NumericClass::kExact : NumericClass::kTolerant,
      .quantum_rows = 32,
      .summary = "product of matrices, alpha op(A) op(B) + beta D",
      .tolerance = kExact ? "" : "(k + 8) u (|alpha| |A| |B| + |beta| |D|)"};

  // `batch` products: matrix i of A starts at a.data + i * a_step, likewise for B, C and D; a step
  // of 0 uses one matrix for all (not for C).
  struct Args {
    MatrixView<A> a = {};
    MatrixView<B> b = {};
    Form a_form = Form::kPlain;
    Form b_form = Form::kPlain;
    Sum alpha = 1;
    Sum beta = 0;
    MatrixView<Sum> d = {};
    std::size_t batch = 1;
    std::size_t a_step = 0;
    std::size_t b_step = 0;
    std::size_t d_step = 0;

    std::size_t m() const { return a_form == Form::kPlain ? a.rows : a.cols; }
    std::size_t k() const { return a_form == Form::kPlain ? a.cols : a.rows; }
    std::size_t n() const { return b_form == Form::kPlain ? b.cols : b.rows; }
  };
  struct Output {
    MutableMatrixView<Sum> c = {};  // [m, n], the caller's memory
    std::size_t c_step = 0;         // from matrix to matrix; at least m * c.stride if batch > 1
  };

  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args&, device::Kind) { return Support::yes(); }
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);  // i, j, k in f64 (long double, s64)
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

using MultiplyF64 = Multiply<double, double>;
using MultiplyF32 = Multiply<float, float>;
using MultiplyBf16 = Multiply<BFloat16, BFloat16>;
using MultiplyF16 = Multiply<Float16, Float16>;
using MultiplyU8 = Multiply<std::uint8_t, std::int8_t>;
using MultiplyS8 = Multiply<std::int8_t, std::int8_t>;

// Instantiates X(type) for each of them.
#define WEIR_MULTIPLY_TYPES(X) \
  X(MultiplyF64) X(MultiplyF32) X(MultiplyBf16) X(MultiplyF16) X(MultiplyU8) X(MultiplyS8)

inline constexpr std::size_t kBytesDepthMax = 65'536;  // 65,536 * 255 * 128 < 2^31

}  // namespace weir::ops
