// KeyWords: the words of keys that have several, by slot. Kept in chunks, so that growing moves
// nothing.
//
//   KeyWords keys(2);
//   keys.resize(slots);
//   std::copy(key, key + 2, keys.at(slot));
//
// Not thread-safe. Allocates only when it grows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/paged.hpp"

namespace weir::decide {

class KeyWords {
 public:
  explicit KeyWords(unsigned words) : words_(words) {}

  // Makes slots [0, slots) exist.
  void resize(std::size_t slots) {
    while (chunks_.size() << kShift < slots) chunks_.emplace_back(words_ << kShift);
  }
  std::uint64_t* at(std::uint32_t slot) {
    return chunks_[slot >> kShift].data() + (slot & kMask) * words_;
  }
  const std::uint64_t* at(std::uint32_t slot) const {
    return chunks_[slot >> kShift].data() + (slot & kMask) * words_;
  }
  std::size_t bytes() const { return (chunks_.size() << kShift) * words_ * sizeof(std::uint64_t); }

 private:
  static constexpr unsigned kShift = 12;
  static constexpr std::size_t kMask = (std::size_t{1} << kShift) - 1;

  std::size_t words_;
  std::vector<PagedArray<std::uint64_t>> chunks_;
};

}  // namespace weir::decide
