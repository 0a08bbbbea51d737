#include "ops/op_runner.hpp"

#include <utility>

namespace weir::ops {
namespace {

TaskWatch watch_of(const RunOptions& options, const Context& context) {
  return {options.cancel, options.deadline, context.clock()};
}

}  // namespace

Status CpuRunner::go_on() const {
  return run_.watch == nullptr ? Status::ok() : run_.watch->why();
}

Status CpuRunner::run_entry(const OpEntry& entry, const void* args, void* output) {
  WEIR_TRY(entry.check(args, output));
  return entry.cpu(run_, args, output);
}

Status ExecuteRunner::go_on() const {
  return watch_of(options_, context_).why();
}

Status ExecuteRunner::run_entry(const OpEntry& entry, const void* args, void* output) {
  WEIR_ASSIGN(Report report, execute(context_, entry, args, output, options_));
  reports_.push_back(std::move(report));
  return Status::ok();
}

Status PlanRunner::go_on() const {
  return watch_of(options_, context_).why();
}

Status PlanRunner::run_entry(const OpEntry& entry, const void* args, void* output) {
  WEIR_ASSIGN(Plan planned, plan(context_, entry, args, options_, scale_));
  plans_.push_back(std::move(planned));
  const TaskWatch watch = watch_of(options_, context_);
  CpuRun run{context_.workers(), &watch};
  return entry.cpu(run, args, output);
}

}  // namespace weir::ops
