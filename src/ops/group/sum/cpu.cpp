#include <algorithm>
#include <bit>

#include "base/prefetch.hpp"
#include "base/result.hpp"
#include "ops/group/sum/group_sum.hpp"

namespace weir::ops {
namespace {

constexpr std::uint32_t kFewGroups = 2048;
constexpr std::uint32_t kNearGroups = 1 << 18;  // 8 MiB of sums
constexpr unsigned kReadersMax = 4;             // threads that may read all rows each
constexpr std::size_t kAhead = 24;

using Args = GroupSum::Args;
using Output = GroupSum::Output;

// A null adds +0.0, which changes no partial sum: none is ever -0.0.
double value_of(const Args& args, std::size_t row) {
  if (args.validity.empty()) return args.values[row];
  return (args.validity[row / 64] >> (row % 64) & 1) != 0 ? args.values[row] : 0.0;
}

void add_block(const Args& args, std::size_t block, double* partials) {
  std::fill_n(partials, args.groups, 0.0);
  const std::size_t begin = block * kGroupBlockRows;
  const std::size_t end = std::min(args.ids.size(), begin + kGroupBlockRows);
  if (args.validity.empty()) {
    const std::uint32_t* const ids = args.ids.data();
    const double* const values = args.values.data();
    for (std::size_t row = begin; row < end; ++row) partials[ids[row]] += values[row];
  } else {
    for (std::size_t row = begin; row < end; ++row) partials[args.ids[row]] += value_of(args, row);
  }
}

// Blocks are added up side by side, a wave at a time, and joined in order.
void sum_few(CpuRun& run, const Args& args, Output& out) {
  GroupSum::Scratch& scratch = out.scratch;
  const std::size_t groups = args.groups;
  const std::size_t blocks = (args.ids.size() + kGroupBlockRows - 1) / kGroupBlockRows;
  const std::size_t threads = run.workers.threads();
  const std::size_t wave = threads == 1 ? 1 : threads * 16;
  scratch.sums.resize(groups);
  scratch.sums.fill({});
  scratch.partials.resize(groups * std::min(wave, std::max<std::size_t>(1, blocks)));
  for (std::size_t first = 0; first < blocks; first += wave) {
    const std::size_t count = std::min(wave, blocks - first);
    run.workers.run(count, [&](std::size_t i) {
      add_block(args, first + i, scratch.partials.data() + i * groups);
    });
    for (std::size_t i = 0; i < count; ++i) {
      const double* const partials = scratch.partials.data() + i * groups;
      for (std::size_t g = 0; g < groups; ++g) scratch.sums[g].join(partials[g]);
    }
  }
  for (std::size_t g = 0; g < groups; ++g) out.sums[g] = scratch.sums[g].result();
}

// One group's sum while its rows go by: the partial sum of the block it met last. No branch: which
// groups a block repeats is nothing that a CPU could foresee, and joining 0.0 changes nothing.
struct Running {
  double partial = 0;
  BlockSum joined;
  std::uint64_t block = 0;

  void add(std::uint64_t in_block, double value) {
    const std::uint64_t same = 0 - static_cast<std::uint64_t>(block == in_block);
    const auto bits = std::bit_cast<std::uint64_t>(partial);
    joined.join(std::bit_cast<double>(bits & ~same));
    partial = std::bit_cast<double>(bits & same) + value;
    block = in_block;
  }
  double finish() {
    joined.join(partial);
    return joined.result();
  }
};

// Sums the groups [first, first + count) of all rows, fetching what is to be added to ahead.
void sum_near(const Args& args, std::uint32_t first, std::uint32_t count, Running* running) {
  const std::size_t rows = args.ids.size();
  const bool all = count == args.groups;
  std::uint32_t mine[kGroupBlockRows];  // rows of the block
  for (std::size_t begin = 0; begin < rows; begin += kGroupBlockRows) {
    const std::size_t in_block = std::min(kGroupBlockRows, rows - begin);
    const std::uint64_t block = begin / kGroupBlockRows;
    const std::uint32_t* const ids = args.ids.data() + begin;
    if (all) {
      for (std::size_t i = 0; i < in_block; ++i) {
        prefetch(&running[ids[std::min(i + kAhead, in_block - 1)]]);
        running[ids[i]].add(block, value_of(args, begin + i));
      }
      continue;
    }
    std::size_t found = 0;
    for (std::size_t i = 0; i < in_block; ++i) {
      mine[found] = static_cast<std::uint32_t>(i);
      found += ids[i] - first < count ? 1 : 0;
    }
    for (std::size_t i = 0; i < found; ++i) {
      prefetch(&running[ids[mine[std::min(i + kAhead, found - 1)]] - first]);
      running[ids[mine[i]] - first].add(block, value_of(args, begin + mine[i]));
    }
  }
}

// Every thread reads all rows and adds up its share of the groups.
void sum_middle(CpuRun& run, const Args& args, Output& out) {
  const std::uint64_t threads = run.workers.threads();
  run.workers.run(threads, [&](std::size_t t) {
    const auto first = static_cast<std::uint32_t>(args.groups * t / threads);
    const auto count = static_cast<std::uint32_t>(args.groups * (t + 1) / threads) - first;
    Buffer<Running> running(count);
    running.fill({});
    sum_near(args, first, count, running.data());
    for (std::uint32_t g = 0; g < count; ++g) out.sums[first + g] = running[g].finish();
  });
}

void sum_part(const Args& args, Output& out, std::size_t part, unsigned group_bits) {
  const std::uint64_t first = std::uint64_t{part} << group_bits;
  if (first >= args.groups) return;
  const std::uint64_t count =
      std::min<std::uint64_t>(std::uint64_t{1} << group_bits, args.groups - first);
  Buffer<Running> running(count);
  running.fill({});
  const GroupSum::Scratch& scratch = out.scratch;
  for (std::size_t i = scratch.partition.begin(part); i < scratch.partition.end(part); ++i) {
    const GroupSum::Dealt& row = scratch.dealt[i];
    running[row.id - first].add(row.block, row.value);
  }
  for (std::uint64_t g = 0; g < count; ++g) {
    out.sums[first + g] = running[g].finish();
  }
}

void sum_many(CpuRun& run, const Args& args, Output& out) {
  GroupSum::Scratch& scratch = out.scratch;
  const auto bits = static_cast<unsigned>(std::bit_width(args.groups - 1));
  const unsigned group_bits = bits > Partition::kBits ? bits - Partition::kBits : 0;
  const std::uint32_t* const ids = args.ids.data();
  scratch.partition.count(run.workers, args.ids.size(), [ids, group_bits](std::size_t row) {
    return std::size_t{ids[row] >> group_bits};
  });
  scratch.dealt.resize(args.ids.size());
  GroupSum::Dealt* const dealt = scratch.dealt.data();
  scratch.partition.scatter(run.workers, [&args, ids, dealt](std::size_t row, std::size_t place) {
    dealt[place] = {ids[row], static_cast<std::uint32_t>(row / kGroupBlockRows),
                    value_of(args, row)};
  });
  run.workers.run(Partition::kParts,
                  [&](std::size_t part) { sum_part(args, out, part, group_bits); });
}

}  // namespace

Support GroupSum::supports(const Args&, device::Kind) {
  return Support::yes();
}

Status GroupSum::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (args.groups <= kFewGroups) {
    sum_few(run, args, out);
  } else if (args.groups <= kNearGroups && run.workers.threads() <= kReadersMax) {
    sum_middle(run, args, out);
  } else {
    sum_many(run, args, out);
  }
  return Status::ok();
}

}  // namespace weir::ops
