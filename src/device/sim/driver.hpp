// The simulated device: the kernels, pools, streams and spilling of the GPU path on the host, in an
// order that a seed decides, with faults where a plan wants them.
//
//   auto driver = sim::make_driver({.seed = 7}, 64 << 20);
//
// Streams are queues. Nothing runs until the host synchronises or asks an event; then queues
// advance in a random interleaving that only events constrain. Device memory is filled with 0xFB
// when it is allocated and freed, and under AddressSanitizer it is poisoned whenever no work runs,
// so that the host cannot touch it. Time does not pass: work that hangs is reported at once as
// timed out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "device/driver.hpp"
#include "device/sim/fault_plan.hpp"

namespace weir::device::sim {

class SimDriver : public Driver {
 public:
  // Work that runs when its stream gets to it; the number is random, from the seed.
  using Work = std::function<void(std::uint64_t random)>;
  virtual Status enqueue(StreamId stream, Work work) = 0;
  // Calls of any kind so far: what lose_at_op counts.
  virtual std::uint64_t operations() const = 0;
  // Device bytes allocated and not freed, freeing on the way included.
  virtual std::uint64_t bytes_live() const = 0;
};

std::unique_ptr<SimDriver> make_driver(const FaultPlan& plan, std::uint64_t memory_bytes);

}  // namespace weir::device::sim
