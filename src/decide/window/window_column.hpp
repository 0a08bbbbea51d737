// WindowColumn: what the keys of a directory hold for one window, a slot a key.
//
//   WindowColumn column(spec);
//   column.grow(directory.slots());
//   column.run({.rows = n, .slots = slots, ...});   // counts and reads rows in order
//
// Slots are small (see WindowSpec::bytes_per_key); the few keys that outgrow theirs have a body in
// a pool. Not thread-safe. Allocates only while slots or bodies are added.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/constant_divisor.hpp"
#include "base/page_populator.hpp"
#include "base/paged.hpp"
#include "base/result.hpp"
#include "decide/window/slot_pool.hpp"
#include "decide/window/window_spec.hpp"

namespace weir::decide {

// What a window makes of each row. Shapes: [rows].
struct WindowOutput {
  std::uint64_t* values = nullptr;    // bits of an i64 or f64, see WindowSpec::result
  std::uint8_t* valid = nullptr;      // 0: null
  std::uint8_t* saturated = nullptr;  // 1: an exact ring that lost events inside W; may be nullptr
};

// Rows of a block, in order. Shapes: [rows]. Pointers stay the caller's.
struct ColumnRows {
  static constexpr std::uint32_t kNoSlot = 0xFFFFFFFFU;  // an unknown key
  static constexpr std::uint32_t kNoKey = 0xFFFFFFFEU;   // a part of the key is absent: null

  std::size_t rows = 0;
  const std::uint32_t* slots = nullptr;
  const std::uint8_t* fresh = nullptr;  // 1: the slot is new to this key
  const std::int64_t* times_us = nullptr;
  const std::uint8_t* include = nullptr;  // 1: the row counts; nullptr: all do
  // Bits of an i64 or f64, or the word that distinct tells apart; nullptr where none is taken.
  const std::uint64_t* values = nullptr;
  WindowOutput out;
};

class WindowColumn {
 public:
  // CHECKs the spec: widths and key words in range, functions that its kind has.
  explicit WindowColumn(const WindowSpec& spec);

  const WindowSpec& spec() const { return spec_; }
  // Makes slots [0, slots) exist, empty if new; the next of them are made ready by `ahead`.
  void grow(std::uint32_t slots, PagePopulator* ahead = nullptr);
  // Counts the included rows and writes what the window holds after each.
  void run(const ColumnRows& rows);

  // Included rows whose key found no slot.
  std::uint64_t rejected() const { return rejected_; }
  std::size_t bytes() const;
  std::size_t bodies() const { return pool_.out(); }  // keys that have outgrown their slot

  // Appends slots [begin, end), a range behind the other; load() takes all of them, and accepts
  // them only for the same spec (data_loss otherwise).
  void save(std::uint32_t begin, std::uint32_t end, ByteWriter& out) const;
  Status load(std::uint32_t slots, ByteReader& in);

 private:
  std::uint64_t* slot(std::uint32_t index) {
    return chunks_[index >> chunk_shift_].data() + (index & chunk_mask_) * slot_words_;
  }
  const std::uint64_t* slot(std::uint32_t index) const {
    return chunks_[index >> chunk_shift_].data() + (index & chunk_mask_) * slot_words_;
  }
  void prefetch(std::uint32_t index) const;
  void prefetch_body(std::uint32_t index) const;
  template <class Row>
  void run_rows(const Row& row, const ColumnRows& rows);
  bool has_bodies() const { return pool_.words() != 0; }
  Status check_slot(const std::uint64_t* slot) const;

  WindowSpec spec_;
  std::size_t slot_words_;
  ConstantDivisor grain_;
  unsigned chunk_shift_;
  std::uint32_t chunk_mask_;
  std::vector<PagedArray<std::uint64_t>> chunks_;
  window_internal::SlotPool pool_;
  std::uint64_t rejected_ = 0;
};

}  // namespace weir::decide
