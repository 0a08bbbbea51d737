// Two messages advance together: sha256rnds2 has a latency of four cycles and can start every other
// cycle, so that one stream leaves half of the unit idle. Each lane reads its message in place as
// runs of whole blocks; only the blocks that straddle two pieces, and the padding, are assembled in
// a buffer.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.hpp"
#include "base/isa.hpp"
#include "ops/hash/hash_batch.hpp"

#define SHA_TARGET __attribute__((target("sha,sse4.1")))
#define SHA_INLINE __attribute__((target("sha,sse4.1"), always_inline)) inline

namespace weir::ops {
namespace {

alignas(16) constexpr std::uint32_t kRound[64] = {
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
constexpr ShaState kInitial = {{0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667},
                               {0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372}};

template <int kLanes>
SHA_INLINE void compress(ShaState* const (&states)[kLanes],
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
      const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(kRound) + step);
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

SHA_TARGET void compress_one(ShaState& a, const std::uint8_t* from, std::size_t blocks) {
  ShaState* const states[1] = {&a};
  const std::uint8_t* const source[1] = {from};
  compress<1>(states, source, blocks);
}

SHA_TARGET void compress_two(ShaState& a, const std::uint8_t* from_a, ShaState& b,
                             const std::uint8_t* from_b, std::size_t blocks) {
  ShaState* const states[2] = {&a, &b};
  const std::uint8_t* const source[2] = {from_a, from_b};
  compress<2>(states, source, blocks);
}

// One message in flight: up to four pieces, cut into runs of whole blocks.
class Lane {
 public:
  void begin(std::span<const Bytes> pieces, Digest* out) {
    state_ = kInitial;
    count_ = pieces.size();
    std::copy(pieces.begin(), pieces.end(), pieces_.begin());
    piece_ = 0;
    total_bytes_ = 0;
    for (const Bytes& piece : pieces) total_bytes_ += piece.size();
    padded_ = false;
    out_ = out;
    next_run();
  }
  std::size_t run_blocks() const { return run_blocks_; }
  const std::uint8_t* run() const { return run_; }
  ShaState& state() { return state_; }

  // Steps over `blocks` blocks; returns false when the message is done and its digest written.
  bool advance(std::size_t blocks) {
    run_ += 64 * blocks;
    run_blocks_ -= blocks;
    if (run_blocks_ != 0) return true;
    if (padded_) return finish();
    next_run();
    return true;
  }

 private:
  void next_run() {
    while (piece_ < count_ && pieces_[piece_].empty()) ++piece_;
    if (piece_ < count_ && pieces_[piece_].size() >= 64) {
      run_ = pieces_[piece_].data();
      run_blocks_ = pieces_[piece_].size() / 64;
      pieces_[piece_] = pieces_[piece_].subspan(64 * run_blocks_);
      return;
    }
    std::size_t held = 0;
    while (held < 64 && piece_ < count_) {
      const std::size_t take = std::min(64 - held, pieces_[piece_].size());
      if (take != 0) std::memcpy(carry_ + held, pieces_[piece_].data(), take);
      held += take;
      pieces_[piece_] = pieces_[piece_].subspan(take);
      if (pieces_[piece_].empty()) ++piece_;
    }
    run_ = carry_;
    run_blocks_ = 1;
    if (held == 64) return;
    padded_ = true;
    run_blocks_ = held < 56 ? 1 : 2;
    carry_[held++] = 0x80;
    std::memset(carry_ + held, 0, 64 * run_blocks_ - 8 - held);
    store(carry_ + 64 * run_blocks_ - 8, __builtin_bswap64(total_bytes_ * 8));
  }

  bool finish() {
    const std::uint32_t words[8] = {state_.abef[3], state_.abef[2], state_.cdgh[3], state_.cdgh[2],
                                    state_.abef[1], state_.abef[0], state_.cdgh[1], state_.cdgh[0]};
    for (std::size_t i = 0; i < 8; ++i) store(out_->data() + 4 * i, __builtin_bswap32(words[i]));
    return false;
  }

  ShaState state_;
  std::array<Bytes, kStridedPiecesMax + 1> pieces_;
  std::size_t count_ = 0;
  std::size_t piece_ = 0;
  std::uint64_t total_bytes_ = 0;
  bool padded_ = false;
  const std::uint8_t* run_ = nullptr;
  std::size_t run_blocks_ = 0;
  Digest* out_ = nullptr;
  alignas(16) std::uint8_t carry_[128];
};

// Keeps two lanes busy until `start(lane)` says that there is no further message.
template <class Start>
void run_lanes(Start start) {
  Lane a;
  Lane b;
  bool a_busy = start(a);
  bool b_busy = start(b);
  while (a_busy && b_busy) {
    const std::size_t blocks = std::min(a.run_blocks(), b.run_blocks());
    compress_two(a.state(), a.run(), b.state(), b.run(), blocks);
    if (!a.advance(blocks)) a_busy = start(a);
    if (!b.advance(blocks)) b_busy = start(b);
  }
  Lane& last = a_busy ? a : b;
  for (bool busy = a_busy || b_busy; busy;) {
    const std::size_t blocks = last.run_blocks();
    compress_one(last.state(), last.run(), blocks);
    busy = last.advance(blocks);
  }
}

}  // namespace

void sha256_batch(Bytes bytes, std::span<const std::uint64_t> offsets, std::span<Digest> digests) {
  CHECK_EQ(offsets.size(), digests.size() + 1);
  for (std::size_t i = 0; i < digests.size(); ++i) CHECK_LE(offsets[i], offsets[i + 1]);
  CHECK_LE(offsets.back(), bytes.size());
  if (!sha_ni_allowed()) return reference::sha256_batch(bytes, offsets, digests);
  std::size_t next = 0;
  run_lanes([&](Lane& lane) {
    if (next == digests.size()) return false;
    const Bytes message = bytes.subspan(offsets[next], offsets[next + 1] - offsets[next]);
    lane.begin({&message, 1}, &digests[next]);
    ++next;
    return true;
  });
}

void sha256_strided(Bytes prefix, std::span<const Strided> pieces, std::span<Digest> digests) {
  CHECK_LE(pieces.size(), kStridedPiecesMax);
  if (!sha_ni_allowed()) return reference::sha256_strided(prefix, pieces, digests);
  std::size_t next = 0;
  run_lanes([&](Lane& lane) {
    if (next == digests.size()) return false;
    std::array<Bytes, kStridedPiecesMax + 1> parts;
    parts[0] = prefix;
    for (std::size_t p = 0; p < pieces.size(); ++p) {
      parts[p + 1] = {pieces[p].data + next * pieces[p].stride, pieces[p].bytes};
    }
    lane.begin({parts.data(), pieces.size() + 1}, &digests[next]);
    ++next;
    return true;
  });
}

void xxh3_batch(Bytes bytes, std::span<const std::uint64_t> offsets,
                std::span<std::uint64_t> hashes) {
  CHECK_EQ(offsets.size(), hashes.size() + 1);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    CHECK_LE(offsets[i], offsets[i + 1]);
    CHECK_LE(offsets[i + 1], bytes.size());
    hashes[i] = xxh3_64(bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]));
  }
}

}  // namespace weir::ops
