#include "ops/hash/ragged.hpp"

#include <string>

namespace weir::ops {

Status check_ragged(const Ragged& messages) {
  const std::span<const std::uint64_t> offsets = messages.offsets;
  if (offsets.empty()) {
    return invalid_argument("offsets_missing", "offsets is empty")
        .at("offsets")
        .hint("n messages take n + 1 offsets; none take one");
  }
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    if (offsets[i] <= offsets[i + 1]) continue;
    return invalid_argument("offsets_descend", "offset " + std::to_string(i + 1) + " is " +
                                                   std::to_string(offsets[i + 1]) + " after " +
                                                   std::to_string(offsets[i]))
        .at("offsets");
  }
  if (offsets.back() > messages.bytes.size()) {
    return invalid_argument("offsets_outside", "the last offset is " +
                                                   std::to_string(offsets.back()) + " of " +
                                                   std::to_string(messages.bytes.size()) + " bytes")
        .at("offsets");
  }
  return Status::ok();
}

Status check_result_length(std::string_view what, std::size_t have, std::size_t want) {
  if (have == want) return Status::ok();
  return invalid_argument("lengths_differ", "room for " + std::to_string(have) + " " +
                                                std::string(what) + " of " + std::to_string(want))
      .at(what);
}

double sha256_blocks(const Ragged& messages, std::size_t prefix) {
  // Nine bytes of padding at least; half a block is lost to rounding up on average.
  const double bytes = static_cast<double>(messages.total_bytes()) +
                       static_cast<double>(messages.size()) * static_cast<double>(prefix + 9 + 32);
  return bytes / 64;
}

}  // namespace weir::ops
