#include <algorithm>
#include <string>

#include "base/result.hpp"
#include "ops/sparse/spmm/spmm.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskProducts = std::size_t{1} << 18;

std::string shape(std::size_t rows, std::size_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

}  // namespace

Status Spmm::check(const Args& args) {
  if (args.a.cols() == args.b.rows) return Status::ok();
  return invalid_argument("shapes_differ", "A is " + shape(args.a.rows(), args.a.cols()) +
                                               ", B is " + shape(args.b.rows, args.b.cols))
      .at("b");
}

Status Spmm::check_output(const Args& args, const Output& out) {
  if (out.c.rows == args.a.rows() && out.c.cols == args.b.cols) return Status::ok();
  return invalid_argument("shapes_differ", "A B is " + shape(args.a.rows(), args.b.cols) +
                                               ", C is " + shape(out.c.rows, out.c.cols))
      .at("c");
}

Support Spmm::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedType, "sparse times dense runs on the CPU");
}

Footprint Spmm::footprint(const Args& args) {
  return {.rows = args.a.rows(),
          .bytes_in = args.a.bytes(),
          .bytes_out = args.a.rows() * args.b.cols * 8,
          .bytes_resident = args.b.size() * 8,
          .flops = 2 * static_cast<double>(args.a.entries()) * static_cast<double>(args.b.cols),
          .ceiling = Ceiling::kF64};
}

Status Spmm::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::vector<std::size_t> first;
  cut_rows(args.a, std::max<std::size_t>(1, kTaskProducts / std::max<std::size_t>(1, args.b.cols)),
           first);
  run.workers.run(first.size() - 1, [&](std::size_t task) {
    spmm_rows(args.a, args.b, first[task], first[task + 1], out.c);
  });
  return Status::ok();
}

}  // namespace weir::ops
