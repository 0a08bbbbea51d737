#include "decide/window_pieces.hpp"

#include <algorithm>

#include "decide/window_bank.hpp"

namespace weir::decide {

void WindowLayout::add(std::uint32_t slots, const std::vector<std::size_t>& bytes_per_key) {
  Group group{pieces(), slots, {}};
  std::size_t next = group.piece + 1;
  for (const std::size_t bytes : bytes_per_key) {
    const auto range = static_cast<std::uint32_t>(StatePiece::kBytes / bytes);
    const std::size_t count = std::max<std::size_t>(1, (slots + range - 1) / range);
    group.columns.push_back({next, count, range});
    next += count;
  }
  groups.push_back(std::move(group));
}

std::size_t WindowLayout::pieces() const {
  if (groups.empty()) return 0;
  const Group& last = groups.back();
  return last.columns.empty() ? last.piece + 1
                              : last.columns.back().first_piece + last.columns.back().pieces;
}

std::size_t WindowPieces::next_directory_bytes() const {
  if (in_group() || layout_.groups.size() == bank_.groups()) return 0;
  return bank_.keyed(layout_.groups.size()).saved_directory_bytes();
}

bool WindowPieces::next(StatePiece& piece) {
  piece.clear();
  if (in_group()) {
    const WindowLayout::Group& group = layout_.groups.back();
    const WindowLayout::Column& column = group.columns[column_];
    const auto begin = static_cast<std::uint32_t>(range_ * column.range_slots);
    const std::uint32_t end = std::min(begin + column.range_slots, group.slots);
    bank_.keyed(layout_.groups.size() - 1).save_column(column_, begin, end, piece.out);
    if (++range_ == column.pieces) {
      range_ = 0;
      ++column_;
    }
    return true;
  }
  if (layout_.groups.size() == bank_.groups()) return false;
  const KeyedWindows& windows = bank_.keyed(layout_.groups.size());
  piece.out.buffer().reserve(windows.saved_directory_bytes());
  windows.save_directory(piece.out);
  layout_.add(windows.slots(), windows.bytes_per_key());
  column_ = 0;
  return true;
}

bool WindowsAhead::all(std::uint64_t height) const {
  return std::all_of(layout_.groups.begin(), layout_.groups.end(),
                     [&](const WindowLayout::Group& group) { return piece(group.piece, height); });
}

}  // namespace weir::decide
