// SHA-256 on the SHA extensions (FIPS 180-4), for one message or several side by side; the caller
// has asked sha_ni_allowed() and is compiled for the target.
//
//   WEIR_SHA_TARGET void two(ShaState& a, ShaState& b, ...) {
//     ShaState* const states[2] = {&a, &b};
//     const std::uint8_t* const from[2] = {from_a, from_b};
//     compress_sha<2>(states, from, blocks);
//   }
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define WEIR_SHA_TARGET __attribute__((target("sha,sse4.1")))
#define WEIR_SHA_INLINE __attribute__((target("sha,sse4.1"), always_inline)) inline

namespace weir {

alignas(16) inline constexpr std::uint32_t kShaRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The chaining value in the order that the instructions want: {A, B, E, F} and {C, D, G, H}, high
// to low.
struct alignas(16) ShaState {
  std::uint32_t abef[4];
  std::uint32_t cdgh[4];
};
inline constexpr ShaState kShaInitial = {{0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667},
                                         {0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372}};

// Advances each lane's state by `blocks` blocks of 64 bytes.
template <int kLanes>
WEIR_SHA_INLINE void compress_sha(ShaState* const (&states)[kLanes],
                                  const std::uint8_t* const (&from)[kLanes], std::size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i abef[kLanes];
  __m128i cdgh[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    abef[l] = _mm_load_si128(reinterpret_cast<const __m128i*>(states[l]->abef));
    cdgh[l] = _mm_load_si128(reinterpret_cast<const __m128i*>(states[l]->cdgh));
  }
  for (std::size_t b = 0; b < blocks; ++b) {
    __m128i w[kLanes][4];
    __m128i abef_before[kLanes];
    __m128i cdgh_before[kLanes];
    for (int l = 0; l < kLanes; ++l) {
      abef_before[l] = abef[l];
      cdgh_before[l] = cdgh[l];
      const auto* block = reinterpret_cast<const __m128i*>(from[l] + 64 * b);
      for (int i = 0; i < 4; ++i) w[l][i] = _mm_shuffle_epi8(_mm_loadu_si128(block + i), swap);
    }
#pragma GCC unroll 16
    for (int step = 0; step < 16; ++step) {
      const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(kShaRound) + step);
#pragma GCC unroll 4
      for (int l = 0; l < kLanes; ++l) {
        const __m128i now = w[l][step & 3];
        const __m128i wk = _mm_add_epi32(now, k);
        cdgh[l] = _mm_sha256rnds2_epu32(cdgh[l], abef[l], wk);
        abef[l] = _mm_sha256rnds2_epu32(abef[l], cdgh[l], _mm_shuffle_epi32(wk, 0x0e));
        if (step < 12) {
          const __m128i last = w[l][(step + 3) & 3];
          __m128i next = _mm_sha256msg1_epu32(now, w[l][(step + 1) & 3]);
          next = _mm_add_epi32(next, _mm_alignr_epi8(last, w[l][(step + 2) & 3], 4));
          w[l][step & 3] = _mm_sha256msg2_epu32(next, last);
        }
      }
    }
    for (int l = 0; l < kLanes; ++l) {
      abef[l] = _mm_add_epi32(abef[l], abef_before[l]);
      cdgh[l] = _mm_add_epi32(cdgh[l], cdgh_before[l]);
    }
  }
  for (int l = 0; l < kLanes; ++l) {
    _mm_store_si128(reinterpret_cast<__m128i*>(states[l]->abef), abef[l]);
    _mm_store_si128(reinterpret_cast<__m128i*>(states[l]->cdgh), cdgh[l]);
  }
}

}  // namespace weir
