// CpuRun: what the CPU form of an op works with.
#pragma once

#include "ops/task_watch.hpp"
#include "ops/workers.hpp"

namespace weir::ops {

struct CpuRun {
  Workers& workers;
  const TaskWatch* watch = nullptr;  // null: the result is wanted whenever it comes
  // Whether nobody wants the result any more; for long loops without tasks to ask.
  bool cancelled() const { return watch != nullptr && watch->stopped(); }
};

}  // namespace weir::ops
