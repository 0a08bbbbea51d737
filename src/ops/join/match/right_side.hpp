// RightSide: the right rows of a join by key, and what comes out once left rows are looked up.
#pragma once

#include "ops/group/key_table.hpp"
#include "ops/join/match/join_match.hpp"

namespace weir::ops {

// The rows of key number k are rows[starts[k] .. starts[k + 1]), ascending.
struct RightSide {
  KeyTable table;
  bool unique = true;  // row of key k is rows[k]; starts is empty
  Buffer<std::uint32_t> starts;
  Buffer<std::uint32_t> rows;

  void build(const JoinMatch::Args& args);
  std::size_t matches(std::uint32_t id) const {
    if (id == KeyTable::kAbsent) return 0;
    return unique ? 1 : starts[id + 1] - starts[id];
  }
};

// Writes the rows of a join from out.found, the key numbers of the left rows (of null keys:
// anything). out_of_range: more rows than can be numbered.
Status write_matches(Workers& workers, const JoinMatch::Args& args, const RightSide& side,
                     JoinMatch::Output& out);

}  // namespace weir::ops
