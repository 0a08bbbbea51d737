// A stable radix sort of numbers with the rows they belong to, four bits a pass: the form that runs
// on any device. Each thread of a tile owns a run of neighbouring items, so that places, counted by
// digit, tile, thread and item in that order, keep equal digits in row order.
//
//   RadixPairs<std::uint64_t> pairs{keys, rows, spare_keys, spare_rows};
//   WEIR_TRY(radix_sort(lane, pairs, differing_bits));    // pairs.keys, pairs.rows: sorted
#pragma once

#include <utility>

#include "ops/table/device_scan.hpp"

namespace weir::ops {

inline constexpr unsigned kRadixThreads = 128;
inline constexpr unsigned kRadixBits = 4;
inline constexpr unsigned kRadixDigits = 1U << kRadixBits;
inline constexpr std::size_t kRadixItems = 8;  // of a thread
inline constexpr std::size_t kRadixTile = kRadixThreads * kRadixItems;

struct DigitCounts {
  std::uint32_t of[kRadixDigits];
  WEIR_HD DigitCounts operator+(const DigitCounts& other) const {
    DigitCounts sum{};
    for (unsigned d = 0; d < kRadixDigits; ++d) sum.of[d] = of[d] + other.of[d];
    return sum;
  }
};

template <class Key>
WEIR_HD unsigned digit_of(Key key, unsigned shift) {
  return static_cast<unsigned>(key >> shift) & (kRadixDigits - 1);
}

// Counts the digits of a thread's items.
template <class Key>
WEIR_HD DigitCounts count_digits(const Key* keys, std::size_t n, std::size_t first,
                                 unsigned shift) {
  DigitCounts counts{};
  for (std::size_t i = first; i < first + kRadixItems && i < n; ++i) {
    ++counts.of[digit_of(keys[i], shift)];
  }
  return counts;
}

template <class Key>
struct RadixCountKernel {
  static constexpr unsigned kThreadsMax = kRadixThreads;
  static constexpr std::size_t kCollectiveBytes = sizeof(DigitCounts);
  template <class Block>
  WEIR_HD void operator()(Block& block, const Key* keys, std::size_t n, unsigned shift,
                          std::size_t tiles, std::uint32_t* counts) const {
    auto mine = block.template per_thread<DigitCounts>();
    const std::size_t tile = std::size_t{block.index()} * kRadixTile;
    block.each_thread(
        [&](unsigned t) { mine[t] = count_digits(keys, n, tile + t * kRadixItems, shift); });
    const DigitCounts total = block.reduce(mine, Plus{});
    block.each_thread([&](unsigned t) {
      if (t < kRadixDigits) counts[t * tiles + block.index()] = total.of[t];
    });
  }
};

// `rows_in` null: item i is row i.
template <class Key>
struct RadixMoveKernel {
  static constexpr unsigned kThreadsMax = kRadixThreads;
  static constexpr std::size_t kCollectiveBytes = sizeof(DigitCounts);
  template <class Block>
  WEIR_HD void operator()(Block& block, const Key* keys_in, const std::uint32_t* rows_in,
                          std::size_t n, unsigned shift, std::size_t tiles,
                          const std::uint32_t* starts, Key* keys_out,
                          std::uint32_t* rows_out) const {
    auto before = block.template per_thread<DigitCounts>();
    const std::size_t tile = std::size_t{block.index()} * kRadixTile;
    block.each_thread(
        [&](unsigned t) { before[t] = count_digits(keys_in, n, tile + t * kRadixItems, shift); });
    block.scan(before, Plus{}, DigitCounts{});
    block.each_thread([&](unsigned t) {
      DigitCounts places = before[t];
      const std::size_t first = tile + t * kRadixItems;
      for (std::size_t i = first; i < first + kRadixItems && i < n; ++i) {
        const unsigned digit = digit_of(keys_in[i], shift);
        const std::size_t to = starts[digit * tiles + block.index()] + places.of[digit]++;
        keys_out[to] = keys_in[i];
        rows_out[to] = rows_in == nullptr ? static_cast<std::uint32_t>(i) : rows_in[i];
      }
    });
  }
};

struct IotaKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, std::uint32_t* rows, std::size_t n) const {
    block.each_thread([&](unsigned t) {
      const std::size_t i = std::size_t{block.index()} * block.threads() + t;
      if (i < n) rows[i] = static_cast<std::uint32_t>(i);
    });
  }
};

// Keys and rows, and as much room again. Sorting swaps the two.
template <class Key>
struct RadixPairs {
  DeviceSpan<Key> keys;
  DeviceSpan<std::uint32_t> rows;
  DeviceSpan<Key> spare_keys;
  DeviceSpan<std::uint32_t> spare_rows;
};

// What to sort with on a device that has nothing of its own.
struct BlockRadix {
  // Sorts pairs.keys; pairs.rows become the places the keys came from. `differing`: bits in which
  // any two keys differ; digits without one are passed over.
  template <class Launcher, class Key>
  static Status sort(Lane<Launcher>& lane, RadixPairs<Key>& pairs, Key differing) {
    const std::size_t n = pairs.keys.size;
    const std::size_t tiles = (n + kRadixTile - 1) / kRadixTile;
    const device::Grid grid{.blocks = static_cast<std::uint32_t>(tiles), .threads = kRadixThreads};
    WEIR_ASSIGN(const auto counts, lane.template scratch<std::uint32_t>(kRadixDigits * tiles + 1));
    bool moved = false;
    for (unsigned shift = 0; shift < 8 * sizeof(Key); shift += kRadixBits) {
      if ((differing >> shift & (kRadixDigits - 1)) == 0) continue;
      const Key* const keys = pairs.keys.data;
      const std::uint32_t* const rows = moved ? pairs.rows.data : nullptr;
      const std::uint32_t* const starts = counts.data;
      WEIR_TRY(lane.launch(grid, RadixCountKernel<Key>{}, keys, n, shift, tiles, counts.data));
      WEIR_TRY(scan_counts(lane, counts));
      WEIR_TRY(lane.launch(grid, RadixMoveKernel<Key>{}, keys, rows, n, shift, tiles, starts,
                           pairs.spare_keys.data, pairs.spare_rows.data));
      std::swap(pairs.keys, pairs.spare_keys);
      std::swap(pairs.rows, pairs.spare_rows);
      moved = true;
    }
    if (moved) return Status::ok();
    return lane.launch(device::Grid::over(n, 256), IotaKernel{}, pairs.rows.data, n);
  }
  // Sorts pairs.keys; what the rows become does not matter.
  template <class Launcher, class Key>
  static Status sort_keys(Lane<Launcher>& lane, RadixPairs<Key>& pairs, Key differing) {
    return sort(lane, pairs, differing);
  }
};

// Makes pairs of keys that lie on the device in memory that may be overwritten.
template <class Launcher, class Key>
Result<RadixPairs<Key>> radix_pairs(Lane<Launcher>& lane, std::span<const Key> keys) {
  RadixPairs<Key> pairs;
  WEIR_ASSIGN(const auto uploaded, lane.upload(keys));
  pairs.keys = {const_cast<Key*>(uploaded.data), uploaded.size};
  WEIR_ASSIGN(pairs.rows, lane.template scratch<std::uint32_t>(keys.size()));
  WEIR_ASSIGN(pairs.spare_keys, lane.template scratch<Key>(keys.size()));
  WEIR_ASSIGN(pairs.spare_rows, lane.template scratch<std::uint32_t>(keys.size()));
  return pairs;
}

// The bits in which any two keys differ.
template <class Key>
Key differing_bits(std::span<const Key> keys) {
  Key all = 0;
  for (const Key key : keys) all |= key ^ keys.front();
  return all;
}

}  // namespace weir::ops
