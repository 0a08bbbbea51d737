#include "decide/lists.hpp"

#include <algorithm>
#include <limits>

namespace weir::decide {
namespace {

constexpr std::size_t kListNameMax = 64;
constexpr std::string_view kTextKind = "text";

bool known_kind(std::string_view kind) {
  if (kind == kTextKind) return true;
  wire::EntityKind parsed{};
  std::string_view rest;
  std::string probe(kind);
  probe += ":x";
  return split_kind(probe, parsed, rest);
}

bool valid_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= kListNameMax &&
         std::all_of(name.begin(), name.end(), letter);
}

// Returns the EntityId word of an entry, or 0 if the dictionary does not know its text.
std::uint64_t word_of(const ListEntry& entry, const wire::Dictionary* dictionary,
                      const wire::Masking* masking, std::vector<UnknownText>* unknown) {
  Literals literals;
  literals.dictionary = dictionary;
  literals.masking = masking;
  std::string text = entry.kind;
  text += ':';
  text += entry.value;
  const auto word = literals.entity(text);
  if (!word) return 0;
  if (literals.unknown.empty()) return static_cast<std::uint64_t>(*word);
  if (unknown != nullptr) unknown->push_back(std::move(literals.unknown.front()));
  return 0;
}

bool live(std::int64_t expires_us, std::int64_t t_us) {
  return expires_us == 0 || t_us < expires_us;
}

struct FlagList {
  std::string_view name;
  profile::EntityFlags flag;
};
constexpr FlagList kFlagLists[] = {
    {"deny", profile::kDeny}, {"allow", profile::kAllow}, {"watch", profile::kWatch}};

}  // namespace

Status Lists::create(std::string_view list) {
  if (!valid_name(list)) {
    return invalid_argument("list_name", "'" + std::string(list) + "' is no name for a list")
        .hint("use 1 to 64 letters, digits and _");
  }
  if (lists_.contains(list)) return Status::ok();
  if (lists_.size() == kListsMax) {
    return resource_exhausted("list_full", "there are already 256 lists");
  }
  lists_.emplace(std::string(list), Entries());
  return Status::ok();
}

Status Lists::put(std::string_view list, ListEntry entry) {
  if (!known_kind(entry.kind)) {
    return invalid_argument("list_kind", "'" + entry.kind + "' is no kind of entry")
        .at("kind")
        .hint("account, customer, merchant, terminal, card, device, ip, bank, external or text");
  }
  if (entry.value.empty() || entry.value.size() > wire::kDictionaryTextMax) {
    return invalid_argument("list_value", "an entry has 1 to 512 bytes").at("value");
  }
  if (entry.expires_us < 0) {
    return invalid_argument("time_range", "expires_at lies before 1970").at("expires_at");
  }
  WEIR_TRY(create(list));
  Entries& entries = lists_.find(list)->second;
  const auto key = std::make_pair(entry.kind, entry.value);
  if (const auto found = entries.find(key); found != entries.end()) {
    found->second = std::move(entry);
    return Status::ok();
  }
  if (size_ == kListEntriesMax) {
    return resource_exhausted("list_full", "the lists already hold 1000000 entries");
  }
  entries.emplace(key, std::move(entry));
  ++size_;
  return Status::ok();
}

Status Lists::remove(std::string_view list, std::string_view kind, std::string_view value) {
  const auto found = lists_.find(list);
  if (found == lists_.end() || found->second.erase({std::string(kind), std::string(value)}) == 0) {
    return not_found("list_entry", std::string(kind) + " " + std::string(value) +
                                       " is not on the list '" + std::string(list) + "'");
  }
  --size_;
  return Status::ok();
}

Status Lists::drop(std::string_view list) {
  const auto found = lists_.find(list);
  if (found == lists_.end()) {
    return not_found("list_unknown", "there is no list '" + std::string(list) + "'");
  }
  size_ -= found->second.size();
  lists_.erase(found);
  return Status::ok();
}

void Lists::flagged(const wire::Dictionary* dictionary, const wire::Masking* masking,
                    std::int64_t now_us,
                    const std::function<void(wire::EntityId, std::uint16_t)>& visit) const {
  std::map<std::uint64_t, std::uint16_t> flags;
  for (const FlagList& flag : kFlagLists) {
    const auto found = lists_.find(flag.name);
    if (found == lists_.end()) continue;
    for (const auto& [key, entry] : found->second) {
      if (entry.kind == kTextKind || !live(entry.expires_us, now_us)) continue;
      const std::uint64_t word = word_of(entry, dictionary, masking, nullptr);
      if (word != 0) flags[word] = static_cast<std::uint16_t>(flags[word] | flag.flag);
    }
  }
  for (const auto& [word, bits] : flags) visit(wire::EntityId{word}, bits);
}

std::int64_t Lists::next_flag_expiry(std::int64_t now_us) const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const FlagList& flag : kFlagLists) {
    const auto found = lists_.find(flag.name);
    if (found == lists_.end()) continue;
    for (const auto& [key, entry] : found->second) {
      if (entry.expires_us > now_us) next = std::min(next, entry.expires_us);
    }
  }
  return next;
}

void Lists::save(ByteWriter& out) const {
  out.u32(version_);
  out.u32(static_cast<std::uint32_t>(lists_.size()));
  for (const auto& [name, entries] : lists_) {
    out.text(name);
    out.u32(static_cast<std::uint32_t>(entries.size()));
    for (const auto& [key, entry] : entries) {
      out.text(entry.kind);
      out.text(entry.value);
      out.i64(entry.expires_us);
      out.text(entry.note);
      out.text(entry.author);
    }
  }
}

Status Lists::load(ByteReader& in) {
  Lists fresh;
  fresh.version_ = in.u32();
  const std::uint32_t lists = in.u32();
  for (std::uint32_t i = 0; i < lists && in.ok(); ++i) {
    const std::string name(in.text());
    WEIR_TRY(fresh.create(name));
    const std::uint32_t entries = in.u32();
    for (std::uint32_t j = 0; j < entries && in.ok(); ++j) {
      ListEntry entry;
      entry.kind = in.text();
      entry.value = in.text();
      entry.expires_us = in.i64();
      entry.note = in.text();
      entry.author = in.text();
      if (!in.ok()) break;
      WEIR_TRY(fresh.put(name, std::move(entry)));
    }
  }
  if (!in.ok()) return data_loss("lists_cut", "the lists end too early");
  *this = std::move(fresh);
  return Status::ok();
}

ListIndex::ListIndex(const Lists& lists, const wire::Dictionary* dictionary,
                     const wire::Masking* masking) {
  for (const auto& [name, entries] : lists.all()) {
    List& list = lists_.emplace_back();
    list.name = name;
    for (const auto& [key, entry] : entries) {
      if (entry.kind == kTextKind) {
        list.texts.emplace(entry.value, Slot{entry.expires_us, 0});
        continue;
      }
      const std::uint64_t word = word_of(entry, dictionary, masking, &unknown_);
      if (word == 0) continue;
      list.words.emplace(word, Slot{entry.expires_us, 0});
      list.word_of.emplace(key, word);
    }
  }
}

std::uint32_t ListIndex::find(std::string_view list) const {
  for (std::uint32_t i = 0; i < lists_.size(); ++i) {
    if (lists_[i].name == list) return i;
  }
  return kNone;
}

bool ListIndex::hit(Slot& slot, std::int64_t t_us) {
  if (!live(slot.expires_us, t_us)) return false;
  ++slot.hits;
  return true;
}

bool ListIndex::contains(std::uint32_t list, std::uint64_t word, std::int64_t t_us) {
  auto& words = lists_[list].words;
  const auto found = words.find(word);
  return found != words.end() && hit(found->second, t_us);
}

bool ListIndex::contains_text(std::uint32_t list, std::string_view text, std::int64_t t_us) {
  auto& texts = lists_[list].texts;
  const auto found = texts.find(text);
  return found != texts.end() && hit(found->second, t_us);
}

std::uint64_t ListIndex::hits(std::string_view list, std::string_view kind,
                              std::string_view value) const {
  const std::uint32_t index = find(list);
  if (index == kNone) return 0;
  const List& of = lists_[index];
  if (kind == kTextKind) {
    const auto found = of.texts.find(value);
    return found == of.texts.end() ? 0 : found->second.hits;
  }
  const auto word = of.word_of.find({std::string(kind), std::string(value)});
  return word == of.word_of.end() ? 0 : of.words.at(word->second).hits;
}

bool ListIndex::outdated(const wire::Dictionary* dictionary) const {
  return dictionary != nullptr &&
         std::any_of(unknown_.begin(), unknown_.end(), [&](const UnknownText& text) {
           return dictionary->find(text.space, text.text) != 0;
         });
}

void ListIndex::keep_hits(const ListIndex& before) {
  for (List& list : lists_) {
    const std::uint32_t index = before.find(list.name);
    if (index == kNone) continue;
    const List& old = before.lists_[index];
    for (auto& [word, slot] : list.words) {
      const auto found = old.words.find(word);
      if (found != old.words.end()) slot.hits = found->second.hits;
    }
    for (auto& [text, slot] : list.texts) {
      const auto found = old.texts.find(text);
      if (found != old.texts.end()) slot.hits = found->second.hits;
    }
  }
}

}  // namespace weir::decide
