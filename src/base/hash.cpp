#include "base/hash.hpp"

#define XXH_INLINE_ALL
#include <nmmintrin.h>
#include <xxhash.h>

namespace weir {

std::uint64_t xxh3_64(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint32_t crc32c(Bytes bytes, std::uint32_t crc) {
  std::uint64_t state = ~crc;
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) state = _mm_crc32_u64(state, load<std::uint64_t>(at));
  auto narrow = static_cast<std::uint32_t>(state);
  for (; left > 0; ++at, --left) narrow = _mm_crc32_u8(narrow, *at);
  return ~narrow;
}

}  // namespace weir
