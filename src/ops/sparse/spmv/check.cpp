#include <string>

#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {

Status Spmv::check(const Args& args) {
  if (args.x.size() == args.a.cols()) return Status::ok();
  return invalid_argument("shapes_differ", "A is " + std::to_string(args.a.rows()) + " x " +
                                               std::to_string(args.a.cols()) + ", x has " +
                                               std::to_string(args.x.size()) + " elements")
      .at("x");
}

Status Spmv::check_output(const Args& args, const Output& out) {
  return check_vector("y", out.y.size(), args.a.rows());
}

Support Spmv::supports(const Args&, device::Kind) {
  return Support::yes();
}

Footprint Spmv::footprint(const Args& args) {
  return {.rows = args.a.rows(),
          .bytes_in = args.a.bytes(),
          .bytes_out = args.a.rows() * 8,
          .bytes_resident = args.x.size_bytes(),
          .resident = args.x.data(),
          .flops = 2 * static_cast<double>(args.a.entries()),
          .ceiling = Ceiling::kDram};
}

}  // namespace weir::ops
