// Pieces: how the statistics cut a column for the worker threads, the same way however many there
// are: aligned runs of 64 canonical blocks, whose partials join in order.
//
//   for_each_piece(run.workers, n, [&](std::size_t piece, std::size_t from, std::size_t count) {
//     partials[piece] = ...;
//   });
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/numeric/canonical.hpp"
#include "ops/workers.hpp"

namespace weir::ops {

inline constexpr unsigned kPieceLevel = 6;
inline constexpr std::size_t kPieceValues = numeric::kCanonicalBlock << kPieceLevel;

// Canonical blocks of a column: how many partials a device may write for it.
constexpr std::size_t canonical_blocks(std::size_t values) {
  return (values + numeric::kCanonicalBlock - 1) / numeric::kCanonicalBlock;
}
constexpr std::size_t pieces_of(std::size_t values) {
  return (values + kPieceValues - 1) / kPieceValues;
}

template <class Task>
void for_each_piece(Workers& workers, std::size_t values, Task task) {
  workers.run(pieces_of(values), [&](std::size_t piece) {
    const std::size_t from = piece * kPieceValues;
    task(piece, from, std::min(kPieceValues, values - from));
  });
}

// What a piece says of its values besides its partial.
struct PieceCounts {
  std::uint64_t valid = 0;  // neither null nor omitted
  std::uint64_t nulls = 0;
  std::uint64_t nans = 0;
  std::uint64_t first_nan = 0;  // row, if nans != 0
};

// Adds the counts of what comes next.
WEIR_HD inline void add_counts(PieceCounts& to, const PieceCounts& next) {
  if (to.nans == 0) to.first_nan = next.first_nan;
  to.valid += next.valid;
  to.nulls += next.nulls;
  to.nans += next.nans;
}

template <class T>
struct Piece {
  T partial = {};
  PieceCounts counts = {};
};

template <class Join = numeric::CanonicalJoin>
struct PieceJoin {
  template <class T>
  WEIR_HD Piece<T> operator()(const Piece<T>& a, const Piece<T>& b) const {
    Piece<T> both{Join{}(a.partial, b.partial), a.counts};
    add_counts(both.counts, b.counts);
    return both;
  }
};

template <class T, class Join = numeric::CanonicalJoin, unsigned kDepth = 64>
using PieceCounter = numeric::CanonicalCounter<Piece<T>, PieceJoin<Join>, kDepth>;

// Joins all pieces of a column.
template <class Join = numeric::CanonicalJoin, class T>
Piece<T> join_pieces(const std::vector<Piece<T>>& pieces) {
  PieceCounter<T, Join> counter;
  for (const Piece<T>& piece : pieces) counter.push_level(piece, kPieceLevel);
  return counter.result();
}

}  // namespace weir::ops
