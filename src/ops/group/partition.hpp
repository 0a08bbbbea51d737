// Partition: rows dealt out by a number of theirs, order kept, by several threads at once.
//
//   Partition partition;
//   partition.count(workers, rows, 7, [&](std::size_t row) { return part_of(row); });
//   partition.scatter(workers, [&](std::size_t row, std::size_t place) { to[place] = from[row]; });
//   partition.begin(p), partition.end(p);       // the places of part p, rows ascending
//   partition.gather(workers, [&](std::size_t row, std::size_t place) { to[row] = from[place]; });
//
// Rows are cut into chunks of which each thread takes several; the places do not depend on how.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ops/table/buffer.hpp"
#include "ops/workers.hpp"

namespace weir::ops {

class Partition {
 public:
  static constexpr unsigned kBits = 7;
  static constexpr std::size_t kParts = std::size_t{1} << kBits;

  // Calls part(row), a number below kParts, for each row and remembers it.
  template <class Part>
  void count(Workers& workers, std::size_t rows, Part&& part) {
    rows_ = rows;
    chunk_rows_ = std::max<std::size_t>(1 << 16, rows / (std::size_t{workers.threads()} * 4) + 1);
    part_of_.resize(rows);
    starts_.assign((rows + chunk_rows_ - 1) / chunk_rows_, {});
    workers.run(starts_.size(), [&](std::size_t chunk) {
      Counts counts{};
      for (std::size_t row = first(chunk); row < last(chunk); ++row) {
        const std::size_t p = part(row);
        part_of_[row] = static_cast<std::uint8_t>(p);
        ++counts[p];
      }
      starts_[chunk] = counts;
    });
    std::size_t place = 0;
    for (std::size_t p = 0; p < kParts; ++p) {
      begins_[p] = place;
      for (Counts& counts : starts_) place += std::exchange(counts[p], place);
    }
    begins_[kParts] = place;
  }

  // Calls move(row, place) for each row.
  template <class Move>
  void scatter(Workers& workers, Move&& move) const {
    workers.run(starts_.size(), [&](std::size_t chunk) {
      Counts places = starts_[chunk];
      for (std::size_t row = first(chunk); row < last(chunk); ++row) {
        move(row, places[part_of_[row]]++);
      }
    });
  }
  // The same walk; a name for the way back.
  template <class Move>
  void gather(Workers& workers, Move&& move) const {
    scatter(workers, move);
  }

  std::size_t begin(std::size_t part) const { return begins_[part]; }
  std::size_t end(std::size_t part) const { return begins_[part + 1]; }

 private:
  using Counts = std::array<std::size_t, kParts>;
  std::size_t first(std::size_t chunk) const { return chunk * chunk_rows_; }
  std::size_t last(std::size_t chunk) const { return std::min(rows_, first(chunk) + chunk_rows_); }

  std::size_t rows_ = 0;
  std::size_t chunk_rows_ = 0;
  Buffer<std::uint8_t> part_of_;
  std::vector<Counts> starts_;
  std::array<std::size_t, kParts + 1> begins_{};
};

}  // namespace weir::ops
