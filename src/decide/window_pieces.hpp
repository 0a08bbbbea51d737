// WindowPieces: the windows of the rules piece by piece, each copied while the pass is between two
// batches, and what they need to be whole again: a piece says nothing of the batches that came
// after it was copied, so these are played again for it, and for it only.
//
//   WindowPieces pieces(bank);                       // save
//   while (pieces.next(piece)) { heights.push_back(height); ... }
//   WindowsAhead ahead(bank.layout(), heights);      // restore: after bank.load(...)
//   bank.run_behind(linked, input, begin, rows, columns, {ahead, height});
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/state_piece.hpp"

namespace weir::decide {

class WindowBank;

// Of each group of windows first the directory of its keys, then the slots of its windows, a range
// of them a piece.
struct WindowLayout {
  struct Column {
    std::size_t first_piece = 0;
    std::size_t pieces = 0;
    std::uint32_t range_slots = 0;
  };
  struct Group {
    std::size_t piece = 0;  // of the directory
    std::uint32_t slots = 0;
    std::vector<Column> columns;
  };
  std::vector<Group> groups;

  // Appends a group whose directory has given `slots` slots to windows of these bytes a key.
  void add(std::uint32_t slots, const std::vector<std::size_t>& bytes_per_key);
  std::size_t pieces() const;
};

class WindowPieces {
 public:
  // `bank` outlives this object and may change between two calls of next(), but for its rules.
  explicit WindowPieces(const WindowBank& bank) : bank_(bank) {}

  // Returns the size of the next piece if it is a directory, which cannot be divided; else 0: it
  // has about StatePiece::kBytes, or there is none.
  std::size_t next_directory_bytes() const;
  // Copies the next piece into `piece`; false: there is none.
  bool next(StatePiece& piece);

 private:
  bool in_group() const {
    return !layout_.groups.empty() && column_ < layout_.groups.back().columns.size();
  }

  const WindowBank& bank_;
  WindowLayout layout_;     // of the groups begun
  std::size_t column_ = 0;  // the next of the last group begun
  std::size_t range_ = 0;   // of that column
};

// Tells which of the restored pieces already hold what a block did. A height is that of the last
// block before the piece was copied.
class WindowsAhead {
 public:
  WindowsAhead(WindowLayout layout, std::vector<std::uint64_t> heights)
      : layout_(std::move(layout)), heights_(std::move(heights)) {}

  bool all(std::uint64_t height) const;
  bool group(std::size_t group, std::uint64_t height) const {
    return piece(layout_.groups[group].piece, height);
  }
  std::uint32_t slots(std::size_t group) const { return layout_.groups[group].slots; }
  const WindowLayout::Column& column(std::size_t group, std::size_t column) const {
    return layout_.groups[group].columns[column];
  }
  bool piece(std::size_t number, std::uint64_t height) const {
    return number < heights_.size() && heights_[number] >= height;
  }

 private:
  WindowLayout layout_;
  std::vector<std::uint64_t> heights_;
};

// A block that comes again after a restore.
struct BlockAgain {
  const WindowsAhead& ahead;
  std::uint64_t height;
};

}  // namespace weir::decide
