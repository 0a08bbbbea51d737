// What drives sort.keys on a device: each chunk is sorted there, the runs are merged here.
#pragma once

#include <algorithm>
#include <vector>

#include "base/result.hpp"
#include "ops/sort/keys/sort_keys.hpp"
#include "ops/sort/merge_runs.hpp"
#include "ops/sort/radix.hpp"

namespace weir::ops {

template <class Launcher, class Sorter = BlockRadix>
Status sort_keys_on_device(DeviceRun& run, const SortKeys::Args& args, SortKeys::Output& out) {
  WEIR_TRY(SortKeys::check_output(args, out));
  const std::size_t rows = args.keys.size();
  const bool whole = run.chunk_rows(rows) == rows;
  std::vector<std::uint64_t> keys(whole ? 0 : rows);
  const std::span<std::uint64_t> to = whole ? out.keys : std::span(keys);
  std::vector<std::size_t> starts;
  const Status sorted = run_chunks<Launcher>(
      run, rows,
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        starts.push_back(chunk.begin);
        const auto part = args.keys.subspan(chunk.begin, chunk.rows());
        WEIR_ASSIGN(auto pairs, radix_pairs(lane, part));
        WEIR_TRY(Sorter::sort_keys(lane, pairs, differing_bits(part)));
        return lane.download(pairs.keys, to.subspan(chunk.begin, chunk.rows()));
      },
      [](const Chunk&) { return Status::ok(); });
  WEIR_TRY(sorted);
  if (whole) return Status::ok();
  std::vector<std::uint32_t> none;
  merge_runs(keys, none, std::move(starts));
  std::copy(keys.begin(), keys.end(), out.keys.begin());
  return Status::ok();
}

}  // namespace weir::ops
