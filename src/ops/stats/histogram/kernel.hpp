// The kernel of stats.histogram and what drives it. A block of the grid finds the places of 4,096
// values; then each thread counts how often its places occur. That takes no atomic additions and
// costs bins / threads reads a value.
#pragma once

#include <algorithm>

#include "base/result.hpp"
#include "ops/stats/device_column.hpp"
#include "ops/stats/histogram/bins.hpp"

namespace weir::ops {

struct HistogramKernel {
  static constexpr std::uint32_t kThreads = 256;
  static constexpr unsigned kThreadsMax = kThreads;
  static constexpr std::size_t kValues = kHistogramBlock;
  static constexpr std::size_t kSharedBytes = device::shared_size<std::uint16_t>(kValues);

  // `out` has bins + 4 counters a block: those of Bins, and nulls.
  template <class Block, class T>
  WEIR_HD void operator()(Block& block, DeviceColumn<T> x, Bins bins, std::uint32_t* out) const {
    auto* const places = block.template shared<std::uint16_t>(kValues);
    const std::size_t first = std::size_t{block.index()} * kValues;
    const std::size_t count = x.rows - first < kValues ? x.rows - first : kValues;
    const std::size_t counters = bins.count + 4;
    block.each_thread([&](unsigned t) {
      for (std::size_t i = t; i < count; i += kThreads) {
        const std::size_t place =
            x.valid(first + i) ? bins.place_of(x.at(first + i)) : bins.count + 3;
        places[i] = static_cast<std::uint16_t>(place);
      }
    });
    block.each_thread([&](unsigned t) {
      for (std::size_t place = t; place < counters; place += kThreads) {
        std::uint32_t found = 0;
        for (std::size_t i = 0; i < count; ++i) found += places[i] == place ? 1 : 0;
        out[block.index() * counters + place] = found;
      }
    });
  }
};

// Adds the counters of all blocks; a thread has one place.
struct HistogramTotalKernel {
  static constexpr unsigned kThreadsMax = 32;
  template <class Block>
  WEIR_HD void operator()(Block& block, const std::uint32_t* parts, std::size_t blocks,
                          std::size_t counters, std::uint64_t* out) const {
    block.each_thread([&](unsigned t) {
      const std::size_t place = std::size_t{block.index()} * block.threads() + t;
      if (place >= counters) return;
      std::uint64_t sum = 0;
      for (std::size_t b = 0; b < blocks; ++b) sum += parts[b * counters + place];
      out[place] = sum;
    });
  }
};

template <class Launcher>
Status histogram_on_device(DeviceRun& run, const Histogram::Args& args, Histogram::Output& out) {
  WEIR_TRY(Histogram::check_output(args, out));
  const std::vector<double> edges = Bins::edges_of(args);
  WEIR_ASSIGN(const auto kept, run.keep(std::span<const double>(edges)));
  Bins bins = Bins::of(args, edges);
  bins.edges = kept.data;
  const std::size_t counters = bins.count + 4;
  std::vector<std::uint64_t> totals(counters);
  std::array<std::span<std::uint64_t>, kLanesMax> host;
  Status done = run_chunks<Launcher>(
      run, args.x.size(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t blocks =
            (chunk.rows() + HistogramKernel::kValues - 1) / HistogramKernel::kValues;
        WEIR_ASSIGN(const auto parts, lane.template scratch<std::uint32_t>(blocks * counters));
        WEIR_ASSIGN(const auto sums, lane.template scratch<std::uint64_t>(counters));
        const auto count = [&](auto data) -> Status {
          WEIR_ASSIGN(const auto x, upload_column(lane, args.x, data, chunk));
          return lane.launch(device::Grid{static_cast<std::uint32_t>(blocks),
                                          HistogramKernel::kThreads, HistogramKernel::kSharedBytes},
                             HistogramKernel{}, x, bins, parts.data);
        };
        WEIR_TRY(args.x.is_f32() ? count(args.x.f32) : count(args.x.f64));
        WEIR_TRY(lane.launch(device::Grid::over(counters, 32), HistogramTotalKernel{},
                             static_cast<const std::uint32_t*>(parts.data), blocks, counters,
                             sums.data));
        host[chunk.lane] = lane.template host<std::uint64_t>(counters);
        return lane.download(sums, host[chunk.lane]);
      },
      [&](const Chunk& chunk) {
        for (std::size_t i = 0; i < counters; ++i) totals[i] += host[chunk.lane][i];
        return Status::ok();
      });
  out.below = totals[0];
  std::copy_n(totals.begin() + 1, bins.count, out.counts.begin());
  out.above = totals[bins.count + 1];
  out.nans = totals[bins.count + 2];
  out.nulls = totals[bins.count + 3];
  return done;
}

}  // namespace weir::ops
