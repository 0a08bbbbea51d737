// KeyedWindows: the windows of the rules that share a key: one directory, a column of slots each.
//
//   KeyedWindows windows(1, 1 << 20);
//   windows.add({.function = WindowFunction::kCount, .width_us = kHour});
//   windows.update_and_read({.rows = n, .keys = {card}, .times_us = time},
//                           {{{.include = matched, .out = {values, valid}}}});
//
// Rows are processed in order and the current event is included, so results do not depend on where
// batches are cut. A row that is not included is read but changes nothing. A late event goes to its
// own tile; older than the window of its key it counts nowhere. Reads are as of max(key's latest
// time, t). Empty windows: count, rate and distinct are 0; sum, avg, min, max, since are null.
//
// Keys. A zero word means no key: null. A key that has been idle for as long as the longest of the
// windows is forgotten when another needs its slot. When keys_max keys are live, a new one is null,
// and its rows are counted as rejected. i64 sums saturate at the ends of their range.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "decide/window/key_directory.hpp"
#include "decide/window/window_column.hpp"

namespace weir::decide {

// The rows of all windows. Shapes: [rows]. Pointers stay the caller's.
struct KeyedRows {
  std::size_t rows = 0;
  std::array<const std::uint64_t*, kKeyWordsMax> keys{};
  const std::int64_t* times_us = nullptr;
};

// What one of the windows does with them. Shapes: [rows].
struct WindowUse {
  const std::uint8_t* include = nullptr;  // 1: the row counts; nullptr: all do
  // Bits of an i64 or f64, or the word that distinct tells apart.
  const std::uint64_t* values = nullptr;
  WindowOutput out;
  // Of a block that comes again after a restore: 1 where the slots of a range, `range_slots` each,
  // already hold what the rows did, as far as slots were restored. Empty: none do.
  std::span<const std::uint8_t> ahead = {};
  std::uint32_t range_slots = 0;
  std::uint32_t restored_slots = 0;
};

class KeyedWindows {
 public:
  // `ahead` may be null: then memory is touched first by the event that needs it.
  KeyedWindows(unsigned key_words, std::size_t keys_max, PagePopulator* ahead = nullptr);

  // Adds a window, empty for every key; its spec has the same number of key words.
  WindowColumn& add(const WindowSpec& spec);
  // Hands the windows out, and takes them in: with other windows the keys stay known.
  std::vector<std::unique_ptr<WindowColumn>> release() { return std::exchange(columns_, {}); }
  void adopt(std::unique_ptr<WindowColumn> column);

  std::size_t size() const { return columns_.size(); }
  const WindowColumn& window(std::size_t i) const { return *columns_[i]; }
  std::size_t keys() const { return directory_.keys(); }
  std::size_t directory_bytes() const { return directory_.bytes(); }

  // Feeds the rows in order and writes what each window holds after each; `uses` are in the order
  // of the windows. Allocates only while keys are added.
  void update_and_read(const KeyedRows& in, std::span<const WindowUse> uses);

  // Returns the same windows without any key.
  std::unique_ptr<KeyedWindows> empty_copy() const;
  // The whole state is the directory, then the slots [0, slots()) of each window, saved in ranges
  // one behind the other. load() accepts it only for the same windows (data_loss otherwise) and
  // changes nothing when it fails.
  void save_directory(ByteWriter& out) const;
  std::size_t saved_directory_bytes() const { return 8 + directory_.saved_bytes(); }
  void save_column(std::size_t window, std::uint32_t begin, std::uint32_t end,
                   ByteWriter& out) const {
    columns_[window]->save(begin, end, out);
  }
  Status load(ByteReader& in);
  std::uint32_t slots() const { return directory_.slots(); }
  std::vector<std::size_t> bytes_per_key() const;  // of each window

 private:
  static constexpr std::size_t kBlock = 256;

  void mask_rows_ahead(const WindowUse& use, std::size_t rows);
  void find_slots(const KeyedRows& in, std::span<const WindowUse> uses, std::size_t begin,
                  std::size_t rows);

  unsigned key_words_;
  KeyDirectory directory_;
  PagePopulator* ahead_;
  std::vector<std::unique_ptr<WindowColumn>> columns_;
  std::int64_t watermark_us_ = 0;
  // Scratch of one block.
  std::vector<std::uint64_t> block_keys_;
  std::vector<std::uint64_t> block_hash_;
  std::vector<std::uint32_t> block_slot_;
  std::vector<std::uint8_t> block_fresh_;
  std::vector<std::uint32_t> masked_slot_;  // of a block that comes again
  std::vector<std::uint8_t> masked_fresh_;
};

}  // namespace weir::decide
