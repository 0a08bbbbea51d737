// WindowTable: one window of the rules over a stream: per key, what happened in the last W.
//
//   WindowTable table({.function = WindowFunction::kCount, .width_us = kHour});
//   table.update_and_read({.rows = n, .keys = {card}, .times_us = time, .include = matched}, {out,
//   valid});
//
// Rows are processed in order in one pass and the current event is included, so results do not
// depend on where batches are cut. A row whose filter is not true is read but changes nothing. A
// late event goes to its own tile; older than the window of its key it counts nowhere. Reads are as
// of max(key's latest time, t). Empty windows: count, rate and distinct are 0; sum, avg, min, max,
// since are null.
//
// Keys. A zero word means no key: null. Each new key looks at the next 2 slots (16 when the table
// holds keys_max) and takes the first that has been idle for W of the stream's event time; when
// full and none is idle, its value is null and rejected() grows. i64 sums saturate at the ends of
// their range.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/aligned.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "decide/window/key_index.hpp"
#include "decide/window/window_spec.hpp"

namespace weir::decide {

// Shapes: [rows] each. Pointers stay the caller's.
struct WindowInput {
  std::size_t rows = 0;
  std::array<const std::uint64_t*, kKeyWordsMax> keys{};
  const std::int64_t* times_us = nullptr;
  const std::uint8_t* include = nullptr;  // 1: the row counts; nullptr: all do
  const std::uint64_t* values =
      nullptr;  // bits of an i64 or f64, or the word that distinct tells apart
};

struct WindowOutput {
  std::uint64_t* values = nullptr;    // bits of an i64 or f64, see WindowSpec::result
  std::uint8_t* valid = nullptr;      // 0: null
  std::uint8_t* saturated = nullptr;  // 1: an exact ring that lost events inside W; may be nullptr
};

class WindowTable {
 public:
  explicit WindowTable(const WindowSpec& spec);

  const WindowSpec& spec() const { return spec_; }
  // Feeds the rows in order and writes what the window holds after each. Allocates only while keys
  // are added. Cost: 15 to 30 ns a row at 1 M keys.
  void update_and_read(const WindowInput& in, const WindowOutput& out);

  std::size_t keys() const { return used_; }
  std::uint64_t rejected() const { return rejected_; }
  // Returns the event time seen last, or -1.
  std::int64_t watermark_us() const { return watermark_us_; }
  std::size_t bytes() const;

  // Appends the whole state; load() accepts it only for the same spec (data_loss otherwise).
  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  struct Runner;
  static constexpr std::size_t kBlock = 256;

  std::uint64_t* slot(std::uint32_t index) {
    return chunks_[index >> chunk_shift_].data() + (index & chunk_mask_) * slot_words_;
  }
  const std::uint64_t* slot(std::uint32_t index) const {
    return chunks_[index >> chunk_shift_].data() + (index & chunk_mask_) * slot_words_;
  }
  bool same_key(std::uint32_t index, const std::uint64_t* key) const {
    const std::uint64_t* held = slot(index);
    std::uint64_t difference = 0;
    for (unsigned i = 0; i < spec_.key_words; ++i) difference |= held[i] ^ key[i];
    return difference == 0;
  }
  void locate(const WindowInput& in, std::size_t begin, std::size_t rows);
  std::uint32_t find_or_add(const std::uint64_t* key, std::uint64_t hash, bool add);
  bool idle(const std::uint64_t* slot) const;
  void prefetch_hand() const;
  void append_chunk();
  Status check_slot(const std::uint64_t* slot) const;

  WindowSpec spec_;
  std::size_t slot_words_;
  std::int64_t grain_us_;  // of a tile or a tick; 1 for exact rings
  unsigned chunk_shift_;
  std::uint32_t chunk_mask_;
  KeyIndex index_;
  std::vector<AlignedBuffer<std::uint64_t>> chunks_;
  std::uint32_t used_ = 0;
  std::uint32_t hand_ = 0;
  std::int64_t watermark_us_ = -1;
  std::uint64_t rejected_ = 0;
  // Scratch of one block: key words, hash and the slot found ahead of the ordered pass.
  std::vector<std::uint64_t> block_keys_;
  std::vector<std::uint64_t> block_hash_;
  std::vector<std::uint32_t> block_slot_;
};

// Returns the 64-bit hash of a key of `words` words.
std::uint64_t key_hash(const std::uint64_t* key, unsigned words);

}  // namespace weir::decide
