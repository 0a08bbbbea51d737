// Sums of products in long double, in order.
#include "base/result.hpp"
#include "ops/matrix/strassen_multiply/strassen_multiply.hpp"

namespace weir::ops {

Status StrassenMultiply::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  for (std::size_t i = 0; i < args.a.rows; ++i) {
    for (std::size_t j = 0; j < args.b.cols; ++j) {
      long double sum = 0;
      for (std::size_t k = 0; k < args.a.cols; ++k) {
        sum += static_cast<long double>(args.a(i, k)) * args.b(k, j);
      }
      out.c(i, j) = static_cast<double>(sum);
    }
  }
  return Status::ok();
}

}  // namespace weir::ops
