// Blocks: one batch with its verdicts, sealed into a 4 KiB-aligned record of the log. The layout is
// in docs/guide/log-format.md.
//
//   BlockBuilder builder;                                    // reuse it: it allocates only to grow
//   builder.begin(pool.acquire(), meta, content);     // copies each part into place
//   builder.hash_leaves(0, builder.leaf_count());            // any split over threads
//   builder.finish_body();                                   // roots and checksum; needs no parent
//   SealedBlock block = builder.seal({parent, durable, writer});   // chains it: a microsecond
//
//   WEIR_ASSIGN(const BlockView view, BlockView::parse(record));
//   for (const wire::Event& event : view.events()) ...
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "ledger/feature_rows.hpp"
#include "profile/columns.hpp"
#include "storage/direct_buffer.hpp"
#include "wire/event.hpp"
#include "wire/verdict.hpp"

namespace weir::ledger {

using Height = std::uint64_t;

inline constexpr std::uint32_t kBlockMagic = 0x4B4C4257;  // "WBLK"
inline constexpr std::uint16_t kBlockVersion = 1;
inline constexpr std::size_t kBlockHeaderBytes = 320;
inline constexpr std::size_t kBlockLogicalBytes = 256;  // what block_hash covers
inline constexpr std::size_t kHeaderCrcBytes = 300;     // what header_crc32c covers
inline constexpr std::uint64_t kBlockBytesMax = std::uint64_t{256} << 20;

// Bytes 0-255 are logical: a function of log content alone. Bytes 256-319 describe this copy of it.
struct BlockHeader {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t flags;
  std::uint64_t chain_id;
  std::uint64_t height;
  std::uint64_t epoch;
  std::uint64_t first_seq;
  std::uint32_t count;
  std::uint32_t control_count;
  std::int64_t created_us;
  std::int64_t t_min_us;  // event times; both 0 in a block without events
  std::int64_t t_max_us;
  std::uint32_t rules_version;
  std::uint32_t models_version;
  std::uint32_t config_version;
  std::uint32_t lists_version;
  std::uint32_t passed;
  std::uint32_t held;
  std::uint32_t blocked;
  std::uint32_t alerted;
  std::uint32_t applied;  // ledger status applied or captured
  std::uint32_t refused;  // ledger status 3 to 8, 13, 15
  std::uint32_t groups;
  std::uint16_t shards;
  std::uint16_t leaf_events;  // 32 or 1
  std::uint64_t zero;
  Digest parent_hash;
  Digest tx_root;
  Digest side_hash;
  Digest order_hash;
  std::uint32_t raw_bytes;     // of the body, uncompressed
  std::uint32_t stored_bytes;  // of the body, as stored
  std::uint32_t side_bytes;
  std::uint32_t control_bytes;
  std::uint32_t feature_bytes;
  std::uint32_t codec;           // 0 none
  std::uint64_t durable_height;  // known durable when this block was sealed
  std::uint64_t writer;
  std::uint32_t body_crc32c;
  std::uint32_t header_crc32c;
  std::uint8_t reserved[16];
};
static_assert(sizeof(BlockHeader) == kBlockHeaderBytes);
static_assert(offsetof(BlockHeader, created_us) == 48 && offsetof(BlockHeader, passed) == 88);
static_assert(offsetof(BlockHeader, parent_hash) == 128 && offsetof(BlockHeader, raw_bytes) == 256);
static_assert(offsetof(BlockHeader, durable_height) == 280);
static_assert(offsetof(BlockHeader, header_crc32c) == kHeaderCrcBytes);

// Returns the name of the header field that holds byte `offset` (< 320): "parent_hash", ...
std::string_view header_field(std::size_t offset);

// Returns SHA-256 of bytes 0-255.
Digest block_hash(const BlockHeader& header);

// What the pass knows about a block before it is chained.
struct BlockMeta {
  std::uint64_t chain_id = 0;
  Height height = 0;
  std::uint64_t epoch = 0;
  std::uint64_t first_seq = 0;
  std::int64_t created_us = 0;
  std::uint32_t rules_version = 0;
  std::uint32_t models_version = 0;
  std::uint32_t config_version = 0;
  std::uint32_t lists_version = 0;
  std::uint32_t groups = 0;
  std::uint16_t shards = 1;
  std::uint16_t leaf_events = 32;  // 32 or 1
};

struct BlockContent {
  std::span<const wire::Event> events;          // at most 65,536, in seq order
  std::span<const wire::VerdictCore> verdicts;  // one per event
  std::span<const std::uint16_t> order;  // one per event, a permutation; empty: arrival order
  Bytes side;                            // multiple of 8 bytes
  Bytes control;                         // ControlWriter::bytes()
  std::uint32_t control_count = 0;
  FeatureRowsMode feature_mode = FeatureRowsMode::kNone;
  const profile::FeatureMatrix* features = nullptr;  // rows() == events.size() unless mode is kNone
};

struct ChainLink {
  Digest parent_hash;
  Height durable_height = 0;
  std::uint64_t writer = 0;
};

struct SealedBlock {
  storage::DirectBuffer record;
  Digest hash;
  Height height = 0;
};

// Returns how many leaves `count` events make.
constexpr std::size_t leaf_count(std::size_t count, std::size_t leaf_events) {
  return (count + leaf_events - 1) / leaf_events;
}

// Returns the bytes that the order section takes: u16 each, padded to 8.
constexpr std::size_t order_bytes(std::size_t count) {
  return (count * 2 + 7) / 8 * 8;
}

// The verdict counts of a header.
struct BlockCounts {
  std::uint32_t passed = 0;
  std::uint32_t held = 0;
  std::uint32_t blocked = 0;
  std::uint32_t alerted = 0;
  std::uint32_t applied = 0;
  std::uint32_t refused = 0;
  bool operator==(const BlockCounts&) const = default;
};
BlockCounts count_verdicts(std::span<const wire::VerdictCore> verdicts);

// Writes the leaf hashes [begin, end) of the block's Merkle tree to out[begin..end). Thread-safe
// for disjoint ranges; no allocation.
void hash_leaves(std::span<const wire::Event> events, std::span<const wire::VerdictCore> verdicts,
                 std::size_t leaf_events, std::size_t begin, std::size_t end,
                 std::span<Digest> out);

class BlockBuilder {
 public:
  // Lays the block out in `buffer` and copies the content there, each part once. CHECKs shapes and
  // sizes.
  void begin(storage::DirectBuffer buffer, const BlockMeta& meta, const BlockContent& content);
  std::size_t leaf_count() const { return leaves_.size(); }
  // Hashes leaves [begin, end). Disjoint ranges may run on several threads at once.
  void hash_leaves(std::size_t begin, std::size_t end);
  // Computes tx_root, side_hash, order_hash and the body checksum, after every leaf.
  void finish_body();
  // Chains the block, hands its buffer out and leaves the builder empty.
  SealedBlock seal(const ChainLink& link);

 private:
  void append_order(std::span<const std::uint16_t> order, std::size_t count);
  void fill_header(const BlockMeta& meta, const BlockContent& content, std::size_t body,
                   std::size_t feature_bytes);
  BlockHeader& header() { return *reinterpret_cast<BlockHeader*>(buffer_.data()); }
  storage::DirectBuffer buffer_;
  std::vector<Digest> leaves_;
  std::vector<std::uint32_t> sampled_;
};

// Begins, hashes, finishes and seals on this thread.
SealedBlock seal_block(BlockBuilder& builder, storage::DirectBuffer buffer, const BlockMeta& meta,
                       const BlockContent& content, const ChainLink& link);

// Where and what is wrong in a block.
struct BlockFault {
  std::uint64_t offset =
      0;              // byte in the record; of the first byte of the field if not known better
  std::string field;  // "height", "events", "verdicts", "order", "padding", ...
  std::string message;
};

// Reads a block in place. The bytes must outlive the view and be aligned to 8.
class BlockView {
 public:
  // Validates the header checksum, then every size against the bytes at hand, then padding and the
  // body checksum. data_loss (block_damaged) names field and offset. Hashes are not computed:
  // inspect_block() does that.
  static Result<BlockView> parse(Bytes record);

  const BlockHeader& header() const {
    return *reinterpret_cast<const BlockHeader*>(record_.data());
  }
  std::span<const wire::Event> events() const;
  std::span<const wire::VerdictCore> verdicts() const;
  std::span<const std::uint16_t> order() const;
  Bytes side() const;
  Bytes control() const;
  FeatureRowsView features() const;
  // Returns the side payload of one event; empty if it points outside the side area.
  Bytes event_side(std::size_t row) const;
  Digest hash() const { return block_hash(header()); }
  Bytes record() const { return record_; }

 private:
  explicit BlockView(Bytes record) : record_(record) {}
  friend std::optional<BlockFault> inspect_block(Bytes record);
  Bytes record_;
};

// Returns the record length that a valid header at the start of `first_page` announces, or 0. Fits
// storage::LogReader.
std::uint64_t block_record_bytes(Bytes first_page);

// Checks everything a block says about itself: checksums, sizes, padding, roots, hashes, counts,
// order, control records, side bounds. Nothing if it is sound; else the first fault. A single
// flipped bit is located exactly, by the checksum's syndrome.
std::optional<BlockFault> inspect_block(Bytes record);

}  // namespace weir::ledger
