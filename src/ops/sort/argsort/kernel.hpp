// What drives sort.argsort on a device: each chunk is sorted there, the runs are merged here.
#pragma once

#include <algorithm>
#include <vector>

#include "base/result.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/sort/merge_runs.hpp"
#include "ops/sort/radix.hpp"

namespace weir::ops {

// `Sorter` is BlockRadix, or what the device brings that does the same.
template <class Launcher, class Sorter = BlockRadix>
Status argsort_on_device(DeviceRun& run, const Argsort::Args& args, Argsort::Output& out) {
  WEIR_TRY(Argsort::check_output(args, out));
  const bool whole = run.chunk_rows(args.rows) == args.rows;
  std::vector<std::uint64_t> keys(whole ? 0 : args.rows);
  std::vector<std::uint32_t> rows(whole ? 0 : args.rows);
  std::vector<std::size_t> starts;
  const Status sorted = run_chunks<Launcher>(
      run, args.rows,
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        starts.push_back(chunk.begin);
        const auto part = args.keys.subspan(chunk.begin, chunk.rows());
        WEIR_ASSIGN(auto pairs, radix_pairs(lane, part));
        WEIR_TRY(Sorter::sort(lane, pairs, differing_bits(part)));
        if (whole) return lane.download(pairs.rows, out.rows);
        const auto mine = std::span(keys).subspan(chunk.begin, chunk.rows());
        WEIR_TRY(lane.download(pairs.keys, mine));
        return lane.download(pairs.rows, std::span(rows).subspan(chunk.begin, chunk.rows()));
      },
      [&](const Chunk& chunk) {
        if (!whole) {
          for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
            rows[i] += static_cast<std::uint32_t>(chunk.begin);
          }
        }
        return Status::ok();
      });
  WEIR_TRY(sorted);
  if (whole) return Status::ok();
  merge_runs(keys, rows, std::move(starts));
  std::copy(rows.begin(), rows.end(), out.rows.begin());
  return Status::ok();
}

}  // namespace weir::ops
