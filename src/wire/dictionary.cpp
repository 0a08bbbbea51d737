#include "wire/dictionary.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/check.hpp"
#include "base/hash.hpp"

namespace weir::wire {
namespace {

constexpr std::uint64_t kChunkBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kValuesPerChunk = 4'096;
constexpr std::size_t kSlotsFirst = 1'024;
constexpr std::uint32_t kSkip = 0xFFFFFFFFU;
constexpr std::uint64_t kPlaceBits = 40;
constexpr std::uint64_t kPlaceMask = (std::uint64_t{1} << kPlaceBits) - 1;

std::uint64_t hash_of(std::uint8_t space, std::string_view text) {
  return xxh3_64(as_bytes(text)) ^ (space * 0x9E3779B97F4A7C15ULL);
}

std::uint64_t slot_of(std::uint64_t hash, std::uint64_t place) {
  return (hash >> kPlaceBits << kPlaceBits) | (place / 8 + 1);
}

}  // namespace

std::uint64_t namespace_entries_max(std::uint8_t space) {
  if (space == static_cast<std::uint8_t>(Namespace::kChannel)) return 0xFFFF;
  if (space == static_cast<std::uint8_t>(Namespace::kAsset)) return 0x1'0000 - kAssetFirst;
  if (space == static_cast<std::uint8_t>(Namespace::kCategory))
    return (std::uint64_t{1} << 32) - kCategoryTextFirst;
  return EntityId::kValueMask;
}

Dictionary::Dictionary(std::uint64_t entries_max)
    : entries_max_(entries_max),
      value_chunks_(entries_max / kValuesPerChunk + 1),
      chunks_(entries_max * (sizeof(Entry) + kDictionaryTextMax) / (kChunkBytes / 2) + 2) {
  tables_.push_back(std::make_unique<Table>(kSlotsFirst));
  table_.store(tables_.back().get(), std::memory_order_release);
}

Dictionary::~Dictionary() {
  for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
  for (auto& directory : values_) {
    Values* chunks = directory.load(std::memory_order_relaxed);
    if (chunks == nullptr) continue;
    for (std::size_t i = 0; i < value_chunks_; ++i) delete[] chunks[i].load();
    delete[] chunks;
  }
}

const Dictionary::Entry* Dictionary::entry_at(std::uint64_t place) const {
  const std::uint8_t* chunk = chunks_[place / kChunkBytes].load(std::memory_order_acquire);
  return reinterpret_cast<const Entry*>(chunk + place % kChunkBytes);
}

std::uint64_t Dictionary::find(std::uint8_t space, std::string_view text) const {
  const std::uint64_t hash = hash_of(space, text);
  const Table& table = *table_.load(std::memory_order_acquire);
  for (std::size_t at = hash & table.mask;; at = (at + 1) & table.mask) {
    const std::uint64_t slot = table.slots[at].load(std::memory_order_acquire);
    if (slot == 0) return 0;
    if (slot >> kPlaceBits != hash >> kPlaceBits) continue;
    const Entry* entry = entry_at(((slot & kPlaceMask) - 1) * 8);
    if (entry->hash == hash && entry->space == space && entry->view() == text) return entry->value;
  }
}

std::string_view Dictionary::text(std::uint8_t space, std::uint64_t value) const {
  if (value == 0 || value > count(space)) return {};
  const std::uint64_t index = value - 1;
  const Values* chunks = values_[space].load(std::memory_order_acquire);
  const std::uint64_t* places = chunks[index / kValuesPerChunk].load(std::memory_order_acquire);
  return entry_at(places[index % kValuesPerChunk])->view();
}

std::uint64_t Dictionary::count(std::uint8_t space) const {
  return space < kNamespaces ? counts_[space].load(std::memory_order_acquire) : 0;
}

const Dictionary::Entry* Dictionary::next(Mark& from, Mark end) const {
  while (from < end) {
    const std::uint64_t left = kChunkBytes - from % kChunkBytes;
    const Entry* entry = left >= sizeof(Entry) ? entry_at(from) : nullptr;
    if (entry == nullptr || entry->size == kSkip) {
      from += left;
      continue;
    }
    from += align_up(sizeof(Entry) + entry->size, 8);
    return entry;
  }
  return nullptr;
}

Dictionary::Entry* Dictionary::append(std::uint64_t hash, std::uint8_t space, std::uint64_t value,
                                      std::string_view text) {
  std::uint64_t place = end_.load(std::memory_order_relaxed);
  const std::uint64_t wanted = align_up(sizeof(Entry) + text.size(), 8);
  const std::uint64_t left = kChunkBytes - place % kChunkBytes;
  if (left < wanted) {
    if (left >= sizeof(Entry)) const_cast<Entry*>(entry_at(place))->size = kSkip;
    place += left;
  }
  auto& chunk = chunks_[place / kChunkBytes];
  if (chunk.load(std::memory_order_relaxed) == nullptr) {
    chunk.store(new std::uint8_t[kChunkBytes], std::memory_order_release);
    bytes_.fetch_add(kChunkBytes, std::memory_order_relaxed);
  }
  auto* entry = const_cast<Entry*>(entry_at(place));
  *entry = {hash, value, static_cast<std::uint32_t>(text.size()), space, {}};
  std::memcpy(entry + 1, text.data(), text.size());

  Values* directory = values_[space].load(std::memory_order_relaxed);
  if (directory == nullptr) {
    directory = new Values[value_chunks_]();
    values_[space].store(directory, std::memory_order_release);
    bytes_.fetch_add(value_chunks_ * sizeof(Values), std::memory_order_relaxed);
  }
  Values& places = directory[(value - 1) / kValuesPerChunk];
  if (places.load(std::memory_order_relaxed) == nullptr) {
    places.store(new std::uint64_t[kValuesPerChunk](), std::memory_order_release);
    bytes_.fetch_add(kValuesPerChunk * 8, std::memory_order_relaxed);
  }
  places.load(std::memory_order_relaxed)[(value - 1) % kValuesPerChunk] = place;
  end_.store(place + wanted, std::memory_order_release);
  return entry;
}

void Dictionary::publish(Table& table, const Entry& entry, std::uint64_t place) {
  std::size_t at = entry.hash & table.mask;
  while (table.slots[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & table.mask;
  table.slots[at].store(slot_of(entry.hash, place), std::memory_order_release);
}

void Dictionary::grow() {
  auto table = std::make_unique<Table>(tables_.back()->slots.size() * 2);
  Mark from = 0;
  const Mark end = mark();
  while (const Entry* entry = next(from, end))
    publish(*table, *entry, from - align_up(sizeof(Entry) + entry->size, 8));
  bytes_.fetch_add(table->slots.size() * 8, std::memory_order_relaxed);
  table_.store(table.get(), std::memory_order_release);
  tables_.push_back(std::move(table));
}

Result<std::uint64_t> Dictionary::add(std::uint8_t space, std::string_view text) {
  CHECK_LT(space, kNamespaces);
  if (const std::uint64_t known = find(space, text); known != 0) return known;
  if (text.empty() || text.size() > kDictionaryTextMax)
    return fail(invalid_argument(
        "encoding", "a name has 1 to 512 bytes, this one has " + std::to_string(text.size())));
  if (!simdjson::validate_utf8(text))
    return fail(invalid_argument("encoding", "a name is not UTF-8"));
  const std::uint64_t value = count(space) + 1;
  if (size() >= entries_max_ || value > namespace_entries_max(space))
    return fail(
        resource_exhausted("dictionary_full", "no number left for '" + std::string(text) + "'")
            .hint("raise wire.dictionary_max"));
  if ((size() + 1) * 2 > tables_.back()->slots.size()) grow();
  const Entry* entry = append(hash_of(space, text), space, value, text);
  // The text must be reachable by its number before anybody can find the number.
  counts_[space].store(value, std::memory_order_release);
  size_.store(size() + 1, std::memory_order_release);
  const Mark end = end_.load(std::memory_order_relaxed);
  publish(*tables_.back(), *entry, end - align_up(sizeof(Entry) + entry->size, 8));
  return value;
}

void Dictionary::write(Mark from, ByteWriter& out) const {
  std::uint64_t entries = 0;
  visit(from, [&](std::uint8_t, std::uint64_t, std::string_view) { ++entries; });
  out.u64(entries);
  visit(from, [&](std::uint8_t space, std::uint64_t value, std::string_view text) {
    // Entries added since the count was taken belong to the next call.
    if (entries == 0) return;
    --entries;
    out.u8(space);
    out.u64(value);
    out.text(text);
  });
}

Status Dictionary::read(ByteReader& in) {
  const std::uint64_t entries = in.u64();
  for (std::uint64_t i = 0; i < entries && in.ok(); ++i) {
    const std::uint8_t space = in.u8();
    const std::uint64_t value = in.u64();
    const std::string_view text = in.text();
    if (!in.ok()) break;
    if (space >= kNamespaces)
      return data_loss("dictionary_mismatch", "there is no namespace " + std::to_string(space));
    WEIR_ASSIGN(const std::uint64_t given, add(space, text));
    if (given != value)
      return data_loss("dictionary_mismatch", "'" + std::string(text) + "' was number " +
                                                  std::to_string(value) + " and is now " +
                                                  std::to_string(given));
  }
  if (!in.ok()) return data_loss("dictionary_cut", "the dictionary's entries end early");
  return Status::ok();
}

}  // namespace weir::wire
