#include "base/result.hpp"
#include "ops/matrix/shape_check.hpp"
#include "ops/matrix/transpose/transpose.hpp"

namespace weir::ops {

template <class T>
Status Transpose<T>::check(const Args& args) {
  WEIR_TRY(check_stride("a", args.a));
  return Status::ok();
}

template <class T>
Status Transpose<T>::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check_stride("c", out.c));
  if (out.c.rows != args.a.cols || out.c.cols != args.a.rows) {
    return shape_mismatch("A'", args.a.cols, args.a.rows, "C", out.c.rows, out.c.cols);
  }
  const bool apart = args.a.empty() || &args.a(args.a.rows - 1, args.a.cols - 1) < out.c.data ||
                     &out.c(out.c.rows - 1, out.c.cols - 1) < args.a.data;
  if (apart) return Status::ok();
  return invalid_argument("overlap", "C lies in the memory of A")
      .at("c")
      .hint("transpose into other memory");
}

template <class T>
Footprint Transpose<T>::footprint(const Args& args) {
  Footprint footprint;
  footprint.rows = args.a.rows;
  footprint.bytes_in = args.a.rows * args.a.stride * sizeof(T);
  footprint.bytes_out = args.a.size() * sizeof(T);
  return footprint;
}

template <class T>
Status Transpose<T>::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  for (std::size_t r = 0; r < args.a.rows; ++r) {
    for (std::size_t c = 0; c < args.a.cols; ++c) out.c(c, r) = args.a(r, c);
  }
  return Status::ok();
}

#define WEIR_INSTANTIATE(Type)                                        \
  template Status Type::check(const Args&);                           \
  template Status Type::check_output(const Args&, const Output& out); \
  template Footprint Type::footprint(const Args&);                    \
  template Status Type::reference(const Args&, Output&);
WEIR_INSTANTIATE(TransposeF64)
WEIR_INSTANTIATE(TransposeF32)
#undef WEIR_INSTANTIATE

}  // namespace weir::ops
