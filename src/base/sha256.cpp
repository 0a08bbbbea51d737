// SHA-256 after FIPS 180-4: a portable compression function and one on the SHA extensions, chosen
// per call.
#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hash.hpp"
#include "base/isa.hpp"

namespace weir {
namespace {

constexpr std::array<std::uint32_t, 8> kInitialState = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

alignas(16) constexpr std::uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

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
      const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRound[i] + w[i];
      const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1;
      d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

// The instructions keep the state as {ABEF, CDGH}; both halves are shuffled once per call, not per
// block.
__attribute__((target("sha,sse4.1"))) void compress_ni(std::uint32_t* state,
                                                       const std::uint8_t* blocks,
                                                       std::size_t count) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);

  for (; count != 0; --count, blocks += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; ++i) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks) + i), swap);
    }
#pragma GCC unroll 16
    for (int step = 0; step < 16; ++step) {
      const __m128i now = w[step & 3];
      __m128i wk =
          _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i*>(kRound) + step));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
      wk = _mm_shuffle_epi32(wk, 0x0e);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, wk);
      if (step < 12) {
        const __m128i last = w[(step + 3) & 3];
        __m128i next = _mm_sha256msg1_epu32(now, w[(step + 1) & 3]);
        next = _mm_add_epi32(next, _mm_alignr_epi8(last, w[(step + 2) & 3], 4));
        w[step & 3] = _mm_sha256msg2_epu32(next, last);
      }
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }

  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), _mm_alignr_epi8(dchg, feba, 8));
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
