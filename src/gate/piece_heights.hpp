// PieceHeights: of which moment each piece of a snapshot is. A height is that of the last block
// before the piece was copied; pieces are copied in the order of the members.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "decide/window_pieces.hpp"
#include "ledger/block.hpp"
#include "profile/profile_pieces.hpp"

namespace weir::gate {

struct PieceHeights {
  // Of the pass when the first piece was copied.
  std::int64_t watermark_us = 0;
  std::int64_t next_flag_expiry_us = 0;

  std::vector<std::uint64_t> profiles;
  ledger::Height accounts = 0;
  std::vector<std::uint64_t> windows;

  // Of pieces that are all copied at rest.
  static PieceHeights at_rest(ledger::Height height) {
    return {.profiles = {height}, .accounts = height, .windows = {height}};
  }
  ledger::Height first() const { return profiles.empty() ? 0 : profiles.front(); }

  void save(ByteWriter& out) const {
    out.i64(watermark_us);
    out.i64(next_flag_expiry_us);
    out.array(std::span<const std::uint64_t>(profiles));
    out.u64(accounts);
    out.array(std::span<const std::uint64_t>(windows));
  }
  bool load(ByteReader& in) {
    watermark_us = in.i64();
    next_flag_expiry_us = in.i64();
    if (!in.array(profiles)) return false;
    accounts = in.u64();
    return in.array(windows) && !profiles.empty();
  }
};

// What a restored pass already knows of the blocks that come again.
struct PassAhead {
  profile::PiecesAhead profiles;
  ledger::Height accounts = 0;
  decide::WindowsAhead windows;
};

}  // namespace weir::gate
