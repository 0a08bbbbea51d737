// SHA-256 after FIPS 180-4: a portable compression function and one on the SHA extensions, chosen
// per call.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hash.hpp"
#include "base/isa.hpp"
#include "base/sha256_lanes.hpp"

namespace weir {
namespace {

constexpr std::array<std::uint32_t, 8> kInitialState = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

std::uint32_t load_be32(const std::uint8_t* from) {
  return __builtin_bswap32(load<std::uint32_t>(from));
}

void compress_portable(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count) {
  for (; count != 0; --count, blocks += 64) {
    std::uint32_t w[64];
    for (std::size_t i = 0; i < 16; ++i) w[i] = load_be32(blocks + 4 * i);
    for (std::size_t i = 16; i < 64; ++i) {
      const std::uint32_t s0 =
          std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    std::uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kShaRound[i] + w[i];
      const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1;
      d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

// The instructions keep the state in another order; it is shuffled once per call, not per block.
WEIR_SHA_TARGET void compress_ni(std::uint32_t* s, const std::uint8_t* blocks, std::size_t count) {
  ShaState state = {{s[5], s[4], s[1], s[0]}, {s[7], s[6], s[3], s[2]}};
  ShaState* const states[1] = {&state};
  const std::uint8_t* const from[1] = {blocks};
  compress_sha<1>(states, from, count);
  for (int i = 0; i < 2; ++i) {
    s[i] = state.abef[3 - i];
    s[i + 2] = state.cdgh[3 - i];
    s[i + 4] = state.abef[1 - i];
    s[i + 6] = state.cdgh[1 - i];
  }
}

void compress(std::uint32_t* state, const std::uint8_t* blocks, std::size_t count) {
  if (sha_ni_allowed()) {
    compress_ni(state, blocks, count);
  } else {
    compress_portable(state, blocks, count);
  }
}

}  // namespace

void Sha256::reset() {
  state_ = kInitialState;
  total_bytes_ = 0;
}

void Sha256::update(Bytes bytes) {
  if (bytes.empty()) return;
  const std::size_t held = total_bytes_ % 64;
  total_bytes_ += bytes.size();
  if (held != 0) {
    const std::size_t take = std::min<std::size_t>(64 - held, bytes.size());
    std::memcpy(block_.data() + held, bytes.data(), take);
    bytes = bytes.subspan(take);
    if (held + take < 64) return;
    compress(state_.data(), block_.data(), 1);
  }
  compress(state_.data(), bytes.data(), bytes.size() / 64);
  const Bytes rest = bytes.subspan(bytes.size() / 64 * 64);
  if (!rest.empty()) std::memcpy(block_.data(), rest.data(), rest.size());
}

Digest Sha256::finish() {
  const std::uint64_t bits = total_bytes_ * 8;
  std::size_t held = total_bytes_ % 64;
  block_[held++] = 0x80;
  if (held > 56) {
    std::memset(block_.data() + held, 0, 64 - held);
    compress(state_.data(), block_.data(), 1);
    held = 0;
  }
  std::memset(block_.data() + held, 0, 56 - held);
  store(block_.data() + 56, __builtin_bswap64(bits));
  compress(state_.data(), block_.data(), 1);
  Digest digest;
  for (std::size_t i = 0; i < 8; ++i) store(digest.data() + 4 * i, __builtin_bswap32(state_[i]));
  return digest;
}

Digest sha256(Bytes bytes) {
  Sha256 sha;
  sha.update(bytes);
  return sha.finish();
}

}  // namespace weir
