// StatePiece: a part of some state as it was at one moment, to be written at another. Large state
// is saved piece by piece, so that whoever owns it stops for one piece only and not for all.
//
//   StatePiece piece;
//   while (pieces.next(piece)) {       // on the owner's thread: copies
//     piece.finish();                  // on any thread: what the owner need not wait for
//     file.append(piece.out.bytes());
//   }
#pragma once

#include <functional>
#include <utility>

#include "base/bytes.hpp"

namespace weir {

struct StatePiece {
  // About what a piece holds: copying takes less than half a millisecond.
  static constexpr std::size_t kBytes = std::size_t{2} << 20;

  ByteWriter out;
  // Brings the bytes into their final form (sorts them, ...); may be empty. Owns what it needs.
  std::function<void(std::vector<std::uint8_t>&)> complete;

  // Makes it empty; the memory is kept for the next.
  void clear() {
    out.buffer().clear();
    complete = nullptr;
  }
  void finish() {
    if (complete) std::exchange(complete, nullptr)(out.buffer());
  }
};

// Saves all pieces one behind the other, with their owner at rest.
template <class Pieces>
void save_pieces(Pieces pieces, ByteWriter& out) {
  StatePiece piece;
  while (pieces.next(piece)) {
    piece.finish();
    out.raw(piece.out.bytes());
  }
}

}  // namespace weir
