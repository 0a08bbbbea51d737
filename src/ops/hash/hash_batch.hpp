// Many hashes at once: SHA-256 with interleaved streams on the SHA extensions, and XXH3-64.
//
//   sha256_batch(bytes, offsets, digests);      // ragged: message i = [offsets[i], offsets[i+1])
//   const Strided pieces[] = {{events, 4096, 4096}, {verdicts, 1024, 1024}};
//   sha256_strided({{0x00}}, pieces, digests);  // leaf i = 0x00, events i, verdicts i
//
// Class `exact`: the same digests on every instruction set. No function allocates; all are
// thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "base/hash.hpp"

namespace weir::ops {

// Hashes `digests.size()` messages; message i is bytes [offsets[i], offsets[i + 1]) of `bytes`.
// `offsets` has one entry more than `digests`, ascending and within `bytes` (CHECKed).
void sha256_batch(Bytes bytes, std::span<const std::uint64_t> offsets, std::span<Digest> digests);

// The same with `prefix` (at most 32 bytes) in front of every message: the leaves of a Merkle tree.
void sha256_prefixed(Bytes prefix, Bytes bytes, std::span<const std::uint64_t> offsets,
                     std::span<Digest> digests);

// One part of each of n equal-sized messages: message i takes `bytes` bytes from data + i * stride.
struct Strided {
  const std::uint8_t* data;
  std::size_t stride;
  std::size_t bytes;
};

inline constexpr std::size_t kStridedPiecesMax = 3;

// Hashes `digests.size()` messages of one size: message i is `prefix` (at most 32 bytes), then its
// share of each of the (at most kStridedPiecesMax) pieces. Reads in place; about half the time of
// one stream.
void sha256_strided(Bytes prefix, std::span<const Strided> pieces, std::span<Digest> digests);

// Hashes messages as in sha256_batch with XXH3-64, seed 0.
void xxh3_batch(Bytes bytes, std::span<const std::uint64_t> offsets,
                std::span<std::uint64_t> hashes);

// One message after the other through Sha256: the oracle and the baseline of the bench.
namespace reference {
void sha256_batch(Bytes bytes, std::span<const std::uint64_t> offsets, std::span<Digest> digests);
void sha256_prefixed(Bytes prefix, Bytes bytes, std::span<const std::uint64_t> offsets,
                     std::span<Digest> digests);
void sha256_strided(Bytes prefix, std::span<const Strided> pieces, std::span<Digest> digests);
}  // namespace reference

}  // namespace weir::ops
