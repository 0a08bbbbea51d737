// The options that choose a simulated stream, for every command that plays one.
#pragma once

#include "base/result.hpp"
#include "main/arguments.hpp"
#include "simulator/simulator.hpp"

namespace weir::main {

inline constexpr Option kSeedOption = {"seed", "N", "of the simulated stream, default 1"};
inline constexpr Option kEventsOption = {
    "events", "N", "default: all of the profile; its opening deposits come on top"};
inline constexpr Option kAccountsOption = {"accounts", "N", "simulated, default the profile's"};
inline constexpr Option kDaysOption = {"days", "N", "handbook 183, rings 60"};

// Reads --seed, --events, --accounts and --days, where the command has them.
Result<simulator::SimulatorOptions> simulation_options(const Arguments& args);

}  // namespace weir::main
