#include "base/result.hpp"
#include "ops/matrix/add/add.hpp"
#include "ops/matrix/shape_check.hpp"

namespace weir::ops {

template <class T>
Status Add<T>::check(const Args& args) {
  WEIR_TRY(check_stride("a", args.a));
  WEIR_TRY(check_stride("b", args.b));
  return check_same_shape("A", args.a, "B", args.b);
}

template <class T>
Status Add<T>::check_output(const Args& args, const Output& out) {
  WEIR_TRY(check_stride("c", out.c));
  WEIR_TRY(check_in_place("A", args.a, out.c));
  WEIR_TRY(check_in_place("B", args.b, out.c));
  return check_same_shape("A", args.a, "C", out.c);
}

template <class T>
Footprint Add<T>::footprint(const Args& args) {
  Footprint footprint;
  footprint.rows = args.a.rows;
  footprint.bytes_in = args.a.rows * (args.a.stride + args.b.stride) * sizeof(T);
  footprint.bytes_out = args.a.size() * sizeof(T);
  footprint.flops = static_cast<double>(args.a.size());
  return footprint;
}

template <class T>
Status Add<T>::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  for (std::size_t r = 0; r < args.a.rows; ++r) {
    for (std::size_t c = 0; c < args.a.cols; ++c) out.c(r, c) = args.a(r, c) + args.b(r, c);
  }
  return Status::ok();
}

#define WEIR_INSTANTIATE(Type)                                        \
  template Status Type::check(const Args&);                           \
  template Status Type::check_output(const Args&, const Output& out); \
  template Footprint Type::footprint(const Args&);                    \
  template Status Type::reference(const Args&, Output&);
WEIR_INSTANTIATE(AddF64)
WEIR_INSTANTIATE(AddF32)
#undef WEIR_INSTANTIATE

}  // namespace weir::ops
