// Tokenizer: cuts bytes into CSV rows and fields, with the results of Python's csv module for LF
// and CRLF files: a quote opens a quoted field only at its start, "" inside is one quote, text
// after the closing quote is appended as it stands.
//
//   Tokenizer tokenizer(',');
//   tokenizer.reset(data, size, true);
//   while (tokenizer.next() == Tokenizer::Found::kRow) use(tokenizer.fields());
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace weir::wire {

class Tokenizer {
 public:
  enum class Found : std::uint8_t {
    kRow,
    kMore,      // the window ends inside the row (or exactly at a row's end)
    kUnclosed,  // the last window ends inside quotes
  };
  static constexpr std::size_t kSlack = 64;  // bytes that must be readable behind the window

  explicit Tokenizer(char delimiter) : delimiter_(delimiter) {}

  // Starts at the first byte of a row. `last`: nothing follows the window, so its end ends a row.
  void reset(const std::uint8_t* data, std::size_t size, bool last);
  // Cuts the next row. After anything but kRow the position stays at the row's start.
  Found next();
  // Moves to `at`, the start of a row.
  void seek(std::size_t at) { at_ = at; }

  // Where the next row starts.
  std::size_t position() const { return at_; }
  // The row just found; views into the window or, for fields with "" inside, into own memory. Valid
  // until the next call.
  const std::vector<std::string_view>& fields() const { return fields_; }
  std::size_t row_begin() const { return row_begin_; }
  std::size_t row_end() const { return row_end_; }  // behind the line feed
  // Line feeds in the row, those inside quotes included.
  std::uint64_t row_lines() const { return row_lines_; }
  // True if the row is a line end and nothing else.
  bool row_is_blank() const { return fields_.size() == 1 && fields_[0].empty() && !quoted_; }
  // False if bytes above 127 may stand in the row.
  bool row_is_ascii() const { return ascii_; }

 private:
  static constexpr std::size_t kBlocks = 512;  // scanned at a time: 32 KiB
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t next_bit();
  void scan(std::size_t block);
  Found quoted_field(std::size_t& start, bool& row_done);
  Found end_of_window(std::size_t start);
  void push(std::size_t begin, std::size_t end);
  void finish_row(std::size_t start, std::size_t feed);

  char delimiter_;
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  bool last_ = false;
  std::size_t at_ = 0;

  std::uint64_t masks_[kBlocks];
  std::size_t scanned_begin_ = 0;  // blocks
  std::size_t scanned_end_ = 0;
  bool scanned_ascii_ = true;
  std::size_t block_ = 0;  // the block that bits_ belongs to
  std::uint64_t bits_ = 0;

  std::vector<std::string_view> fields_;
  std::deque<std::string> scratch_;  // unescaped fields of this row
  std::size_t scratch_used_ = 0;
  std::size_t row_begin_ = 0;
  std::size_t row_end_ = 0;
  std::uint64_t row_lines_ = 0;
  bool quoted_ = false;
  bool ascii_ = true;
};

}  // namespace weir::wire
