// TextNumbers: texts numbered in order of first appearance.
//
//   TextNumbers numbers;
//   numbers.number("abc");    // 0; the text must outlive the numbers
//   numbers.texts()[0];
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "ops/table/buffer.hpp"

namespace weir::ops {

class TextNumbers {
 public:
  TextNumbers() : slots_(kInitial) { slots_.fill({0, kAbsent}); }

  std::uint32_t number(std::string_view text) {
    if ((texts_.size() + 1) * 2 > slots_.size()) grow();
    const std::uint64_t hash = xxh3_64(as_bytes(text));
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (slot.number == kAbsent) {
        slot = {hash, static_cast<std::uint32_t>(texts_.size())};
        texts_.push_back(text);
        return slot.number;
      }
      if (slot.hash == hash && texts_[slot.number] == text) return slot.number;
    }
  }
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  struct Slot {
    std::uint64_t hash;
    std::uint32_t number;
  };
  static constexpr std::uint32_t kAbsent = 0xFFFFFFFFU;
  static constexpr std::size_t kInitial = 64;

  void grow() {
    Buffer<Slot> next(slots_.size() * 4);
    next.fill({0, kAbsent});
    const std::size_t mask = next.size() - 1;
    for (const Slot& slot : slots_) {
      if (slot.number == kAbsent) continue;
      std::size_t at = slot.hash & mask;
      while (next[at].number != kAbsent) at = (at + 1) & mask;
      next[at] = slot;
    }
    slots_ = std::move(next);
  }

  Buffer<Slot> slots_;
  std::vector<std::string_view> texts_;
};

}  // namespace weir::ops
