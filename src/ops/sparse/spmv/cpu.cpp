#include <algorithm>
#include <string>

#include "base/result.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskEntries = std::size_t{1} << 16;

}  // namespace

Status Spmv::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  std::vector<std::size_t> first;
  cut_rows(args.a, kTaskEntries, first);
  run.workers.run(first.size() - 1, [&](std::size_t task) {
    spmv_rows(args.a, first[task], first[task + 1], args.x.data(), out.y.data() + first[task]);
  });
  return Status::ok();
}

}  // namespace weir::ops
