// Ragged: messages of any length, one after the other, as the hash ops take them.
//
//   const Ragged messages{bytes, offsets};    // message i is bytes [offsets[i], offsets[i + 1])
//   WEIR_TRY(check_ragged(messages));
//   for (std::size_t i = 0; i < messages.size(); ++i) hash(messages[i]);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/status.hpp"

namespace weir::ops {

struct Ragged {
  Bytes bytes;
  std::span<const std::uint64_t> offsets;  // one more than messages, ascending, within `bytes`

  std::size_t size() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  Bytes operator[](std::size_t i) const {
    return bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
  // The messages [first, first + count), of the same bytes.
  Ragged slice(std::size_t first, std::size_t count) const {
    return {bytes, offsets.subspan(first, count + 1)};
  }
  std::uint64_t total_bytes() const { return offsets.empty() ? 0 : offsets.back() - offsets[0]; }
};

// Returns invalid_argument naming the first offset that is missing, descends or lies outside.
Status check_ragged(const Ragged& messages);

// Returns invalid_argument naming both lengths unless `what`, a result, has `want` elements.
Status check_result_length(std::string_view what, std::size_t have, std::size_t want);

// How many 64-byte blocks SHA-256 runs over for messages that each have `prefix` bytes in front,
// within one block a message: what the cost of the SHA-256 ops is counted in.
double sha256_blocks(const Ragged& messages, std::size_t prefix);

// What one block costs in units of the f32 rate: SHA-NI takes 52 ns a block where the same core
// does 116 f32 operations a nanosecond.
inline constexpr double kFlopsPerShaBlock = 6000;

}  // namespace weir::ops
