// Rows beside the gate bench: what the same machine does with the same events if less is asked of
// it.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "gate/pass.hpp"
#include "main/bench/report.hpp"
#include "wire/source.hpp"

namespace weir::main {

// Prints and reports:
//   memcpy_gb_per_s  128-byte records copied from memory to memory by one thread;
//   hash_table_per_s both parties of each event counted in one std::unordered_map, one thread;
//   r1_*             features and model scores of rows whose profiles were read before ("score
//                    only, profiles frozen"), on `threads` threads: rate, and percentiles of the
//                    time that one batch takes.
// The pass must be at rest and is moved on by the events read from `source`.
Status measure_lesser_rows(gate::Pass& pass, wire::EventSource& source, std::uint32_t batch_events,
                           unsigned threads, BenchReport& report);

}  // namespace weir::main
