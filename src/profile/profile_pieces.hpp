// ProfilePieces: the state of Profiles piece by piece, each copied while the pass is between two
// batches. What a snapshot of such pieces needs to be whole again: a piece says nothing of the
// batches that came after it was copied, so these are played again for it, and for it only.
//
//   ProfilePieces pieces(profiles);                  // save
//   while (pieces.next(piece)) { heights.push_back(height); ... }
//   PiecesAhead ahead(profiles.piece_layout(), heights);  // restore: after profiles.load(...)
//   profiles.gather_behind(columns, gathered, out, ahead, height);
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/state_piece.hpp"
#include "profile/profiles.hpp"

namespace weir::profile {

inline constexpr std::uint32_t kPieceSlots = StatePiece::kBytes / 128;  // profiles
inline constexpr std::size_t kPieceLines = StatePiece::kBytes / 64;     // edge lines

// Piece 0 is the index; then come the profiles of the parties it names, then all edge lines.
struct PieceLayout {
  std::uint32_t parties = 0;

  std::size_t first_edge_piece() const {
    return 1 + (std::size_t{parties} + kPieceSlots - 1) / kPieceSlots;
  }
};

class ProfilePieces {
 public:
  // `profiles` outlives this object and may change between two calls of next().
  explicit ProfilePieces(const Profiles& profiles);

  // Returns the size of the first piece now; the others have at most StatePiece::kBytes and a few.
  static std::size_t index_bytes(const Profiles& profiles);
  // Copies the next piece into `piece`; false: there is none.
  bool next(StatePiece& piece);
  // Good once the first piece has been copied.
  const PieceLayout& layout() const { return layout_; }

 private:
  void put_index(StatePiece& piece) const;
  void put_edges(std::size_t begin, StatePiece& piece) const;

  const ProfileState& state_;
  PieceLayout layout_;
  std::size_t made_ = 0;
};

// Tells which of the restored pieces already hold what a block did. A height is that of the last
// block before the piece was copied.
class PiecesAhead {
 public:
  PiecesAhead(const PieceLayout& layout, std::vector<std::uint64_t> heights)
      : layout_(layout), heights_(std::move(heights)) {}

  bool slot(std::uint32_t slot, std::uint64_t height) const {
    return slot < layout_.parties && piece(1 + slot / kPieceSlots, height);
  }
  bool line(std::size_t line, std::uint64_t height) const {
    return piece(layout_.first_edge_piece() + line / kPieceLines, height);
  }

 private:
  bool piece(std::size_t number, std::uint64_t height) const {
    return number < heights_.size() && heights_[number] >= height;
  }

  PieceLayout layout_;
  std::vector<std::uint64_t> heights_;
};

}  // namespace weir::profile
