// KeyIndex: from a 64-bit key hash to a slot number; open addressing, 8 bytes a place, load <= 1/2.
//
//   KeyIndex index;
//   index.insert(hash, slot);
//   index.find(hash, [&](std::uint32_t slot) { return key_of(slot) == key; });   // kNone if absent
//
// A place holds 32 bits of the hash, which also give its home, so growth and removal never touch
// the slots. Callers compare full keys. Not thread-safe.
#pragma once

#include <cstdint>

#include "base/aligned.hpp"
#include "base/check.hpp"
#include "base/prefetch.hpp"

namespace weir::decide {

class KeyIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  KeyIndex() : places_(kFirst) {}

  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  void prefetch(std::uint64_t hash) const { ::weir::prefetch(&places_[home(tag(hash))]); }

  // Returns the first slot with this hash for which `same(slot)` holds, or kNone.
  template <class Same>
  std::uint32_t find(std::uint64_t hash, Same same) const {
    const std::uint32_t wanted = tag(hash);
    for (std::size_t at = home(wanted);; at = next(at)) {
      const std::uint64_t place = places_[at];
      if (place == 0) return kNone;
      if (place_tag(place) == wanted && same(place_slot(place))) return place_slot(place);
    }
  }

  void insert(std::uint64_t hash, std::uint32_t slot) {
    if ((size_ + 1) * 2 > places_.size()) grow();
    put(make(tag(hash), slot));
    ++size_;
  }

  // Removes the place of `slot`, which must be present, and closes the gap behind it.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    std::size_t hole = home(tag(hash));
    while (places_[hole] != make(tag(hash), slot)) {
      CHECK(places_[hole] != 0);
      hole = next(hole);
    }
    for (std::size_t at = next(hole); places_[at] != 0; at = next(at)) {
      const std::size_t from_home = distance(home(place_tag(places_[at])), at);
      if (from_home >= distance(hole, at)) {
        places_[hole] = places_[at];
        hole = at;
      }
    }
    places_[hole] = 0;
    --size_;
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return places_.size() * sizeof(std::uint64_t); }

 private:
  static constexpr std::size_t kFirst = 64;

  static std::uint64_t make(std::uint32_t tag, std::uint32_t slot) {
    return static_cast<std::uint64_t>(tag) << 32 | (slot + 1);
  }
  static std::uint32_t place_tag(std::uint64_t place) {
    return static_cast<std::uint32_t>(place >> 32);
  }
  static std::uint32_t place_slot(std::uint64_t place) {
    return static_cast<std::uint32_t>(place) - 1;
  }
  std::size_t home(std::uint32_t tag) const { return tag & (places_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (places_.size() - 1); }
  std::size_t distance(std::size_t from, std::size_t to) const {
    return (to - from) & (places_.size() - 1);
  }
  void put(std::uint64_t place) {
    std::size_t at = home(place_tag(place));
    while (places_[at] != 0) at = next(at);
    places_[at] = place;
  }
  void grow() {
    AlignedBuffer<std::uint64_t> old(places_.size() * 2);
    std::swap(old, places_);
    for (const std::uint64_t place : old) {
      if (place != 0) put(place);
    }
  }

  AlignedBuffer<std::uint64_t> places_;
  std::size_t size_ = 0;
};

}  // namespace weir::decide
