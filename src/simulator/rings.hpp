// The `rings` profile: eight shapes of money laundering over a Zipf background, with benign twins.
//
// An attack instance has 5 to 10 accounts and 5 to 20 payments. It runs within hours over pairs
// that never dealt with each other, and every hop passes on 90 % of what the account just got. A
// twin has the same shape and size, but is what honest payers do: the same pairs once before and
// again, days apart, slower, with amounts of their own. Amounts and hours of both come from the
// background's distributions, so that neither tells them apart.
#pragma once

#include "base/rng.hpp"
#include "simulator/simulator.hpp"

namespace weir::simulator {

Result<std::unique_ptr<Simulator>> make_rings(const SimulatorOptions& options);

// A payment of a shape: accounts by number within the instance, and the earlier payment that feeds
// it.
struct RingStep {
  std::uint8_t from;
  std::uint8_t to;
  std::uint8_t layer;
  std::int8_t parent;  // index of the step whose money moves on; -1: fresh money
};

// Lays out `steps` payments of a family between `accounts` accounts, parents before children.
// `choose` draws a number below its argument.
std::vector<RingStep> ring_shape(RingFamily family, unsigned accounts, unsigned steps,
                                 Philox& choose);

}  // namespace weir::simulator
