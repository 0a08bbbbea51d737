#include "ops/op_runner.hpp"

#include <utility>

namespace weir::ops {
namespace {

Status not_cancelled(const std::atomic<bool>* cancel) {
  if (cancel == nullptr || !cancel->load(std::memory_order_relaxed)) return Status::ok();
  return Status(Code::kCancelled, "cancelled", "cancelled between two ops");
}

}  // namespace

Status CpuRunner::go_on() const {
  return not_cancelled(run_.cancel);
}

Status CpuRunner::run_entry(const OpEntry& entry, const void* args, void* output) {
  WEIR_TRY(entry.check(args, output));
  return entry.cpu(run_, args, output);
}

Status ExecuteRunner::go_on() const {
  WEIR_TRY(not_cancelled(options_.cancel));
  const device::Deadline deadline = options_.deadline;
  if (deadline.none() || context_.clock().mono_ns() < deadline.mono_ns) return Status::ok();
  return Status(Code::kDeadlineExceeded, "deadline", "out of time between two ops")
      .hint("allow more time or send fewer rows");
}

Status ExecuteRunner::run_entry(const OpEntry& entry, const void* args, void* output) {
  WEIR_ASSIGN(Report report, execute(context_, entry, args, output, options_));
  reports_.push_back(std::move(report));
  return Status::ok();
}

Status PlanRunner::go_on() const {
  return not_cancelled(options_.cancel);
}

Status PlanRunner::run_entry(const OpEntry& entry, const void* args, void* output) {
  WEIR_ASSIGN(Plan planned, plan(context_, entry, args, options_, scale_));
  plans_.push_back(std::move(planned));
  CpuRun run{context_.workers(), options_.cancel};
  return entry.cpu(run, args, output);
}

}  // namespace weir::ops
