#include "ledger/block.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"
#include "ops/hash/hash_batch.hpp"
#include "ops/hash/merkle.hpp"

namespace weir::ledger {
namespace {

struct HeaderField {
  std::string_view name;
  std::size_t offset;
};

#define WEIR_FIELD(member) \
  { #member, offsetof(BlockHeader, member) }
constexpr HeaderField kFields[] = {
    WEIR_FIELD(magic),          WEIR_FIELD(version),        WEIR_FIELD(flags),
    WEIR_FIELD(chain_id),       WEIR_FIELD(height),         WEIR_FIELD(epoch),
    WEIR_FIELD(first_seq),      WEIR_FIELD(count),          WEIR_FIELD(control_count),
    WEIR_FIELD(created_us),     WEIR_FIELD(t_min_us),       WEIR_FIELD(t_max_us),
    WEIR_FIELD(rules_version),  WEIR_FIELD(models_version), WEIR_FIELD(config_version),
    WEIR_FIELD(lists_version),  WEIR_FIELD(passed),         WEIR_FIELD(held),
    WEIR_FIELD(blocked),        WEIR_FIELD(alerted),        WEIR_FIELD(applied),
    WEIR_FIELD(refused),        WEIR_FIELD(groups),         WEIR_FIELD(shards),
    WEIR_FIELD(leaf_events),    WEIR_FIELD(zero),           WEIR_FIELD(parent_hash),
    WEIR_FIELD(tx_root),        WEIR_FIELD(side_hash),      WEIR_FIELD(order_hash),
    WEIR_FIELD(raw_bytes),      WEIR_FIELD(stored_bytes),   WEIR_FIELD(side_bytes),
    WEIR_FIELD(control_bytes),  WEIR_FIELD(feature_bytes),  WEIR_FIELD(codec),
    WEIR_FIELD(durable_height), WEIR_FIELD(writer),         WEIR_FIELD(body_crc32c),
    WEIR_FIELD(header_crc32c),  WEIR_FIELD(reserved),
};
#undef WEIR_FIELD

template <class T>
Bytes bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

Digest hash_two(Bytes first, Bytes second) {
  Sha256 sha;
  sha.update(first);
  sha.update(second);
  return sha.finish();
}

void fill_times(BlockHeader& header, std::span<const wire::Event> events) {
  if (events.empty()) return;
  header.t_min_us = header.t_max_us = events[0].time_us;
  for (const wire::Event& event : events) {
    header.t_min_us = std::min(header.t_min_us, event.time_us);
    header.t_max_us = std::max(header.t_max_us, event.time_us);
  }
}

}  // namespace

std::string_view header_field(std::size_t offset) {
  CHECK_LT(offset, kBlockHeaderBytes);
  const auto* after =
      std::upper_bound(std::begin(kFields), std::end(kFields), offset,
                       [](std::size_t at, const HeaderField& f) { return at < f.offset; });
  return std::prev(after)->name;
}

Digest block_hash(const BlockHeader& header) {
  return sha256({reinterpret_cast<const std::uint8_t*>(&header), kBlockLogicalBytes});
}

BlockCounts count_verdicts(std::span<const wire::VerdictCore> verdicts) {
  BlockCounts counts;
  // Statuses 3 to 8, 13 and 15 are refusals; 1 and 10 moved money.
  constexpr std::uint32_t kRefusals = 0xA1F8;
  constexpr std::uint32_t kApplied = 1U << 1 | 1U << 10;
  for (const wire::VerdictCore& verdict : verdicts) {
    counts.held += verdict.outcome == 1;
    counts.blocked += verdict.outcome == 2;
    counts.alerted += verdict.flags & wire::kAlert;
    counts.applied += kApplied >> (verdict.ledger_status & 31) & 1;
    counts.refused += kRefusals >> (verdict.ledger_status & 31) & 1;
  }
  counts.passed = static_cast<std::uint32_t>(verdicts.size()) - counts.held - counts.blocked;
  return counts;
}

void hash_leaves(std::span<const wire::Event> events, std::span<const wire::VerdictCore> verdicts,
                 std::size_t leaf_events, std::size_t begin, std::size_t end,
                 std::span<Digest> out) {
  static constexpr std::uint8_t kLeafPrefix[] = {0x00};
  const auto* event_bytes = reinterpret_cast<const std::uint8_t*>(events.data());
  const auto* verdict_bytes = reinterpret_cast<const std::uint8_t*>(verdicts.data());
  const auto hash = [&](std::size_t first, std::size_t last, std::size_t rows) {
    const std::size_t event_stride = leaf_events * sizeof(wire::Event);
    const std::size_t verdict_stride = leaf_events * sizeof(wire::VerdictCore);
    const ops::Strided pieces[] = {
        {event_bytes + first * event_stride, event_stride, rows * sizeof(wire::Event)},
        {verdict_bytes + first * verdict_stride, verdict_stride, rows * sizeof(wire::VerdictCore)}};
    ops::sha256_strided(kLeafPrefix, pieces, out.subspan(first, last - first));
  };
  const std::size_t full = std::min(end, events.size() / leaf_events);
  if (begin < full) hash(begin, full, leaf_events);
  if (end > full) hash(full, end, events.size() % leaf_events);
}

void BlockBuilder::begin(storage::DirectBuffer buffer, const BlockMeta& meta,
                         const BlockContent& content) {
  const std::size_t count = content.events.size();
  CHECK_LE(count, wire::kBatchEventsMax);
  CHECK_EQ(content.verdicts.size(), count);
  CHECK(content.order.empty() || content.order.size() == count);
  CHECK(content.side.size() % 8 == 0 && content.control.size() % 8 == 0);
  CHECK(meta.leaf_events == 32 || meta.leaf_events == 1);
  CHECK(content.feature_mode == FeatureRowsMode::kNone || content.features->rows() == count);

  sampled_.clear();
  if (content.feature_mode == FeatureRowsMode::kSampled) {
    sample_feature_rows(content.events, content.verdicts, sampled_);
  }
  const std::size_t feature_rows =
      content.feature_mode == FeatureRowsMode::kAll ? count : sampled_.size();
  const std::size_t feature_bytes = feature_rows_bytes(content.feature_mode, feature_rows);
  const std::size_t body = count * (sizeof(wire::Event) + sizeof(wire::VerdictCore)) +
                           order_bytes(count) + content.side.size() + content.control.size() +
                           feature_bytes;
  CHECK_LE(body, kBlockBytesMax);

  buffer_ = std::move(buffer);
  buffer_.clear();
  buffer_.reserve(align_up(kBlockHeaderBytes + body, storage::kLogAlignment));
  buffer_.resize(kBlockHeaderBytes);
  buffer_.append(bytes_of(content.events));
  buffer_.append(bytes_of(content.verdicts));
  append_order(content.order, count);
  buffer_.append(content.side);
  buffer_.append(content.control);
  if (feature_bytes != 0) {
    append_feature_rows(content.feature_mode, *content.features, sampled_, buffer_);
  }
  CHECK_EQ(buffer_.size(), kBlockHeaderBytes + body);
  buffer_.pad_to(storage::kLogAlignment);
  leaves_.resize(ledger::leaf_count(count, meta.leaf_events));
  fill_header(meta, content, body, feature_bytes);
}

void BlockBuilder::append_order(std::span<const std::uint16_t> order, std::size_t count) {
  const std::size_t at = buffer_.size();
  buffer_.append(bytes_of(order));
  buffer_.resize(at + order_bytes(count));
  if (order.empty()) {
    auto* identity = reinterpret_cast<std::uint16_t*>(buffer_.data() + at);
    std::iota(identity, identity + count, std::uint16_t{0});
  }
}

void BlockBuilder::fill_header(const BlockMeta& meta, const BlockContent& content, std::size_t body,
                               std::size_t feature_bytes) {
  BlockHeader& head = header();
  head.magic = kBlockMagic;
  head.version = kBlockVersion;
  head.chain_id = meta.chain_id;
  head.height = meta.height;
  head.epoch = meta.epoch;
  head.first_seq = meta.first_seq;
  head.count = static_cast<std::uint32_t>(content.events.size());
  head.control_count = content.control_count;
  head.created_us = meta.created_us;
  fill_times(head, content.events);
  head.rules_version = meta.rules_version;
  head.models_version = meta.models_version;
  head.config_version = meta.config_version;
  head.lists_version = meta.lists_version;
  const BlockCounts counts = count_verdicts(content.verdicts);
  head.passed = counts.passed;
  head.held = counts.held;
  head.blocked = counts.blocked;
  head.alerted = counts.alerted;
  head.applied = counts.applied;
  head.refused = counts.refused;
  head.groups = meta.groups;
  head.shards = meta.shards;
  head.leaf_events = meta.leaf_events;
  head.raw_bytes = head.stored_bytes = static_cast<std::uint32_t>(body);
  head.side_bytes = static_cast<std::uint32_t>(content.side.size());
  head.control_bytes = static_cast<std::uint32_t>(content.control.size());
  head.feature_bytes = static_cast<std::uint32_t>(feature_bytes);
}

void BlockBuilder::hash_leaves(std::size_t begin, std::size_t end) {
  const std::size_t count = header().count;
  const auto* events = reinterpret_cast<const wire::Event*>(buffer_.data() + kBlockHeaderBytes);
  const auto* verdicts = reinterpret_cast<const wire::VerdictCore*>(events + count);
  ledger::hash_leaves({events, count}, {verdicts, count}, header().leaf_events, begin, end,
                      leaves_);
}

void BlockBuilder::finish_body() {
  BlockHeader& head = header();
  const Bytes body = buffer_.bytes().subspan(kBlockHeaderBytes, head.stored_bytes);
  const std::size_t order_at = head.count * (sizeof(wire::Event) + sizeof(wire::VerdictCore));
  const std::size_t side_at = order_at + order_bytes(head.count);
  head.tx_root = ops::merkle_root_in_place(leaves_);
  head.order_hash = sha256(body.subspan(order_at, head.count * sizeof(std::uint16_t)));
  head.side_hash = hash_two(body.subspan(side_at, head.side_bytes),
                            body.subspan(side_at + head.side_bytes, head.control_bytes));
  head.body_crc32c = crc32c(body);
}

SealedBlock BlockBuilder::seal(const ChainLink& link) {
  BlockHeader& head = header();
  head.parent_hash = link.parent_hash;
  head.durable_height = link.durable_height;
  head.writer = link.writer;
  head.header_crc32c = crc32c(buffer_.bytes().first(kHeaderCrcBytes));
  SealedBlock sealed;
  sealed.hash = block_hash(head);
  sealed.height = head.height;
  sealed.record = std::move(buffer_);
  return sealed;
}

SealedBlock seal_block(BlockBuilder& builder, storage::DirectBuffer buffer, const BlockMeta& meta,
                       const BlockContent& content, const ChainLink& link) {
  builder.begin(std::move(buffer), meta, content);
  builder.hash_leaves(0, builder.leaf_count());
  builder.finish_body();
  return builder.seal(link);
}

std::span<const wire::Event> BlockView::events() const {
  return {reinterpret_cast<const wire::Event*>(record_.data() + kBlockHeaderBytes), header().count};
}

std::span<const wire::VerdictCore> BlockView::verdicts() const {
  return {reinterpret_cast<const wire::VerdictCore*>(events().data() + header().count),
          header().count};
}

std::span<const std::uint16_t> BlockView::order() const {
  return {reinterpret_cast<const std::uint16_t*>(verdicts().data() + header().count),
          header().count};
}

Bytes BlockView::side() const {
  const auto* order_at = reinterpret_cast<const std::uint8_t*>(order().data());
  return {order_at + order_bytes(header().count), header().side_bytes};
}

Bytes BlockView::control() const {
  return {side().data() + header().side_bytes, header().control_bytes};
}

FeatureRowsView BlockView::features() const {
  return {{control().data() + header().control_bytes, header().feature_bytes}, header().count};
}

Bytes BlockView::event_side(std::size_t row) const {
  const wire::Event& event = events()[row];
  const Bytes area = side();
  if (event.side_off > area.size() || event.side_len > area.size() - event.side_off) return {};
  return area.subspan(event.side_off, event.side_len);
}

}  // namespace weir::ledger
