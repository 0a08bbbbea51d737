// SHA-256 in plain code for kernels: one message a thread.
//
//   std::uint32_t words[8];
//   sha256_message(0, 1, message, bytes, words);   // of 00 | message, as big-endian words
//   store_digest(words, to);
//
// Pure functions; no allocation; about 3,000 integer operations a 64-byte block.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/host_device.hpp"

namespace weir::ops {

WEIR_HD inline std::uint32_t rotate_right(std::uint32_t x, unsigned n) {
  return x >> n | x << (32 - n);
}

WEIR_HD inline void sha256_start(std::uint32_t* state) {
  constexpr std::uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (unsigned i = 0; i < 8; ++i) state[i] = kInitial[i];
}

// Advances `state` by one block; w[0..15] holds its words and is overwritten.
WEIR_HD inline void sha256_compress(std::uint32_t* state, std::uint32_t* w) {
  constexpr std::uint32_t kRound[64] = {
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
      0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
      0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
      0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
      0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
      0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
      0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
      0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
      0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
      0xc67178f2};
  std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  std::uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  WEIR_UNROLL(64)
  for (unsigned i = 0; i < 64; ++i) {
    if (i >= 16) {
      const std::uint32_t early = w[(i + 1) % 16];
      const std::uint32_t late = w[(i + 14) % 16];
      w[i % 16] += w[(i + 9) % 16] +
                   (rotate_right(early, 7) ^ rotate_right(early, 18) ^ early >> 3) +
                   (rotate_right(late, 17) ^ rotate_right(late, 19) ^ late >> 10);
    }
    const std::uint32_t one = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                              ((e & f) ^ (~e & g)) + kRound[i] + w[i % 16];
    const std::uint32_t two = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +
                              ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + one;
    d = c;
    c = b;
    b = a;
    a = one + two;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

// The digest of `prefix` (prefix_bytes of the number, lowest first; at most one) and a message.
WEIR_HD inline void sha256_message(std::uint8_t prefix, unsigned prefix_bytes,
                                   const std::uint8_t* message, std::size_t bytes,
                                   std::uint32_t* state) {
  sha256_start(state);
  const std::size_t total = prefix_bytes + bytes;
  const std::size_t blocks = (total + 9 + 63) / 64;
  std::uint32_t w[16];
  for (std::size_t block = 0; block < blocks; ++block) {
    WEIR_UNROLL(16)
    for (unsigned i = 0; i < 16; ++i) {
      const std::size_t from = 64 * block + 4 * i;
      std::uint32_t word = 0;
      WEIR_UNROLL(4)
      for (unsigned j = 0; j < 4; ++j) {
        const std::size_t at = from + j;
        const std::uint32_t byte = at < prefix_bytes ? prefix
                                   : at < total      ? message[at - prefix_bytes]
                                   : at == total     ? 0x80U
                                                     : 0U;
        word = word << 8 | byte;
      }
      w[i] = word;
    }
    if (block + 1 == blocks) {
      w[14] = static_cast<std::uint32_t>(std::uint64_t{total} >> 29);
      w[15] = static_cast<std::uint32_t>(total << 3);
    }
    sha256_compress(state, w);
  }
}

// The node 01 | left | right of a Merkle tree, all as words.
WEIR_HD inline void sha256_node(const std::uint32_t* left, const std::uint32_t* right,
                                std::uint32_t* state) {
  sha256_start(state);
  std::uint32_t w[16];
  w[0] = 0x01000000U | left[0] >> 8;
  for (unsigned i = 1; i < 8; ++i) w[i] = left[i - 1] << 24 | left[i] >> 8;
  w[8] = left[7] << 24 | right[0] >> 8;
  for (unsigned i = 9; i < 16; ++i) w[i] = right[i - 9] << 24 | right[i - 8] >> 8;
  sha256_compress(state, w);
  for (unsigned i = 1; i < 15; ++i) w[i] = 0;
  w[0] = right[7] << 24 | 0x00800000U;
  w[15] = 65 * 8;
  sha256_compress(state, w);
}

// Writes the words of a digest as its 32 bytes.
WEIR_HD inline void store_digest(const std::uint32_t* words, std::uint8_t* to) {
  for (unsigned i = 0; i < 32; ++i) {
    to[i] = static_cast<std::uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
  }
}

}  // namespace weir::ops
