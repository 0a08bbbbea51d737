// CpuRun: what the CPU form of an op works with.
#pragma once

#include <atomic>

#include "base/status.hpp"
#include "ops/task_watch.hpp"
#include "ops/workers.hpp"

namespace weir::ops {

struct CpuRun {
  Workers& workers;
  const std::atomic<bool>* cancel = nullptr;  // asked between tasks of long ops; null: never
  const TaskWatch* watch = nullptr;           // of the executor; null: none
  // Whether nobody wants the result any more.
  bool cancelled() const {
    return (cancel != nullptr && cancel->load(std::memory_order_relaxed)) ||
           (watch != nullptr && watch->stopped());
  }
};

}  // namespace weir::ops
