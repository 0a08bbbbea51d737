// The `ledger` profile: payments between N accounts as fast as a bench can take them.
//
// Popularity is Zipf over ranks. Ranks are cut into blocks of k = `communities` neighbours; each
// block holds one account of every community, so that all communities are equally busy and a
// payment can stay inside one: draw a block by popularity, take the block's account of the debtor's
// community. Every 100,000 events a share `drift` of the blocks rotates its accounts one community
// on.
#pragma once

#include "simulator/simulator.hpp"

namespace weir::simulator {

Result<std::unique_ptr<Simulator>> make_ledger(const SimulatorOptions& options);

// Returns the community of account `rank` (from 0) in an epoch of 100,000 events.
std::uint32_t ledger_community(std::uint32_t rank, std::uint64_t epoch, std::uint32_t communities,
                               double drift);

}  // namespace weir::simulator
