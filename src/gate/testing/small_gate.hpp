// Options of a gate as tests want it: small tables, one thread, a log in the page cache.
//
//   GateOptions options = small_gate(dir);
//   options.pass.learn.fit_events = 0;      // what the test is about
#pragma once

#include <string>
#include <utility>

#include "gate/gate.hpp"

namespace weir::gate {

// `dir` empty: nothing is logged.
inline GateOptions small_gate(std::string dir) {
  GateOptions options;
  options.dir = std::move(dir);
  options.threads = 1;
  options.segments.durability = storage::Durability::kProcess;
  options.segments.segment_bytes = std::uint64_t{16} << 20;
  options.pass.profile.accounts = 1024;
  options.pass.profile.edges = 4096;
  options.pass.profile.bytes_max = std::uint64_t{64} << 20;
  options.pass.window_keys_max = 1024;
  return options;
}

}  // namespace weir::gate
