#include <string>

#include "base/result.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/shape_check.hpp"

namespace weir::ops {
namespace {

template <class T>
constexpr Ceiling ceiling_of() {
  if (std::is_same_v<T, double>) return Ceiling::kF64;
  if (std::is_same_v<T, BFloat16>) return Ceiling::kBf16;
  return kIsByte<T> ? Ceiling::kInt8 : Ceiling::kF32;
}

}  // namespace

template <class A, class B>
Status Multiply<A, B>::check(const Args& args) {
  WEIR_TRY(check_stride("a", args.a));
  WEIR_TRY(check_stride("b", args.b));
  const std::size_t b_depth = args.b_form == Form::kPlain ? args.b.rows : args.b.cols;
  if (args.k() != b_depth) {
    return invalid_argument("shape_mismatch", "op(A) is " + shape_text(args.m(), args.k()) +
                                                  " and op(B) is " + shape_text(b_depth, args.n()))
        .at("b")
        .hint("the columns of op(A) must be as many as the rows of op(B)");
  }
  if (args.beta != Sum{}) {
    WEIR_TRY(check_stride("d", args.d));
    if (args.d.rows != args.m() || args.d.cols != args.n()) {
      return invalid_argument("shape_mismatch", "D is " + shape_text(args.d.rows, args.d.cols) +
                                                    " and the product is " +
                                                    shape_text(args.m(), args.n()))
          .at("d");
    }
  }
  if constexpr (kExact) {
    if (args.alpha != 1 || args.beta != 0) {
      return invalid_argument("unsupported_scale", "alpha is " + std::to_string(args.alpha) +
                                                       " and beta is " + std::to_string(args.beta) +
                                                       " of an integer product")
          .at("alpha")
          .hint("integer products take alpha 1 and beta 0");
    }
    if (args.k() > kBytesDepthMax) {
      return invalid_argument("depth_too_large", "sums over " + std::to_string(args.k()) +
                                                     " products may leave 32 bits")
          .at("a")
          .hint("cut the depth at " + std::to_string(kBytesDepthMax));
    }
  }
  return Status::ok();
}

template <class A, class B>
Status Multiply<A, B>::check_output(const Args& args, const Output& out) {
  if (out.c.rows != args.m() || out.c.cols != args.n()) {
    return invalid_argument("shape_mismatch", "C is " + shape_text(out.c.rows, out.c.cols) +
                                                  " and the product is " +
                                                  shape_text(args.m(), args.n()))
        .at("c");
  }
  WEIR_TRY(check_stride("c", out.c));
  if (args.beta != Sum{} && args.d.data == out.c.data &&
      (args.d.stride != out.c.stride || (args.batch > 1 && args.d_step != out.c_step))) {
    return invalid_argument("overlap", "D starts where C does but has a stride of " +
                                           std::to_string(args.d.stride) + " instead of " +
                                           std::to_string(out.c.stride))
        .at("d");
  }
  if (args.batch > 1 && !out.c.empty() &&
      out.c_step < (out.c.rows - 1) * out.c.stride + out.c.cols) {
    return invalid_argument("step_too_small", "the matrices of C are " +
                                                  std::to_string(out.c_step) +
                                                  " elements apart and overlap")
        .at("c");
  }
  return Status::ok();
}

template <class A, class B>
Footprint Multiply<A, B>::footprint(const Args& args) {
  const std::uint64_t m = args.m(), n = args.n(), k = args.k();
  const std::uint64_t addend = args.beta == Sum{} ? 0 : m * args.d.stride * sizeof(Sum);
  const std::uint64_t a = args.a.rows * args.a.stride * sizeof(A) * args.batch;
  const std::uint64_t matrices_b = args.b_step == 0 ? 1 : args.batch;
  const bool streamed = args.a_form == Form::kPlain;  // else A stays on the device as a whole
  Footprint footprint;
  footprint.rows = m * args.batch;
  footprint.bytes_in = (streamed ? a : 0) + addend * args.batch;
  footprint.bytes_out = m * n * sizeof(Sum) * args.batch;
  footprint.bytes_resident =
      args.b.rows * args.b.stride * sizeof(B) * matrices_b + (streamed ? 0 : a);
  if (streamed && matrices_b == 1) footprint.resident = args.b.data;
  footprint.flops =
      2.0 * static_cast<double>(m * args.batch) * static_cast<double>(n) * static_cast<double>(k);
  footprint.ceiling = ceiling_of<A>();
  return footprint;
}

#define WEIR_INSTANTIATE(Type)                                        \
  template Status Type::check(const Args&);                           \
  template Status Type::check_output(const Args&, const Output& out); \
  template Footprint Type::footprint(const Args&);
WEIR_MULTIPLY_TYPES(WEIR_INSTANTIATE)
#undef WEIR_INSTANTIATE

}  // namespace weir::ops
