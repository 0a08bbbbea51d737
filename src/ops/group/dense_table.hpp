// DenseTable: keys numbered in order of first appearance where they lie so close together that the
// key itself is the place in the table: codes of dictionaries, small integers, key words of few
// bits. No hash, no probe, four bytes a possible key.
//
//   DenseTable table(least, most - least + 1);
//   table.insert(keys, ids, [&](std::size_t i) { firsts.push_back(i); });   // i: of a new key
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/prefetch.hpp"
#include "ops/table/buffer.hpp"

namespace weir::ops {

class DenseTable {
 public:
  // For keys from `least` to `least + range - 1`.
  DenseTable(std::uint64_t least, std::size_t range) : least_(least), numbers_(range) {
    numbers_.fill(kAbsent);
  }

  // Numbers keys; calls on_new(i) for the position of each key not seen before, in order.
  template <class OnNew>
  void insert(std::span<const std::uint64_t> keys, std::uint32_t* ids, OnNew&& on_new) {
    const std::uint64_t* const from = keys.data();
    std::uint32_t* const numbers = numbers_.data();
    // What is prefetched beyond the last key repeats the last.
    const std::size_t ahead = numbers_.size() > kNearKeys ? kAhead : 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (ahead != 0) prefetch(&numbers[from[std::min(i + ahead, keys.size() - 1)] - least_]);
      std::uint32_t& number = numbers[from[i] - least_];
      if (number == kAbsent) {
        number = count_++;
        on_new(i);
      }
      ids[i] = number;
    }
  }

 private:
  static constexpr std::uint32_t kAbsent = 0xFFFFFFFFU;
  static constexpr std::size_t kNearKeys = 1 << 17;  // half a MiB
  static constexpr std::size_t kAhead = 32;

  std::uint64_t least_;
  Buffer<std::uint32_t> numbers_;
  std::uint32_t count_ = 0;
};

}  // namespace weir::ops
