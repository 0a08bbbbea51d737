// SlotPool: bodies of equal size for the keys that outgrew their slot; a 32-bit number names one.
//
//   SlotPool pool(36);                       // words a body
//   std::uint32_t number = pool.take();      // contents unspecified
//   std::uint64_t* body = pool.at(number);
//   pool.give(number);
//
// Bodies never move. grow_ahead() has the next of them ready before they are needed.
// Not thread-safe. Allocates only when more bodies are out than ever before.
#pragma once

#include <cstdint>
#include <vector>

#include "base/page_populator.hpp"
#include "base/paged.hpp"

namespace weir::decide::window_internal {

class SlotPool {
 public:
  explicit SlotPool(std::size_t words) : words_(words) {}

  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t number = free_.back();
      free_.pop_back();
      return number;
    }
    if (made_ == chunks_.size() << kChunkShift) chunks_.emplace_back(words_ << kChunkShift);
    return made_++;
  }
  // Adds a chunk once the last is half given out, and has its pages made resident.
  void grow_ahead(PagePopulator& ahead) {
    if (made_ == 0 || made_ + (1U << (kChunkShift - 1)) < chunks_.size() << kChunkShift) return;
    chunks_.emplace_back(words_ << kChunkShift);
    ahead.want(chunks_.back().data(), (words_ << kChunkShift) * sizeof(std::uint64_t));
  }
  void give(std::uint32_t number) { free_.push_back(number); }

  std::uint64_t* at(std::uint32_t number) {
    return chunks_[number >> kChunkShift].data() + (number & kChunkMask) * words_;
  }
  const std::uint64_t* at(std::uint32_t number) const {
    return chunks_[number >> kChunkShift].data() + (number & kChunkMask) * words_;
  }

  std::size_t words() const { return words_; }
  std::size_t out() const { return made_ - free_.size(); }
  std::size_t bytes() const { return (chunks_.size() << kChunkShift) * words_ * 8; }

 private:
  static constexpr unsigned kChunkShift = 12;
  static constexpr std::uint32_t kChunkMask = (1U << kChunkShift) - 1;

  std::size_t words_;
  std::vector<PagedArray<std::uint64_t>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t made_ = 0;
};

}  // namespace weir::decide::window_internal
