#include <algorithm>
#include <bit>
#include <vector>

#include "ops/group/assign/group_assign.hpp"
#include "ops/group/key_table.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kSampleRows = 1 << 16;
constexpr std::size_t kFewGroups = 1 << 13;
constexpr std::size_t kRangeRowsMin = 1 << 17;

using Args = GroupAssign::Args;
using Output = GroupAssign::Output;

// Whether the first rows hold so few keys that a table of all keys is likely to stay in the cache.
bool few_groups(std::span<const std::uint64_t> keys, std::uint32_t* ids) {
  KeyTable table;
  table.insert(keys.first(std::min(kSampleRows, keys.size())), ids, [](std::size_t) {});
  return table.size() <= kFewGroups;
}

// The keys of one range of rows, numbered among themselves.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> first_rows;
  std::vector<std::uint32_t> global;
};

void number_range(const Args& args, Range& range, std::uint32_t* ids) {
  KeyTable table;
  const auto keys = args.keys.subspan(range.begin, range.end - range.begin);
  table.insert(keys, ids + range.begin, [&](std::size_t i) {
    range.keys.push_back(keys[i]);
    range.first_rows.push_back(static_cast<std::uint32_t>(range.begin + i));
  });
}

void keep_first_rows(std::span<const std::uint32_t> rows, Output& out) {
  const std::size_t before = out.first_rows.size();
  out.first_rows.extend(before + rows.size());
  std::copy(rows.begin(), rows.end(), out.first_rows.data() + before);
}

void assign_by_ranges(CpuRun& run, const Args& args, Output& out) {
  const std::size_t rows = args.keys.size();
  const std::size_t threads = run.workers.threads();
  const std::size_t count =
      threads == 1 ? 1 : std::clamp<std::size_t>(rows / kRangeRowsMin, 1, threads * 2);
  std::vector<Range> ranges(count);
  for (std::size_t r = 0; r < count; ++r) {
    ranges[r].begin = rows * r / count;
    ranges[r].end = rows * (r + 1) / count;
  }
  run.workers.run(count, [&](std::size_t r) { number_range(args, ranges[r], out.ids.data()); });
  keep_first_rows(ranges[0].first_rows, out);
  if (count == 1) return;
  KeyTable table;
  for (Range& range : ranges) {
    range.global.resize(range.keys.size());
    std::vector<std::uint32_t> fresh;
    table.insert(range.keys, range.global.data(),
                 [&](std::size_t i) { fresh.push_back(range.first_rows[i]); });
    if (&range != ranges.data()) keep_first_rows(fresh, out);
  }
  run.workers.run(count - 1, [&](std::size_t r) {
    const Range& range = ranges[r + 1];
    for (std::size_t row = range.begin; row < range.end; ++row) {
      out.ids[row] = range.global[out.ids[row]];
    }
  });
}

// Numbers the keys of one part in order of appearance; the first rows of its groups take the
// leading places of its rows.
std::uint32_t number_part(Output& out, std::size_t part) {
  GroupAssign::Scratch& scratch = out.scratch;
  const std::size_t begin = scratch.partition.begin(part);
  const std::size_t count = scratch.partition.end(part) - begin;
  std::uint32_t* const rows = scratch.rows.data() + begin;
  KeyTable table(Partition::kBits);
  std::uint32_t next = 0;
  table.insert({scratch.keys.data() + begin, count}, scratch.local.data() + begin,
               [&](std::size_t i) { rows[next++] = rows[i]; });
  return next;
}

// Numbers all groups by their first rows, which are marked in a bitmap.
void rank_first_rows(Output& out, std::span<const std::uint32_t> groups) {
  GroupAssign::Scratch& scratch = out.scratch;
  const std::size_t words = out.ids.size() / 64 + 1;
  scratch.marks.resize(words);
  scratch.marks.fill(0);
  std::size_t total = 0;
  for (std::size_t part = 0; part < Partition::kParts; ++part) {
    const std::uint32_t* rows = scratch.rows.data() + scratch.partition.begin(part);
    for (std::uint32_t g = 0; g < groups[part]; ++g) {
      scratch.marks[rows[g] / 64] |= std::uint64_t{1} << (rows[g] % 64);
    }
    total += groups[part];
  }
  scratch.ranks.resize(words);
  out.first_rows.resize(total);
  std::uint32_t rank = 0;
  for (std::size_t word = 0; word < words; ++word) {
    scratch.ranks[word] = rank;
    for (std::uint64_t rest = scratch.marks[word]; rest != 0; rest &= rest - 1) {
      out.first_rows[rank++] = static_cast<std::uint32_t>(word * 64) +
                               static_cast<std::uint32_t>(std::countr_zero(rest));
    }
  }
}

void globalise_part(GroupAssign::Scratch& scratch, std::size_t part, std::uint32_t groups) {
  const std::size_t begin = scratch.partition.begin(part);
  std::uint32_t* const global = scratch.rows.data() + begin;
  for (std::uint32_t g = 0; g < groups; ++g) {
    const std::uint32_t row = global[g];
    const std::uint64_t before = scratch.marks[row / 64] & ((std::uint64_t{1} << (row % 64)) - 1);
    global[g] = scratch.ranks[row / 64] + static_cast<std::uint32_t>(std::popcount(before));
  }
  std::uint32_t* const local = scratch.local.data();
  for (std::size_t i = begin; i < scratch.partition.end(part); ++i) local[i] = global[local[i]];
}

void assign_by_parts(CpuRun& run, const Args& args, Output& out) {
  GroupAssign::Scratch& scratch = out.scratch;
  const std::size_t rows = args.keys.size();
  scratch.keys.resize(rows);
  scratch.rows.resize(rows);
  scratch.local.resize(rows);
  const std::uint64_t* const keys = args.keys.data();
  scratch.partition.count(run.workers, rows, [keys](std::size_t row) {
    return spread_key(keys[row]) >> (64 - Partition::kBits);
  });
  std::uint64_t* const part_keys = scratch.keys.data();
  std::uint32_t* const part_rows = scratch.rows.data();
  scratch.partition.scatter(run.workers, [=](std::size_t row, std::size_t place) {
    part_keys[place] = keys[row];
    part_rows[place] = static_cast<std::uint32_t>(row);
  });
  std::vector<std::uint32_t> groups(Partition::kParts);
  run.workers.run(Partition::kParts,
                  [&](std::size_t part) { groups[part] = number_part(out, part); });
  rank_first_rows(out, groups);
  run.workers.run(Partition::kParts,
                  [&](std::size_t part) { globalise_part(scratch, part, groups[part]); });
  std::uint32_t* const ids = out.ids.data();
  const std::uint32_t* const local = scratch.local.data();
  scratch.partition.gather(run.workers,
                           [=](std::size_t row, std::size_t place) { ids[row] = local[place]; });
}

}  // namespace

Support GroupAssign::supports(const Args&, device::Kind kind) {
  return kind == device::Kind::kCpu
             ? Support::yes()
             : Support::no(Reason::kUnsupportedType, "group.assign has no device form");
}

Status GroupAssign::cpu(CpuRun& run, const Args& args, Output& out) {
  out.first_rows.resize(0);
  if (args.keys.empty()) return Status::ok();
  if (few_groups(args.keys, out.ids.data())) {
    assign_by_ranges(run, args, out);
  } else {
    assign_by_parts(run, args, out);
  }
  return Status::ok();
}

}  // namespace weir::ops
