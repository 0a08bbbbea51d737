// The kernels of filter.compact and what drives them: bits set in each tile of rows, their prefix
// sums, and each tile's values to their places.
#pragma once

#include "ops/filter/compact/compact.hpp"
#include "ops/table/device_scan.hpp"

namespace weir::ops {

inline constexpr unsigned kCompactThreads = 256;
inline constexpr std::size_t kCompactThreadRows = 8;  // a byte of bits
inline constexpr std::size_t kCompactTileRows = kCompactThreads * kCompactThreadRows;

// The byte of bits of one thread of a tile.
WEIR_HD inline std::uint32_t tile_byte(const std::uint64_t* bits, std::size_t words,
                                       std::size_t tile, unsigned t) {
  const std::size_t byte = tile * kCompactThreads + t;
  return byte / 8 < words ? static_cast<std::uint32_t>(bits[byte / 8] >> (byte % 8 * 8)) & 0xFF : 0;
}

struct CountTileKernel {
  static constexpr unsigned kThreadsMax = kCompactThreads;
  static constexpr std::size_t kCollectiveBytes = sizeof(std::uint32_t);
  template <class Block>
  WEIR_HD void operator()(Block& block, const std::uint64_t* bits, std::size_t words,
                          std::uint32_t* counts) const {
    auto mine = block.template per_thread<std::uint32_t>();
    block.each_thread(
        [&](unsigned t) { mine[t] = count_bits(tile_byte(bits, words, block.index(), t)); });
    const std::uint32_t total = block.reduce(mine, Plus{});
    block.each_thread([&](unsigned t) {
      if (t == 0) counts[block.index()] = total;
    });
  }
};

template <class T>
struct CompactTileKernel {
  static constexpr unsigned kThreadsMax = kCompactThreads;
  static constexpr std::size_t kCollectiveBytes = sizeof(std::uint32_t);
  template <class Block>
  WEIR_HD void operator()(Block& block, const std::uint64_t* bits, std::size_t words,
                          const std::uint32_t* starts, const T* from, T* to) const {
    auto before = block.template per_thread<std::uint32_t>();
    block.each_thread(
        [&](unsigned t) { before[t] = count_bits(tile_byte(bits, words, block.index(), t)); });
    block.scan(before, Plus{}, std::uint32_t{0});
    block.each_thread([&](unsigned t) {
      const std::uint32_t set = tile_byte(bits, words, block.index(), t);
      const T* const values =
          from + (std::size_t{block.index()} * kCompactThreads + t) * kCompactThreadRows;
      T* place = to + starts[block.index()] + before[t];
      for (unsigned i = 0; i < kCompactThreadRows; ++i) {
        if ((set >> i & 1) != 0) *place++ = values[i];
      }
    });
  }
};

template <class Launcher, class T>
Status compact_as(DeviceRun& run, const Compact::Args& args, Compact::Output& out) {
  std::size_t written = 0;
  return run_chunks<Launcher>(
      run, args.rows,
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t words = (chunk.rows() + 63) / 64;
        const auto host_bits = args.bits.subspan(chunk.begin / 64, words);
        std::size_t kept = 0;
        for (const std::uint64_t word : host_bits) kept += count_bits(word);
        if (kept == 0) return Status::ok();
        WEIR_TRY(Compact::check_room(args, written + kept, out));
        WEIR_ASSIGN(const auto bits, lane.upload(host_bits));
        WEIR_ASSIGN(const auto bytes, lane.upload(args.values.subspan(chunk.begin * sizeof(T),
                                                                      chunk.rows() * sizeof(T))));
        const auto grid = device::Grid::over(chunk.rows(), kCompactTileRows);
        const device::Grid tiles{.blocks = grid.blocks, .threads = kCompactThreads};
        WEIR_ASSIGN(const auto counts, lane.template scratch<std::uint32_t>(tiles.blocks + 1));
        WEIR_ASSIGN(const auto values, lane.template scratch<T>(kept));
        WEIR_TRY(lane.launch(tiles, CountTileKernel{}, bits.data, words, counts.data));
        WEIR_TRY(scan_counts(lane, counts));
        const std::uint32_t* const starts = counts.data;
        WEIR_TRY(lane.launch(tiles, CompactTileKernel<T>{}, bits.data, words, starts,
                             reinterpret_cast<const T*>(bytes.data), values.data));
        const DeviceSpan<char> made{reinterpret_cast<char*>(values.data), kept * sizeof(T)};
        const std::size_t at = written * sizeof(T);
        written += kept;
        return lane.download(made, out.values.subspan(at, kept * sizeof(T)));
      },
      [](const Chunk&) { return Status::ok(); });
}

template <class Launcher>
Status compact_on_device(DeviceRun& run, const Compact::Args& args, Compact::Output& out) {
  return args.width == 4 ? compact_as<Launcher, std::uint32_t>(run, args, out)
                         : compact_as<Launcher, std::uint64_t>(run, args, out);
}

}  // namespace weir::ops
