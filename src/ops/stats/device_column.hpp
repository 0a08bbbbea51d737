// Columns on a device, and how a chunk of them becomes partials of canonical blocks: what the
// kernels of the statistics share.
//
//   WEIR_ASSIGN(const auto x, upload_column<double>(lane, args.x, args.x.f64, chunk));
//   WEIR_TRY(lane.launch(blocks_grid(chunk, shared_bytes), Kernel{}, x, ...));
//
// A block of the grid has 256 threads and takes eight canonical blocks, a warp each: thread i mod
// 32 is lane i mod 32. Its eight partials are joined on the device where the chunk lies on a
// multiple of eight blocks; else the host gets them one by one.
#pragma once

#include <array>

#include "base/numeric/canonical.hpp"
#include "ops/device_run.hpp"
#include "ops/stats/pieces.hpp"
#include "ops/stats/values.hpp"

namespace weir::ops {

inline constexpr unsigned kGroupLevel = 3;
inline constexpr std::size_t kGroupBlocks = std::size_t{1} << kGroupLevel;
inline constexpr std::size_t kGroupValues = kGroupBlocks * numeric::kCanonicalBlock;
inline constexpr std::uint32_t kGroupThreads = kGroupBlocks * numeric::kCanonicalLanes;

// A chunk of a column of T.
template <class T>
struct DeviceColumn {
  const T* data;
  const std::uint64_t* validity;  // null: all are there
  std::size_t first_bit;
  std::size_t rows;
  std::size_t first_row;  // of the chunk in the whole column

  WEIR_HD double at(std::size_t i) const { return static_cast<double>(data[i]); }
  WEIR_HD bool valid(std::size_t i) const {
    const std::size_t bit = first_bit + i;
    return validity == nullptr || (validity[bit / 64] >> (bit % 64) & 1) != 0;
  }
};

template <class T, class Launcher>
Result<DeviceColumn<T>> upload_column(Lane<Launcher>& lane, const Values& column,
                                      std::span<const T> data, const Chunk& chunk) {
  WEIR_ASSIGN(const auto values, lane.upload(data.subspan(chunk.begin, chunk.rows())));
  DeviceColumn<T> part{values.data, nullptr, 0, chunk.rows(), chunk.begin};
  if (column.validity != nullptr) {
    const std::size_t bit = column.first_bit + chunk.begin;
    const std::size_t words = (bit % 64 + chunk.rows() + 63) / 64;
    WEIR_ASSIGN(const auto validity,
                lane.upload(std::span<const std::uint64_t>(column.validity + bit / 64, words)));
    part.validity = validity.data;
    part.first_bit = bit % 64;
  }
  return part;
}

// Whether the partials of a chunk can be joined on the device.
inline bool joins_on_device(const Chunk& chunk, std::size_t rows) {
  return chunk.begin % kGroupValues == 0 && (chunk.end % kGroupValues == 0 || chunk.end == rows);
}
inline std::size_t groups_of(const Chunk& chunk) {
  return (chunk.rows() + kGroupValues - 1) / kGroupValues;
}
inline std::size_t partials_of(const Chunk& chunk, std::size_t rows) {
  return joins_on_device(chunk, rows) ? groups_of(chunk) : canonical_blocks(chunk.rows());
}
inline device::Grid blocks_grid(const Chunk& chunk, std::size_t shared_bytes) {
  return {static_cast<std::uint32_t>(groups_of(chunk)), kGroupThreads, shared_bytes};
}

// Folds the 32 lanes of each of the eight canonical blocks; lane 0 holds the result.
template <class Block, class T, class Join>
WEIR_HD void fold_on_device(Block& block, T* lanes, Join join) {
  for (unsigned half = numeric::kCanonicalLanes / 2; half != 0; half /= 2) {
    block.each_thread([&](unsigned t) {
      if (t % numeric::kCanonicalLanes < half) lanes[t] = join(lanes[t], lanes[t + half]);
    });
  }
}

// Writes the partials of the eight blocks of a group: one, or those that have rows.
template <class Block, class T, class Join>
WEIR_HD void write_partials(Block& block, const Piece<T>* partials, std::size_t rows, bool joined,
                            Piece<T>* out, Join) {
  block.each_thread([&](unsigned t) {
    const std::size_t first = std::size_t{block.index()} * kGroupBlocks;
    const std::size_t all = (rows + numeric::kCanonicalBlock - 1) / numeric::kCanonicalBlock;
    const std::size_t count = all - first < kGroupBlocks ? all - first : kGroupBlocks;
    if (!joined) {
      if (t < count) out[first + t] = partials[t];
      return;
    }
    if (t != 0) return;
    PieceCounter<T, Join, kGroupLevel + 1> counter;
    for (std::size_t b = 0; b < count; ++b) counter.push(partials[b]);
    out[block.index()] = counter.result();
  });
}

// Runs launch(chunk, lane, partials, joined) for every chunk of a column and joins what the kernels
// wrote.
template <class Launcher, class T, class Join, class Launch>
Status join_chunks(DeviceRun& run, std::size_t rows, Piece<T>& whole, Launch launch) {
  std::array<std::span<Piece<T>>, kLanesMax> host;
  PieceCounter<T, Join> counter;
  Status done = run_chunks<Launcher>(
      run, rows,
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t count = partials_of(chunk, rows);
        WEIR_ASSIGN(const auto partials, lane.template scratch<Piece<T>>(count));
        WEIR_TRY(launch(chunk, lane, partials.data, joins_on_device(chunk, rows)));
        host[chunk.lane] = lane.template host<Piece<T>>(count);
        return lane.download(partials, host[chunk.lane]);
      },
      [&](const Chunk& chunk) {
        const unsigned level = joins_on_device(chunk, rows) ? kGroupLevel : 0;
        for (const Piece<T>& piece : host[chunk.lane]) counter.push_level(piece, level);
        return Status::ok();
      });
  whole = counter.result();
  return done;
}

}  // namespace weir::ops
