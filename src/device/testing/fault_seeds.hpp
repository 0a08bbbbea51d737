// Seeds of the simulated device in tests, and the fault that each brings.
//
//   for (const std::uint64_t seed : fault_seeds()) {
//     SCOPED_TRACE(seed_text(seed));                    // "WEIR_SIM_SEED=17": runs it again
//     auto driver = sim::make_driver(failing_plan(seed), bytes);
//   }
#pragma once

#include <cstdint>
#include <cstdlib>
#include <ranges>
#include <string>

#include "device/sim/fault_plan.hpp"

namespace weir::device::testing {

inline std::uint64_t seed_variable(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Returns WEIR_SIM_SEED, 1 unless given.
inline std::uint64_t first_seed() {
  return seed_variable("WEIR_SIM_SEED", 1);
}

// Returns WEIR_SIM_SEEDS seeds from the first on, 8 unless given.
inline auto fault_seeds() {
  return std::views::iota(first_seed(), first_seed() + seed_variable("WEIR_SIM_SEEDS", 8));
}

inline std::string seed_text(std::uint64_t seed) {
  return "WEIR_SIM_SEED=" + std::to_string(seed);
}

// Returns a plan that fails some calls: memory now and then, the device lost, a hang, memory once
// with slow copies, in turn.
inline sim::FaultPlan failing_plan(std::uint64_t seed) {
  sim::FaultPlan plan{.seed = seed};
  switch (seed % 4) {
    case 0:
      plan.oom_rate = 0.3;
      break;
    case 1:
      plan.lose_at_op = 1 + seed * 7 % 60;
      break;
    case 2:
      plan.hang_at_op = 1 + seed % 9;
      break;
    default:
      plan.oom_at_op = 1 + seed % 5;
      plan.slow_copies = true;
  }
  return plan;
}

}  // namespace weir::device::testing
