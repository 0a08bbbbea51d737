#include <algorithm>
#include <string>

#include "ops/forest/score/forest_score.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskRows = 2048;

}  // namespace

Status ForestScore::check(const Args& args) {
  if (args.forest == nullptr || args.scorer == nullptr) {
    return invalid_argument("forest_missing", "no forest to score against");
  }
  if (args.rows.columns >= args.forest->columns) return Status::ok();
  return invalid_argument("shape", "rows of " + std::to_string(args.rows.columns) +
                                       " columns; the forest reads " +
                                       std::to_string(args.forest->columns));
}

Status ForestScore::check_output(const Args& args, const Output& out) {
  if (out.raw.size() >= args.rows.rows) return Status::ok();
  return invalid_argument("shape", std::to_string(args.rows.rows) + " rows, room for " +
                                       std::to_string(out.raw.size()));
}

Support ForestScore::supports(const Args&, device::Kind kind) {
  return kind == device::Kind::kCpu
             ? Support::yes()
             : Support::no(Reason::kUnsupportedType, "forests are scored on the CPU");
}

Footprint ForestScore::footprint(const Args& args) {
  Footprint need;
  need.rows = args.rows.rows;
  need.bytes_in = std::uint64_t{args.rows.rows} * args.forest->columns * sizeof(float);
  need.bytes_out = std::uint64_t{args.rows.rows} * sizeof(float);
  need.bytes_resident = args.forest->nodes() * 20;
  need.flops = static_cast<double>(args.rows.rows) * static_cast<double>(args.forest->nodes());
  need.ceiling = Ceiling::kInt8;
  return need;
}

Status ForestScore::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t rows = args.rows.rows;
  run.workers.run((rows + kTaskRows - 1) / kTaskRows, [&](std::size_t task) {
    const std::size_t begin = task * kTaskRows;
    const std::size_t count = std::min(kTaskRows, rows - begin);
    args.scorer->score(args.rows.slice(begin, count), out.raw.subspan(begin, count));
  });
  return Status::ok();
}

}  // namespace weir::ops
