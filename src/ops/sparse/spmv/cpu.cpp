#include <algorithm>
#include <string>

#include "base/check.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskEntries = std::size_t{1} << 16;

}  // namespace

Status Spmv::check(const Args& args) {
  if (args.x.size() == args.a.cols()) return Status::ok();
  return invalid_argument("shapes_differ", "A is " + std::to_string(args.a.rows()) + " x " +
                                               std::to_string(args.a.cols()) + ", x has " +
                                               std::to_string(args.x.size()) + " elements")
      .at("x");
}

Support Spmv::supports(const Args&, device::Kind) {
  return Support::yes();
}

Footprint Spmv::footprint(const Args& args) {
  return {.rows = args.a.rows(),
          .bytes_in = args.a.bytes(),
          .bytes_out = args.a.rows() * 8,
          .bytes_resident = args.x.size_bytes(),
          .flops = 2 * static_cast<double>(args.a.entries()),
          .ceiling = Ceiling::kDram};
}

Status Spmv::cpu(CpuRun& run, const Args& args, Output& out) {
  CHECK_EQ(out.y.size(), args.a.rows());
  std::vector<std::size_t> first;
  cut_rows(args.a, kTaskEntries, first);
  run.workers.run(first.size() - 1, [&](std::size_t task) {
    spmv_rows(args.a, first[task], first[task + 1], args.x.data(), out.y.data() + first[task]);
  });
  return Status::ok();
}

}  // namespace weir::ops
