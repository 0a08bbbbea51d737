// Straight from the definition: one sum an element, in rising k, in a type wide enough that its own
// rounding does not count, rounded once at the end.
#include "base/result.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/multiply/wide.hpp"

namespace weir::ops {

template <class A, class B>
Status Multiply<A, B>::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  using WideSum = Wide<Sum>;
  for (std::size_t matrix = 0; matrix < args.batch; ++matrix) {
    for (std::size_t i = 0; i < args.m(); ++i) {
      for (std::size_t j = 0; j < args.n(); ++j) {
        WideSum sum = 0;
        for (std::size_t k = 0; k < args.k(); ++k) {
          sum += WideSum{wide<Sum>(left(args, matrix, i, k))} *
                 WideSum{wide<Sum>(right(args, matrix, k, j))};
        }
        sum = args.alpha == Sum{} ? WideSum{} : sum * WideSum{args.alpha};
        if (args.beta != Sum{}) {
          sum += WideSum{args.beta} *
                 WideSum{args.d.data[matrix * args.d_step + i * args.d.stride + j]};
        }
        out.c.data[matrix * out.c_step + i * out.c.stride + j] = static_cast<Sum>(sum);
      }
    }
  }
  return Status::ok();
}

#define WEIR_INSTANTIATE(Type) template Status Type::reference(const Args&, Output&);
WEIR_MULTIPLY_TYPES(WEIR_INSTANTIATE)
#undef WEIR_INSTANTIATE

}  // namespace weir::ops
