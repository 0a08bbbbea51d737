#include "wire/batch.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/hash.hpp"

namespace weir::wire {
namespace {

constexpr std::size_t kTlvHeader = 8;

std::uint64_t text_hash(std::uint8_t space, std::string_view text) {
  return xxh3_64(as_bytes(text)) ^ (space * 0x9E3779B97F4A7C15ULL);
}

// Parses the 8-4-4-4-12 form of a UUID, either case.
bool parse_uuid(std::string_view text, EventKey& key) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
    return false;
  char digits[32];
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i != 8 && i != 13 && i != 18 && i != 23) digits[count++] = text[i];
  return from_hex({digits, sizeof digits}, key);
}

}  // namespace

void EventBatch::clear() {
  events.clear();
  side.clear();
  if (!texts.empty()) std::fill(text_slots_.begin(), text_slots_.end(), 0);
  texts.clear();
  text_bytes.clear();
  patches.clear();
  labels.clear();
  lines.clear();
}

void EventBatch::grow_slots() {
  const std::size_t slots = std::max<std::size_t>(1'024, text_slots_.size() * 2);
  text_slots_.assign(slots, 0);
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    std::size_t at = text_hash(texts[i].space, text(i)) & (slots - 1);
    while (text_slots_[at] != 0) at = (at + 1) & (slots - 1);
    text_slots_[at] = i + 1;
  }
}

std::uint32_t EventBatch::add_text(std::uint8_t space, std::string_view wanted) {
  CHECK_LE(wanted.size(), kDictionaryTextMax);
  if ((texts.size() + 1) * 2 > text_slots_.size()) grow_slots();
  const std::size_t mask = text_slots_.size() - 1;
  std::size_t at = text_hash(space, wanted) & mask;
  for (; text_slots_[at] != 0; at = (at + 1) & mask) {
    const std::uint32_t index = text_slots_[at] - 1;
    if (texts[index].space == space && text(index) == wanted) return index;
  }
  texts.push_back({space, static_cast<std::uint32_t>(text_bytes.size()),
                   static_cast<std::uint32_t>(wanted.size())});
  text_bytes.insert(text_bytes.end(), wanted.begin(), wanted.end());
  text_slots_[at] = static_cast<std::uint32_t>(texts.size());
  return text_slots_[at] - 1;
}

std::uint64_t EventBatch::entity(EntityKind kind, std::string_view text) {
  if (text.empty()) return 0;
  std::uint64_t number = 0;
  if (canonical_number(text, number)) return EntityId::number(kind, number).word;
  return pending(kind, text);
}

std::uint64_t EventBatch::pending(EntityKind kind, std::string_view text) {
  return EntityId::pending(kind, add_text(static_cast<std::uint8_t>(kind), text)).word;
}

void EventBatch::patch(std::uint32_t row, PendingField field, std::string_view text) {
  Namespace space = Namespace::kChannel;
  if (field == PendingField::kCategory) space = Namespace::kCategory;
  if (field == PendingField::kCurrency) space = Namespace::kAsset;
  patches.push_back({row, field, add_text(static_cast<std::uint8_t>(space), text)});
}

void EventBatch::add_side(Event& event, SideTag tag, Bytes bytes) {
  if (event.side_len == 0) event.side_off = static_cast<std::uint32_t>(side.size());
  CHECK_EQ(event.side_off + event.side_len, side.size());
  const std::size_t begin = side.size();
  side.resize(begin + align_up(kTlvHeader + bytes.size(), 8));
  std::uint8_t* to = side.data() + begin;
  store(to, static_cast<std::uint16_t>(tag));
  store(to + 4, static_cast<std::uint32_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(to + kTlvHeader, bytes.data(), bytes.size());
  event.side_len = static_cast<std::uint32_t>(side.size() - event.side_off);
}

Bytes find_side(Bytes side, SideTag tag) {
  while (side.size() >= kTlvHeader) {
    const auto found = load<std::uint16_t>(side.data());
    const std::size_t size = load<std::uint32_t>(side.data() + 4);
    if (size > side.size() - kTlvHeader) return {};
    if (found == static_cast<std::uint16_t>(tag)) return side.subspan(kTlvHeader, size);
    const std::size_t step = align_up(kTlvHeader + size, 8);
    if (step > side.size()) return {};
    side = side.subspan(step);
  }
  return {};
}

EventKey event_key(std::string_view text) {
  EventKey key{};
  if (parse_uuid(text, key)) return key;
  const Digest digest = sha256(as_bytes(text));
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

void set_event_id(EventBatch& batch, Event& event, std::string_view text) {
  if (parse_uuid(text, event.id)) return;
  event.id = event_key(text);
  event.flags = static_cast<std::uint16_t>(event.flags | kTextId);
  batch.add_side(event, SideTag::kTextId, as_bytes(text));
}

std::string event_id_text(const Event& event, Bytes side) {
  const Bytes text = find_side(side, SideTag::kTextId);
  if (!text.empty()) return {reinterpret_cast<const char*>(text.data()), text.size()};
  std::string uuid = to_hex(event.id);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) uuid.insert(dash, 1, '-');
  return uuid;
}

}  // namespace weir::wire
