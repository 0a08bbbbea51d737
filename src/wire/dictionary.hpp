// Dictionary: (namespace, text) <-> number, counted from 1 in each namespace in order of first
// appearance. One thread adds; any number of threads look up meanwhile without locks.
//
//   Dictionary dictionary;
//   WEIR_ASSIGN(const std::uint64_t a, dictionary.add(0, "a-1"));   // 1
//   dictionary.find(0, "a-1");                                      // 1; 0 if unknown
//   dictionary.text(0, 1);                                          // "a-1"
//
// Texts and numbers never change or go away, so views stay valid as long as the dictionary lives.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/batch.hpp"

namespace weir::wire {

inline constexpr std::uint64_t kDictionaryEntriesMax = 50'000'000;

// Returns the most entries one namespace may hold: channel and asset numbers are 16 bits wide in
// the record, category numbers 32; entity values 56.
std::uint64_t namespace_entries_max(std::uint8_t space);

class Dictionary {
 public:
  // A place in the order of additions.
  using Mark = std::uint64_t;

  explicit Dictionary(std::uint64_t entries_max = kDictionaryEntriesMax);
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  ~Dictionary();

  // Returns the number of a text, 0 if it has none yet. Any thread, lock-free, no allocation.
  std::uint64_t find(std::uint8_t space, std::string_view text) const;
  // Returns the text of a number, empty if there is none. Any thread, lock-free, no allocation.
  std::string_view text(std::uint8_t space, std::uint64_t value) const;
  // Returns how many texts a namespace holds, and all together. Any thread.
  std::uint64_t count(std::uint8_t space) const;
  std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // Returns the number of a text and gives it the next one if it is new. The adding thread only;
  // allocates now and then. Errors: resource_exhausted/dictionary_full; invalid_argument/encoding
  // for a text that is empty, longer than kDictionaryTextMax or not UTF-8.
  Result<std::uint64_t> add(std::uint8_t space, std::string_view text);

  // Returns the place behind the last addition; the start is 0.
  Mark mark() const { return end_.load(std::memory_order_acquire); }
  // Calls visit(space, value, text) for each entry added since `from`, in order. Any thread.
  template <class Visit>
  void visit(Mark from, Visit&& visit) const {
    const Mark end = mark();
    while (const Entry* entry = next(from, end)) visit(entry->space, entry->value, entry->view());
  }
  // As visit(), for at most `count` of the entries between `from` and `to`, a mark of this
  // dictionary; returns the place behind the last of them.
  template <class Visit>
  Mark visit_some(Mark from, Mark to, std::uint64_t count, Visit&& visit) const {
    for (; count != 0; --count) {
      const Entry* entry = next(from, to);
      if (entry == nullptr) break;
      visit(entry->space, entry->value, entry->view());
    }
    return from;
  }
  // Writes the entries added since `from`: u64 count, then u8 namespace, u64 number and text each.
  void write(Mark from, ByteWriter& out) const;
  // Adds what write() wrote. Errors: data_loss/dictionary_mismatch if a number would come out
  // different, data_loss/dictionary_cut if the bytes end early, and those of add().
  Status read(ByteReader& in);

 private:
  struct Entry {
    std::uint64_t hash;
    std::uint64_t value;
    std::uint32_t size;  // kSkip: the rest of this chunk is unused
    std::uint8_t space;
    std::uint8_t zero[3];
    std::string_view view() const { return {reinterpret_cast<const char*>(this + 1), size}; }
  };
  static_assert(sizeof(Entry) == 24);
  // slot: 24 bits of hash, then 40 bits: place of the entry in units of 8 bytes, plus 1; 0 is free.
  struct Table {
    explicit Table(std::size_t size) : mask(size - 1), slots(size) {}
    std::size_t mask;
    std::vector<std::atomic<std::uint64_t>> slots;
  };
  using Values = std::atomic<std::uint64_t*>;  // chunks of entry places by number

  const Entry* entry_at(std::uint64_t place) const;
  const Entry* next(Mark& from, Mark end) const;
  Entry* append(std::uint64_t hash, std::uint8_t space, std::uint64_t value, std::string_view text);
  void publish(Table& table, const Entry& entry, std::uint64_t place);
  void grow();

  std::uint64_t entries_max_;
  std::size_t value_chunks_;
  std::vector<std::atomic<std::uint8_t*>> chunks_;          // the entries, in order of addition
  std::array<std::atomic<Values*>, kNamespaces> values_{};  // per namespace, made when first used
  std::array<std::atomic<std::uint64_t>, kNamespaces> counts_{};
  std::vector<std::unique_ptr<Table>> tables_;  // old ones stay for late readers
  std::atomic<Table*> table_;
  std::atomic<std::uint64_t> end_{0};  // bytes
  std::atomic<std::uint64_t> size_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace weir::wire
