#include <algorithm>
#include <vector>

#include "ledger/bit_flip.hpp"
#include "ledger/block.hpp"
#include "ledger/control.hpp"
#include "ops/hash/merkle.hpp"

namespace weir::ledger {
namespace {

using Fault = std::optional<BlockFault>;

Fault fault(std::uint64_t offset, std::string_view field, std::string message) {
  return BlockFault{offset, std::string(field), std::move(message)};
}

Fault header_fault(std::size_t offset, std::string message) {
  return fault(offset, header_field(offset), std::move(message));
}

const BlockHeader& header_of(Bytes record) {
  return *reinterpret_cast<const BlockHeader*>(record.data());
}

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

Fault check_header_crc(Bytes record) {
  const BlockHeader& header = header_of(record);
  const std::uint32_t actual = crc32c(record.first(kHeaderCrcBytes));
  if (actual == header.header_crc32c) return std::nullopt;
  if (const auto bit = locate_bit_flip(header.header_crc32c, actual, kHeaderCrcBytes)) {
    return header_fault(*bit / 8, "bit " + std::to_string(*bit % 8) + " of byte " +
                                      std::to_string(*bit / 8) + " of the header is flipped");
  }
  if (header.magic != kBlockMagic) return header_fault(0, "no block starts here");
  return header_fault(kHeaderCrcBytes, "the header does not match its checksum");
}

// Checks what a correct checksum still leaves open: values this version cannot have written.
Fault check_header_values(Bytes record) {
  const BlockHeader& header = header_of(record);
  if (header.magic != kBlockMagic) return header_fault(0, "no block starts here");
  if (header.version != kBlockVersion) {
    return header_fault(offsetof(BlockHeader, version),
                        "version " + std::to_string(header.version) + " is not known");
  }
  if (header.flags != 0) return header_fault(offsetof(BlockHeader, flags), "unknown flag");
  if (header.zero != 0) return header_fault(offsetof(BlockHeader, zero), "is not zero");
  if (header.codec != 0) {
    return header_fault(offsetof(BlockHeader, codec),
                        "codec " + std::to_string(header.codec) + " is not known");
  }
  if (header.leaf_events != 1 && header.leaf_events != 32) {
    return header_fault(offsetof(BlockHeader, leaf_events), "is neither 1 nor 32");
  }
  if (header.height == 0)
    return header_fault(offsetof(BlockHeader, height), "heights count from 1");
  const Bytes reserved{header.reserved, sizeof(header.reserved)};
  if (!is_zero(reserved)) {
    const auto at =
        std::find_if(reserved.begin(), reserved.end(), [](std::uint8_t b) { return b != 0; });
    return header_fault(
        offsetof(BlockHeader, reserved) + static_cast<std::size_t>(at - reserved.begin()),
        "is not zero");
  }
  return std::nullopt;
}

Fault check_sizes(Bytes record) {
  const BlockHeader& header = header_of(record);
  if (header.count > wire::kBatchEventsMax)
    return header_fault(offsetof(BlockHeader, count), "above 65,536");
  if (header.side_bytes % 8 != 0)
    return header_fault(offsetof(BlockHeader, side_bytes), "no multiple of 8");
  if (header.control_bytes % 8 != 0) {
    return header_fault(offsetof(BlockHeader, control_bytes), "no multiple of 8");
  }
  const std::uint64_t body =
      std::uint64_t{header.count} * (sizeof(wire::Event) + sizeof(wire::VerdictCore)) +
      order_bytes(header.count) + header.side_bytes + header.control_bytes + header.feature_bytes;
  if (body != header.raw_bytes || body > kBlockBytesMax) {
    return header_fault(offsetof(BlockHeader, raw_bytes), std::to_string(header.raw_bytes) +
                                                              " is not the sum of the sections, " +
                                                              std::to_string(body));
  }
  if (header.stored_bytes != header.raw_bytes) {
    return header_fault(offsetof(BlockHeader, stored_bytes),
                        "differs from raw_bytes without a codec");
  }
  const std::uint64_t length = align_up(kBlockHeaderBytes + body, storage::kLogAlignment);
  if (record.size() != length) {
    return header_fault(offsetof(BlockHeader, stored_bytes),
                        "the block takes " + std::to_string(length) + " bytes, " +
                            std::to_string(record.size()) + " are there");
  }
  return std::nullopt;
}

struct Section {
  std::string_view name;
  std::uint64_t bytes;
};

// Names the section that holds byte `offset` of the body.
std::string_view section_at(const BlockHeader& header, std::uint64_t offset) {
  const Section sections[] = {{"events", std::uint64_t{header.count} * sizeof(wire::Event)},
                              {"verdicts", std::uint64_t{header.count} * sizeof(wire::VerdictCore)},
                              {"order", order_bytes(header.count)},
                              {"side", header.side_bytes},
                              {"control", header.control_bytes},
                              {"features", header.feature_bytes}};
  for (const Section& section : sections) {
    if (offset < section.bytes) return section.name;
    offset -= section.bytes;
  }
  return "padding";
}

std::uint64_t offset_in(Bytes record, const void* at) {
  return static_cast<std::uint64_t>(static_cast<const std::uint8_t*>(at) - record.data());
}

Fault check_roots(const BlockView& view) {
  const BlockHeader& header = view.header();
  std::vector<Digest> leaves(leaf_count(header.count, header.leaf_events));
  hash_leaves(view.events(), view.verdicts(), header.leaf_events, 0, leaves.size(), leaves);
  if (ops::merkle_root_in_place(leaves) != header.tx_root) {
    return header_fault(offsetof(BlockHeader, tx_root),
                        "events and verdicts do not give this root");
  }
  const auto order = view.order();
  if (sha256({reinterpret_cast<const std::uint8_t*>(order.data()), order.size_bytes()}) !=
      header.order_hash) {
    return header_fault(offsetof(BlockHeader, order_hash), "the order does not give this hash");
  }
  Sha256 side;
  side.update(view.side());
  side.update(view.control());
  if (side.finish() != header.side_hash) {
    return header_fault(offsetof(BlockHeader, side_hash),
                        "side area and control records do not give this hash");
  }
  return std::nullopt;
}

Fault check_body_crc(Bytes record, const BlockView& view) {
  const BlockHeader& header = header_of(record);
  const Bytes body = record.subspan(kBlockHeaderBytes, header.stored_bytes);
  const std::uint32_t actual = crc32c(body);
  if (actual == header.body_crc32c) return std::nullopt;
  if (const auto bit = locate_bit_flip(header.body_crc32c, actual, body.size())) {
    return fault(kBlockHeaderBytes + *bit / 8, section_at(header, *bit / 8),
                 "bit " + std::to_string(*bit % 8) + " of this byte is flipped");
  }
  if (auto root = check_roots(view)) {
    const std::string_view section = root->field == "tx_root"      ? "events"
                                     : root->field == "order_hash" ? "order"
                                                                   : "side";
    const void* at = section == "events"  ? static_cast<const void*>(view.events().data())
                     : section == "order" ? static_cast<const void*>(view.order().data())
                                          : static_cast<const void*>(view.side().data());
    return fault(offset_in(record, at), section,
                 "damaged: " + root->field + " and checksum differ");
  }
  return fault(kBlockHeaderBytes + header.stored_bytes - header.feature_bytes, "features",
               "the body does not match its checksum, though every root does");
}

Fault check_frame(Bytes record, const BlockView& view) {
  if (record.size() < kBlockHeaderBytes) return fault(record.size(), "header", "the record is cut");
  if (auto bad = check_header_crc(record)) return bad;
  if (auto bad = check_header_values(record)) return bad;
  if (auto bad = check_sizes(record)) return bad;
  const std::size_t end = kBlockHeaderBytes + header_of(record).stored_bytes;
  const Bytes padding = record.subspan(end);
  if (!is_zero(padding)) {
    const auto at =
        std::find_if(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; });
    return fault(end + static_cast<std::uint64_t>(at - padding.begin()), "padding", "is not zero");
  }
  return check_body_crc(record, view);
}

Fault check_order(const BlockView& view) {
  const auto order = view.order();
  std::vector<bool> seen(order.size());
  for (const std::uint16_t& row : order) {
    if (row >= order.size() || seen[row]) {
      return fault(offset_in(view.record(), &row), "order",
                   "row " + std::to_string(row) + " is out of range or named twice");
    }
    seen[row] = true;
  }
  if (!is_zero({reinterpret_cast<const std::uint8_t*>(order.data() + order.size()),
                order_bytes(order.size()) - order.size_bytes()})) {
    return fault(offset_in(view.record(), order.data() + order.size()), "order",
                 "its padding is not zero");
  }
  return std::nullopt;
}

Fault check_counts(const BlockView& view) {
  const BlockHeader& header = view.header();
  const BlockCounts counts = count_verdicts(view.verdicts());
  const struct {
    std::uint32_t claimed;
    std::uint32_t found;
    std::size_t offset;
  } pairs[] = {{header.passed, counts.passed, offsetof(BlockHeader, passed)},
               {header.held, counts.held, offsetof(BlockHeader, held)},
               {header.blocked, counts.blocked, offsetof(BlockHeader, blocked)},
               {header.alerted, counts.alerted, offsetof(BlockHeader, alerted)},
               {header.applied, counts.applied, offsetof(BlockHeader, applied)},
               {header.refused, counts.refused, offsetof(BlockHeader, refused)}};
  for (const auto& pair : pairs) {
    if (pair.claimed == pair.found) continue;
    return header_fault(pair.offset, "says " + std::to_string(pair.claimed) +
                                         ", the verdicts say " + std::to_string(pair.found));
  }
  std::int64_t t_min = header.count == 0 ? 0 : view.events()[0].time_us;
  std::int64_t t_max = t_min;
  for (const wire::Event& event : view.events()) {
    t_min = std::min(t_min, event.time_us);
    t_max = std::max(t_max, event.time_us);
  }
  if (t_min != header.t_min_us)
    return header_fault(offsetof(BlockHeader, t_min_us), "not the earliest event");
  if (t_max != header.t_max_us)
    return header_fault(offsetof(BlockHeader, t_max_us), "not the latest event");
  return std::nullopt;
}

Fault check_contents(const BlockView& view) {
  const std::uint64_t side_bytes = view.side().size();
  for (const wire::Event& event : view.events()) {
    if (event.side_off % 8 != 0 || event.side_off > side_bytes ||
        event.side_len > side_bytes - event.side_off) {
      return fault(offset_in(view.record(), &event.side_off), "events",
                   "a side payload lies outside the side area");
    }
  }
  ControlReader control(view.control());
  std::uint32_t records = 0;
  while (control.next()) ++records;
  if (!control.ok()) {
    return fault(
        offset_in(view.record(), view.control().data()) + view.control().size() - control.left(),
        "control", "a control record is malformed");
  }
  if (records != view.header().control_count) {
    return header_fault(offsetof(BlockHeader, control_count),
                        "there are " + std::to_string(records) + " records");
  }
  if (!view.features().ok()) {
    return fault(offset_in(view.record(), view.control().data()) + view.control().size(),
                 "features", "the section is malformed");
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t block_record_bytes(Bytes first_page) {
  if (first_page.size() < kBlockHeaderBytes) return 0;
  const auto header = load<BlockHeader>(first_page.data());
  if (header.magic != kBlockMagic || header.stored_bytes > kBlockBytesMax) return 0;
  if (crc32c(first_page.first(kHeaderCrcBytes)) != header.header_crc32c) return 0;
  return align_up(kBlockHeaderBytes + header.stored_bytes, storage::kLogAlignment);
}

Result<BlockView> BlockView::parse(Bytes record) {
  CHECK_EQ(reinterpret_cast<std::uintptr_t>(record.data()) % alignof(BlockHeader), 0U);
  const BlockView view(record);
  if (auto bad = check_frame(record, view)) {
    return fail(
        data_loss("block_damaged", "byte " + std::to_string(bad->offset) + ": " + bad->message)
            .at(bad->field));
  }
  return view;
}

std::optional<BlockFault> inspect_block(Bytes record) {
  const BlockView view(record);
  if (auto bad = check_frame(record, view)) return bad;
  if (auto bad = check_order(view)) return bad;
  if (auto bad = check_roots(view)) return bad;
  if (auto bad = check_counts(view)) return bad;
  return check_contents(view);
}

}  // namespace weir::ledger
