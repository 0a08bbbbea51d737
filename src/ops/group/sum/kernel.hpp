// The kernels of group.sum and what drives them: rows are sorted by group, stably; one thread adds
// up a group's values of one block, another joins the blocks of one group, in order.
#pragma once

#include <algorithm>
#include <vector>

#include "base/result.hpp"
#include "ops/group/sum/group_sum.hpp"
#include "ops/sort/radix.hpp"

namespace weir::ops {

// A chunk's rows by group. Places at which a group's block begins hold its partial sum and length.
struct GroupedChunk {
  const std::uint32_t* ids;   // sorted
  const std::uint32_t* rows;  // of each, within the chunk
  std::size_t size;
};

struct GroupPartialKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, GroupedChunk chunk, const double* values,
                          const std::uint64_t* validity, double* partials,
                          std::uint32_t* lengths) const {
    block.each_thread([&](unsigned t) {
      const std::size_t first = std::size_t{block.index()} * block.threads() + t;
      if (first >= chunk.size) return;
      const std::uint32_t id = chunk.ids[first];
      const std::size_t own = chunk.rows[first] / kGroupBlockRows;
      if (first > 0 && chunk.ids[first - 1] == id &&
          chunk.rows[first - 1] / kGroupBlockRows == own) {
        return;
      }
      double partial = 0;
      std::size_t i = first;
      for (; i < chunk.size && chunk.ids[i] == id; ++i) {
        const std::size_t row = chunk.rows[i];
        if (row / kGroupBlockRows != own) break;
        const bool valid = validity == nullptr || (validity[row / 64] >> (row % 64) & 1) != 0;
        partial += valid ? values[row] : 0.0;
      }
      partials[first] = partial;
      lengths[first] = static_cast<std::uint32_t>(i - first);
    });
  }
};

struct GroupJoinKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, GroupedChunk chunk, const double* partials,
                          const std::uint32_t* lengths, BlockSum* sums) const {
    block.each_thread([&](unsigned t) {
      const std::size_t first = std::size_t{block.index()} * block.threads() + t;
      if (first >= chunk.size) return;
      const std::uint32_t id = chunk.ids[first];
      if (first > 0 && chunk.ids[first - 1] == id) return;
      BlockSum sum = sums[id];
      for (std::size_t i = first; i < chunk.size && chunk.ids[i] == id; i += lengths[i]) {
        sum.join(partials[i]);
      }
      sums[id] = sum;
    });
  }
};

template <class Launcher>
Result<const std::uint64_t*> upload_validity(const GroupSum::Args& args, const Chunk& chunk,
                                             Lane<Launcher>& lane) {
  if (args.validity.empty()) return nullptr;
  WEIR_ASSIGN(const auto words,
              lane.upload(args.validity.subspan(chunk.begin / 64, (chunk.rows() + 63) / 64)));
  return words.data;
}

template <class Launcher, class Sorter = BlockRadix>
Status group_sum_on_device(DeviceRun& run, const GroupSum::Args& args, GroupSum::Output& out) {
  WEIR_TRY(GroupSum::check_output(args, out));
  static_assert(sizeof(BlockSum) == 16);
  WEIR_ASSIGN(const auto sums, run.template allocate<BlockSum>(args.groups));
  // Chunks are joined in order, whichever lane has them.
  WEIR_ASSIGN(device::Event joined, run.device().create_event());
  const Status added = run_chunks<Launcher>(
      run, args.ids.size(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t n = chunk.rows();
        const auto ids = args.ids.subspan(chunk.begin, n);
        WEIR_ASSIGN(const auto values, lane.upload(args.values.subspan(chunk.begin, n)));
        WEIR_ASSIGN(const std::uint64_t* const validity, upload_validity(args, chunk, lane));
        WEIR_ASSIGN(auto pairs, radix_pairs(lane, ids));
        WEIR_TRY(Sorter::sort(lane, pairs, differing_bits(ids)));
        WEIR_ASSIGN(const auto partials, lane.template scratch<double>(n));
        WEIR_ASSIGN(const auto lengths, lane.template scratch<std::uint32_t>(n));
        const GroupedChunk grouped{pairs.keys.data, pairs.rows.data, n};
        const device::Grid grid = device::Grid::over(n, 256);
        WEIR_TRY(lane.launch(grid, GroupPartialKernel{}, grouped, values.data, validity,
                             partials.data, lengths.data));
        if (chunk.index > 0) WEIR_TRY(lane.stream().wait(joined));
        const double* const made = partials.data;
        const std::uint32_t* const steps = lengths.data;
        WEIR_TRY(lane.launch(grid, GroupJoinKernel{}, grouped, made, steps, sums.data));
        return lane.stream().record(joined);
      },
      [](const Chunk&) { return Status::ok(); });
  WEIR_TRY(added);
  std::vector<BlockSum> all(args.groups);
  WEIR_TRY(run.fetch(sums, std::span(all)));
  for (std::size_t g = 0; g < args.groups; ++g) out.sums[g] = all[g].result();
  return Status::ok();
}

}  // namespace weir::ops
