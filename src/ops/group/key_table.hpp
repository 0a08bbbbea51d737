// KeyTable: 64-bit keys numbered in order of first appearance, by open addressing.
//
//   KeyTable table;
//   table.insert(keys, ids, [&](std::size_t i) { firsts.push_back(i); });   // i: of a new key
//   table.find(probes, found);                                             // kAbsent where unknown
//
// A small table is kept at most 1/8 full: a probe that ends at once is one that the CPU predicts.
// Tables that outgrow the caches are probed in bursts of prefetches.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "base/prefetch.hpp"
#include "ops/group/key_slots.hpp"
#include "ops/table/buffer.hpp"

namespace weir::ops {

class KeyTable {
 public:
  static constexpr std::uint32_t kAbsent = KeySlots::kAbsent;

  // `skip_bits`: leading bits of the spread key that all keys share (those of a partition).
  explicit KeyTable(unsigned skip_bits = 0) : skip_bits_(skip_bits) { allocate(kInitialBits); }

  std::uint32_t size() const { return count_; }
  void clear() {
    count_ = 0;
    wipe();
  }
  // Makes room for `count` keys, so that inserting them moves nothing.
  void reserve(std::size_t count) {
    unsigned bits = bits_;
    while (too_full(count, bits)) ++bits;
    if (bits != bits_) rehash(bits);
  }

  // Numbers keys; calls on_new(i) for the position of each key not seen before, in order.
  template <class OnNew>
  void insert(std::span<const std::uint64_t> keys, std::uint32_t* ids, OnNew&& on_new) {
    for (std::size_t begin = 0; begin < keys.size(); begin += kBatch) {
      const std::size_t count = std::min(kBatch, keys.size() - begin);
      if (too_full(count_ + count, bits_)) grow(count_ + count);
      if (outgrows_cache()) prefetch_batch(keys.subspan(begin, count));
      insert_batch(keys.data() + begin, count, begin, ids + begin, on_new);
    }
  }

  // What look-ups read, to be had elsewhere too.
  KeySlots view() const { return {slots_.data(), skip_bits_, shift_, mask_}; }
  std::span<const KeySlot> slots() const { return slots_.span(); }

  // Finds the numbers of keys.
  void find(std::span<const std::uint64_t> keys, std::uint32_t* ids) const {
    const KeySlots view = this->view();
    for (std::size_t begin = 0; begin < keys.size(); begin += kBatch) {
      const std::size_t count = std::min(kBatch, keys.size() - begin);
      if (outgrows_cache()) prefetch_batch(keys.subspan(begin, count));
      for (std::size_t i = begin; i < begin + count; ++i) ids[i] = view.find(keys[i]);
    }
  }

 private:
  using Slot = KeySlot;
  static constexpr std::size_t kBatch = 128;
  static constexpr unsigned kInitialBits = 10;
  static constexpr unsigned kSparseBits = 15;  // up to this many slots: at most 1/8 full

  static bool too_full(std::size_t count, unsigned bits) {
    return count << (bits <= kSparseBits ? 3 : 1) > std::size_t{1} << bits;
  }
  bool outgrows_cache() const { return bits_ > 16; }
  std::size_t place(std::uint64_t key) const { return view().place(key); }

  template <class OnNew>
  void insert_batch(const std::uint64_t* keys, std::size_t count, std::size_t begin,
                    std::uint32_t* ids, OnNew&& on_new) {
    Slot* const slots = slots_.data();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t key = keys[i];
      std::size_t at = place(key);
      for (;; at = (at + 1) & mask_) {
        if (slots[at].key == key && slots[at].id != kAbsent) break;
        if (slots[at].id != kAbsent) continue;
        slots[at] = {key, count_++, 0};
        on_new(begin + i);
        break;
      }
      ids[i] = slots[at].id;
    }
  }

  void prefetch_batch(std::span<const std::uint64_t> keys) const {
    for (const std::uint64_t key : keys) prefetch(&slots_[place(key)]);
  }

  void grow(std::size_t count) {
    unsigned bits = bits_;
    while (too_full(count, bits)) bits += 2;
    rehash(bits);
  }
  void rehash(unsigned bits) {
    const Buffer<Slot> old = std::move(slots_);
    slots_ = Buffer<Slot>();
    allocate(bits);
    for (const Slot& slot : old) {
      if (slot.id == kAbsent) continue;
      std::size_t at = place(slot.key);
      while (slots_[at].id != kAbsent) at = (at + 1) & mask_;
      slots_[at] = slot;
    }
  }
  void allocate(unsigned bits) {
    bits_ = bits;
    shift_ = 64 - bits;
    mask_ = (std::size_t{1} << bits) - 1;
    slots_.resize(std::size_t{1} << bits);
    wipe();
  }
  void wipe() { slots_.fill({0, kAbsent, 0}); }

  Buffer<Slot> slots_;
  unsigned skip_bits_;
  unsigned bits_ = 0;
  unsigned shift_ = 0;
  std::size_t mask_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace weir::ops
