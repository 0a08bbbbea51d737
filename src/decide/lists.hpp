// Lists: named sets of entities and texts that rules look up with `in @name`; deny, allow and watch
// mark the entities themselves.
//
//   Lists lists;
//   WEIR_TRY(lists.put("vip", {.kind = "account", .value = "a-1", .note = "board member"}));
//   lists.flagged(dictionary, nullptr, now_us, [&](EntityId id, std::uint16_t flags) { ... });
//   ListIndex index(lists, dictionary, nullptr);       // what the Decider looks up
//
// A change is a new version of all lists and travels as a control record (save, load). Entries
// expire in event time: at t >= expires_us an entry no longer matches. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "decide/rules/fields.hpp"
#include "wire/text_id.hpp"

namespace weir::decide {

inline constexpr std::size_t kListsMax = 256;
inline constexpr std::size_t kListEntriesMax = 1'000'000;

struct ListEntry {
  std::string kind;             // an entity kind, or "text"
  std::string value;            // as people write it
  std::int64_t expires_us = 0;  // event time; 0: never
  std::string note = {};
  std::string author = {};
};

class Lists {
 public:
  // entries by (kind, value)
  using Entries = std::map<std::pair<std::string, std::string>, ListEntry>;

  // Adds or replaces an entry. Errors: invalid_argument for an unknown kind, a bad name or value;
  // resource_exhausted beyond kListsMax lists or kListEntriesMax entries.
  Status put(std::string_view list, ListEntry entry);
  // Removes an entry or a whole list; not_found if there is none.
  Status remove(std::string_view list, std::string_view kind, std::string_view value);
  Status drop(std::string_view list);
  // Adds an empty list if it is new.
  Status create(std::string_view list);

  const std::map<std::string, Entries, std::less<>>& all() const { return lists_; }
  std::size_t size() const { return size_; }
  std::uint32_t version() const { return version_; }
  void set_version(std::uint32_t version) { version_ = version; }

  // Calls visit(id, EntityFlags) for every entity that the lists deny, allow and watch mark at
  // `now_us` and that `dictionary` knows. An entity on two of them is visited once with both flags.
  void flagged(const wire::Dictionary* dictionary, const wire::Masking* masking,
               std::int64_t now_us,
               const std::function<void(wire::EntityId, std::uint16_t)>& visit) const;
  // Returns the earliest expiry after `now_us` on deny, allow or watch, or INT64_MAX: when to look
  // again.
  std::int64_t next_flag_expiry(std::int64_t now_us) const;

  // Appends the whole set: version, lists, entries. load() replaces this object or leaves it
  // unchanged.
  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  std::map<std::string, Entries, std::less<>> lists_;
  std::size_t size_ = 0;
  std::uint32_t version_ = 0;
};

// The lists in the form the pass looks up: entity words and texts to expiry times. Counts hits.
class ListIndex {
 public:
  ListIndex() = default;
  ListIndex(const Lists& lists, const wire::Dictionary* dictionary, const wire::Masking* masking);

  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
  // Returns the number of a list by name, or kNone.
  std::uint32_t find(std::string_view list) const;
  // Returns true if the word (or text) is on the list and not expired at event time `t_us`; counts
  // the hit.
  bool contains(std::uint32_t list, std::uint64_t word, std::int64_t t_us);
  bool contains_text(std::uint32_t list, std::string_view text, std::int64_t t_us);
  // Hits of one entry since this index was made; 0 if there is no such entry.
  std::uint64_t hits(std::string_view list, std::string_view kind, std::string_view value) const;
  // Returns true if the dictionary has learned a text that an entry waits for: make the index
  // again.
  bool outdated(const wire::Dictionary* dictionary) const;
  // Takes over the hit counts of the index that this one replaces.
  void keep_hits(const ListIndex& before);

 private:
  struct Slot {
    std::int64_t expires_us;
    std::uint64_t hits;
  };
  struct List {
    std::string name;
    std::unordered_map<std::uint64_t, Slot> words;
    std::map<std::string, Slot, std::less<>> texts;
    std::map<std::pair<std::string, std::string>, std::uint64_t> word_of;  // (kind, value) to word
  };
  static bool hit(Slot& slot, std::int64_t t_us);

  std::vector<List> lists_;
  std::vector<UnknownText> unknown_;
};

}  // namespace weir::decide
