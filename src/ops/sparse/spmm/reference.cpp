#include "base/result.hpp"
#include "ops/sparse/spmm/spmm.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {

Status Spmm::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::vector<double> x(args.a.cols());
  std::vector<double> y(args.a.rows());
  for (std::size_t j = 0; j < args.b.cols; ++j) {
    for (std::size_t k = 0; k < x.size(); ++k) x[k] = args.b(k, j);
    Spmv::Output column{y};
    if (Status done = Spmv::reference({args.a, x}, column); !done) return done;
    for (std::size_t i = 0; i < y.size(); ++i) out.c(i, j) = y[i];
  }
  return Status::ok();
}

}  // namespace weir::ops
