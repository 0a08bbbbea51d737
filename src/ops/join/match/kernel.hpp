// The kernel of join.match and what drives it: the right keys' table lies on the device, left rows
// are looked up there; the host, which has both sides' rows, writes what comes out.
#pragma once

#include "ops/join/match/right_side.hpp"

namespace weir::ops {

struct ProbeKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, KeySlots table, const std::uint64_t* keys, std::size_t n,
                          std::uint32_t* found) const {
    block.each_thread([&](unsigned t) {
      const std::size_t i = std::size_t{block.index()} * block.threads() + t;
      if (i < n) found[i] = table.find(keys[i]);
    });
  }
};

template <class Launcher>
Status join_match_on_device(DeviceRun& run, const JoinMatch::Args& args, JoinMatch::Output& out) {
  RightSide side;
  side.build(args);
  WEIR_ASSIGN(const auto slots, run.keep(side.table.slots()));
  KeySlots table = side.table.view();
  table.slots = slots.data;
  out.found.resize(args.left.size());
  const Status looked_up = run_chunks<Launcher>(
      run, args.left.size(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t n = chunk.rows();
        WEIR_ASSIGN(const auto keys, lane.upload(args.left.subspan(chunk.begin, n)));
        WEIR_ASSIGN(const auto found, lane.template scratch<std::uint32_t>(n));
        WEIR_TRY(lane.launch(device::Grid::over(n, 256), ProbeKernel{}, table, keys.data, n,
                             found.data));
        return lane.download(found, out.found.span().subspan(chunk.begin, n));
      },
      [](const Chunk&) { return Status::ok(); });
  WEIR_TRY(looked_up);
  return write_matches(run.workers(), args, side, out);
}

}  // namespace weir::ops
