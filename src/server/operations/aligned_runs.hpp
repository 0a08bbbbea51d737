// for_each_aligned: cuts units that follow others into runs of powers of two, each at a multiple of
// its length: the pieces that a binary counter joins.
//
//   for_each_aligned(3, 6, [&](std::size_t from, unsigned level) { ... });
//   // (0, 0): unit 3; (1, 2): units 4 to 7; (5, 0): unit 8
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/status.hpp"

namespace weir::server {

// Calls run(from, level) for 2^level units from `from` on, of `count` that follow `before` others;
// stops at the first failure.
template <class Run>
Status for_each_aligned(std::uint64_t before, std::size_t count, Run run) {
  for (std::size_t from = 0; from < count;) {
    const auto room = static_cast<unsigned>(std::bit_width(count - from) - 1);
    const std::uint64_t place = before + from;
    const unsigned level =
        place == 0 ? room : std::min(room, static_cast<unsigned>(std::countr_zero(place)));
    if (Status status = run(from, level); !status.is_ok()) return status;
    from += std::size_t{1} << level;
  }
  return Status::ok();
}

}  // namespace weir::server
