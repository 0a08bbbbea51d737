// FaultPlan: what goes wrong on a simulated device, and the seed of everything random in it.
#pragma once

#include <cstdint>

namespace weir::device::sim {

struct FaultPlan {
  std::uint64_t seed = 1;
  double oom_rate = 0;             // share of allocations that fail
  std::uint64_t oom_at_bytes = 0;  // allocations beyond this total fail; 0: none
  std::uint64_t oom_at_op = 0;     // the n-th allocation fails, from 1; 0: none
  std::uint64_t lose_at_op = 0;    // the n-th call loses the device, from 1; 0: none
  std::uint64_t hang_at_op = 0;    // the n-th enqueued piece of work never ends; 0: none
  bool slow_copies = false;        // copies run last whenever something else can
};

}  // namespace weir::device::sim
