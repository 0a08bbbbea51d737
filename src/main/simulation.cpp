#include "main/simulation.hpp"

#include <algorithm>

namespace weir::main {

Result<simulator::SimulatorOptions> simulation_options(const Arguments& args) {
  simulator::SimulatorOptions options;
  WEIR_ASSIGN(options.seed, args.u64("seed", options.seed));
  WEIR_ASSIGN(options.events, args.u64("events", options.events));
  WEIR_ASSIGN(const std::uint64_t accounts, args.u64("accounts", 0));
  WEIR_ASSIGN(const std::uint64_t days, args.u64("days", 0));
  if (std::max(accounts, days) > UINT32_MAX) {
    return fail(invalid_argument("usage", "--accounts and --days are below 2^32"));
  }
  options.accounts = static_cast<std::uint32_t>(accounts);
  options.days = static_cast<std::uint32_t>(days);
  return options;
}

}  // namespace weir::main
