#include "wire/csv/tokenizer.hpp"

#include <algorithm>
#include <bit>

#include "wire/csv/structure.hpp"

namespace weir::wire {

void Tokenizer::reset(const std::uint8_t* data, std::size_t size, bool last) {
  data_ = data;
  size_ = size;
  last_ = last;
  at_ = 0;
  scanned_begin_ = scanned_end_ = 0;
}

void Tokenizer::scan(std::size_t block) {
  const std::size_t blocks = std::min(kBlocks, (size_ + 63) / 64 - block);
  scanned_ascii_ = find_structure(data_ + block * 64, blocks, delimiter_, masks_);
  ascii_ = ascii_ && scanned_ascii_;
  scanned_begin_ = block;
  scanned_end_ = block + blocks;
  // What lies behind the window is not ours.
  if (scanned_end_ * 64 > size_)
    masks_[blocks - 1] &= ~std::uint64_t{0} >> (scanned_end_ * 64 - size_);
}

// Returns the next structural byte and moves behind it; kNone at the window's end.
inline std::size_t Tokenizer::next_bit() {
  while (bits_ == 0) {
    ++block_;
    if (block_ >= scanned_end_) {
      if (block_ * 64 >= size_) return kNone;
      scan(block_);
    }
    bits_ = masks_[block_ - scanned_begin_];
  }
  const std::size_t at = block_ * 64 + static_cast<std::size_t>(std::countr_zero(bits_));
  bits_ &= bits_ - 1;
  return at;
}

inline void Tokenizer::push(std::size_t begin, std::size_t end) {
  fields_.emplace_back(reinterpret_cast<const char*>(data_) + begin, end - begin);
}

// Ends the row at a line feed (or the window's end); a carriage return before it is part of the
// line end.
void Tokenizer::finish_row(std::size_t start, std::size_t feed) {
  std::size_t end = feed;
  if (end > start && data_[end - 1] == '\r') --end;
  push(start, end);
  row_end_ = std::min(feed + 1, size_);
  at_ = row_end_;
}

Tokenizer::Found Tokenizer::end_of_window(std::size_t start) {
  if (!last_ || row_begin_ == size_) return Found::kMore;
  finish_row(start, size_);
  return Found::kRow;
}

// Reads a field whose opening quote is at `start`; moves `start` behind the delimiter.
Tokenizer::Found Tokenizer::quoted_field(std::size_t& start, bool& row_done) {
  quoted_ = true;
  if (scratch_used_ == scratch_.size()) scratch_.emplace_back();
  std::string& text = scratch_[scratch_used_];
  text.clear();
  bool copied = false;  // `text` holds what came before `begin`
  std::size_t begin = start + 1;
  const auto keep = [&](std::size_t end) {
    text.append(reinterpret_cast<const char*>(data_) + begin, end - begin);
    copied = true;
  };
  while (true) {  // inside the quotes
    const std::size_t at = next_bit();
    if (at == kNone) return last_ ? Found::kUnclosed : Found::kMore;
    if (data_[at] == '\n') ++row_lines_;
    if (data_[at] != '"') continue;
    if (at + 1 == size_ && !last_) return Found::kMore;
    if (at + 1 < size_ && data_[at + 1] == '"') {
      keep(at + 1);
      begin = next_bit() + 1;
      continue;
    }
    // Closed. Usually the delimiter or the line end follows at once.
    const std::size_t close = at;
    std::size_t stop = next_bit();
    while (stop != kNone && data_[stop] == '"') stop = next_bit();
    if (stop == kNone && !last_) return Found::kMore;
    const std::size_t end = stop == kNone ? size_ : stop;
    const bool is_end = stop == kNone || data_[stop] == '\n';
    std::size_t tail = end;
    if (is_end && tail > close + 1 && data_[tail - 1] == '\r') --tail;
    if (tail != close + 1) {
      keep(close);
      begin = close + 1;
      keep(tail);
    } else if (copied) {
      keep(close);
    } else {
      push(begin, close);
    }
    if (copied) {
      fields_.emplace_back(text);
      ++scratch_used_;
    }
    start = end + 1;
    row_done = is_end;
    if (is_end) at_ = row_end_ = std::min(end + 1, size_);
    return Found::kRow;
  }
}

Tokenizer::Found Tokenizer::next() {
  fields_.clear();
  scratch_used_ = 0;
  quoted_ = false;
  row_begin_ = at_;
  row_lines_ = 1;
  if (at_ >= size_) return Found::kMore;
  block_ = at_ / 64;
  if (block_ < scanned_begin_ || block_ >= scanned_end_) scan(block_);
  ascii_ = scanned_ascii_;
  bits_ = masks_[block_ - scanned_begin_] & (~std::uint64_t{0} << at_ % 64);
  std::size_t start = at_;
  while (true) {
    const std::size_t at = next_bit();
    if (at == kNone) return end_of_window(start);
    const std::uint8_t c = data_[at];
    if (c == static_cast<std::uint8_t>(delimiter_)) {
      push(start, at);
      start = at + 1;
    } else if (c == '\n') {
      finish_row(start, at);
      return Found::kRow;
    } else if (at == start) {
      bool row_done = false;
      const Found found = quoted_field(start, row_done);
      if (found != Found::kRow || row_done) return found;
    }
  }
}

}  // namespace weir::wire
