// From a party's text to an EntityId word and back to a finished batch: numbers are taken as they
// are, masked kinds are hashed, known texts get their number, unknown ones wait in the batch until
// the sequencing stage adds them to the dictionary.
//
//   TextIds ids(&dictionary, &masking);
//   if (!ids.entity(batch, EntityKind::kAccount, "a-1", event.debtor)) return Refusal::kEncoding;
//   ...
//   resolver.resolve(batch, dictionary, refusals);   // by the one thread that may add
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/batch.hpp"
#include "wire/dictionary.hpp"
#include "wire/verdict.hpp"

namespace weir::wire {

// Replaces texts of chosen kinds by hex HMAC-SHA-256(key, text) before anything else sees them.
// Thread-safe.
class Masking {
 public:
  Masking(Bytes key, std::span<const EntityKind> kinds);
  bool masks(EntityKind kind) const { return (kinds_ >> static_cast<unsigned>(kind) & 1) != 0; }
  // Returns 64 hexadecimal digits.
  std::string mask(std::string_view text) const;

 private:
  std::vector<std::uint8_t> key_;
  std::uint64_t kinds_ = 0;
};

// Parses dotted decimal; `padded` also takes octets with leading zeros (172.016.112.020), which
// some tools read as octal and which are therefore text otherwise.
bool parse_ipv4(std::string_view text, bool padded, std::uint32_t& address);

class TextIds {
 public:
  TextIds() = default;
  // Both may be null and must outlive this object.
  TextIds(const Dictionary* dictionary, const Masking* masking)
      : dictionary_(dictionary), masking_(masking) {}

  // Puts the word of a text into `word`, 0 if the text is empty. An IPv4 address of kind ip is its
  // number. Returns false if the text is longer than kDictionaryTextMax.
  bool entity(EventBatch& batch, EntityKind kind, std::string_view text, std::uint64_t& word) const;

  // Set the small fields of the event that is being built for row `row`. Return false if too long.
  bool channel(EventBatch& batch, Event& event, std::uint32_t row, std::string_view text) const;
  // Four-digit codes and other canonical numbers below kCategoryTextFirst are kept as numbers.
  bool category(EventBatch& batch, Event& event, std::uint32_t row, std::string_view text) const;
  // ISO 4217 letters or digits, else an asset. Sets the exponent too.
  bool currency(EventBatch& batch, Event& event, std::uint32_t row, std::string_view text) const;

 private:
  const Dictionary* dictionary_ = nullptr;
  const Masking* masking_ = nullptr;
};

// Replaces every placeholder of a batch by its number, row by row and field by field in a fixed
// order, so that numbers do not depend on where batches are cut.
class TextResolver {
 public:
  // `refusals` has one entry per row: rows that are not 0 are skipped and add nothing; a row whose
  // texts find no room in the dictionary becomes kDictionaryFull, kEncoding if they are not UTF-8.
  void resolve(EventBatch& batch, Dictionary& dictionary, std::span<std::uint16_t> refusals);

 private:
  std::uint64_t number_of(const EventBatch& batch, std::size_t text, Dictionary& dictionary,
                          std::uint16_t& refusal);
  std::vector<std::uint64_t> numbers_;  // per text, 0 = not asked for yet
};

// Refuses rows that name a number no text of the dictionary has: party_missing for a party,
// field_missing for a category. Rows already refused stay as they are. Assets are check_events' to
// check; channels may be plain numbers.
void check_interned(std::span<const Event> events, const Dictionary& dictionary,
                    std::span<std::uint16_t> refusals);

// Returns the text an EntityId stands for: digits, the dictionary's text, dotted decimal for kind
// ip.
std::string entity_text(EntityId id, const Dictionary& dictionary);

}  // namespace weir::wire
