// Two messages advance together: sha256rnds2 has a latency of four cycles and can start every other
// cycle, so that one stream leaves half of the unit idle. Each lane reads its message in place as
// runs of whole blocks; only the blocks that straddle two pieces, and the padding, are assembled in
// a buffer.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.hpp"
#include "base/isa.hpp"
#include "base/sha256_lanes.hpp"
#include "ops/hash/hash_batch.hpp"

namespace weir::ops {
namespace {

WEIR_SHA_TARGET void compress_one(ShaState& a, const std::uint8_t* from, std::size_t blocks) {
  ShaState* const states[1] = {&a};
  const std::uint8_t* const source[1] = {from};
  compress_sha<1>(states, source, blocks);
}

WEIR_SHA_TARGET void compress_two(ShaState& a, const std::uint8_t* from_a, ShaState& b,
                                  const std::uint8_t* from_b, std::size_t blocks) {
  ShaState* const states[2] = {&a, &b};
  const std::uint8_t* const source[2] = {from_a, from_b};
  compress_sha<2>(states, source, blocks);
}

// One message in flight: up to four pieces, cut into runs of whole blocks.
class Lane {
 public:
  void begin(std::span<const Bytes> pieces, Digest* out) {
    state_ = kShaInitial;
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

void sha256_prefixed(Bytes prefix, Bytes bytes, std::span<const std::uint64_t> offsets,
                     std::span<Digest> digests) {
  CHECK_EQ(offsets.size(), digests.size() + 1);
  for (std::size_t i = 0; i < digests.size(); ++i) CHECK_LE(offsets[i], offsets[i + 1]);
  CHECK_LE(offsets.back(), bytes.size());
  if (!sha_ni_allowed()) return reference::sha256_prefixed(prefix, bytes, offsets, digests);
  std::size_t next = 0;
  run_lanes([&](Lane& lane) {
    if (next == digests.size()) return false;
    const Bytes parts[] = {prefix, bytes.subspan(offsets[next], offsets[next + 1] - offsets[next])};
    lane.begin(parts, &digests[next]);
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

}  // namespace weir::ops
