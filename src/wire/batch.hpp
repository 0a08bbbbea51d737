// EventBatch: 1 to 65,536 events travelling together, with their side payloads and the texts that
// still need a dictionary number.
//
//   EventBatch batch;
//   batch.events.push_back(event);
//   event.debtor = batch.pending(EntityKind::kAccount, "a-1");   // resolved by the admission stage
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "wire/event.hpp"

namespace weir::wire {

// Namespaces of the dictionary: entity kinds 0..63, then these.
enum class Namespace : std::uint8_t { kChannel = 64, kCategory = 65, kAsset = 66 };
inline constexpr unsigned kNamespaces = 67;
inline constexpr std::size_t kDictionaryTextMax = 512;

struct PendingText {
  std::uint8_t space;   // EntityKind or Namespace
  std::uint32_t begin;  // in EventBatch::text_bytes
  std::uint32_t size;
};

// Texts of channel, category and currency are patched into the record by row and field.
enum class PendingField : std::uint8_t { kChannel, kCategory, kCurrency };
struct PendingPatch {
  std::uint32_t row;
  PendingField field;
  std::uint32_t text;  // index into texts
};

struct Label {
  std::uint32_t row;
  bool fraud;
};

struct EventBatch {
  std::vector<Event> events;
  std::vector<std::uint8_t> side;  // side payloads; Event::side_off points here
  std::vector<PendingText> texts;
  std::vector<char> text_bytes;
  std::vector<PendingPatch> patches;
  std::vector<Label> labels;         // from the file; never shown to the pass
  std::vector<std::uint64_t> lines;  // physical line of each event, or empty

  std::size_t size() const { return events.size(); }
  // Forgets the events and keeps the memory.
  void clear();
  // Returns the EntityId word of a text: 0 if it is empty, a number if it is canonical, else
  // pending().
  std::uint64_t entity(EntityKind kind, std::string_view text);
  // Adds a text, once per batch however often it is named, and returns the placeholder id to put
  // into an event's entity field. Texts are at most kDictionaryTextMax bytes (CHECKed).
  std::uint64_t pending(EntityKind kind, std::string_view text);
  // Adds a text for a small field of row `row`.
  void patch(std::uint32_t row, PendingField field, std::string_view text);
  std::string_view text(std::size_t index) const {
    return {text_bytes.data() + texts[index].begin, texts[index].size};
  }
  // Appends a TLV to the side payload that is being built for the last event; keeps 8-byte
  // alignment.
  void add_side(Event& event, SideTag tag, Bytes bytes);

 private:
  std::uint32_t add_text(std::uint8_t space, std::string_view text);
  void grow_slots();
  std::vector<std::uint32_t> text_slots_;  // open addressing over `texts`: index + 1, 0 = free
};

// Finds the first TLV `tag` in one event's side payload; empty if absent or malformed.
Bytes find_side(Bytes side, SideTag tag);

// Sets id and flags of an event from text: a UUID is its bytes; anything else is the first 16 bytes
// of SHA-256(text), flag kTextId, and the text is kept as TLV 1.
void set_event_id(EventBatch& batch, Event& event, std::string_view text);
// Returns the 16-byte id that set_event_id gives for a text.
EventKey event_key(std::string_view text);
// Returns the text of an id: TLV 1 if present, else the canonical UUID form.
std::string event_id_text(const Event& event, Bytes side);

}  // namespace weir::wire
