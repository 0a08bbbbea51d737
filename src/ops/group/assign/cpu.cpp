#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "ops/group/assign/group_assign.hpp"
#include "ops/group/dense_table.hpp"
#include "ops/group/key_table.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kSampleRows = 1 << 16;
constexpr std::size_t kFewGroups = 1 << 15;
constexpr std::size_t kRangeRowsMin = 1 << 17;
constexpr std::size_t kRelabelRows = 1 << 16;

using Args = GroupAssign::Args;
using Output = GroupAssign::Output;

// Whether the first rows hold so few keys that a table of all keys is likely to stay in the cache.
bool few_groups(std::span<const std::uint64_t> keys, std::uint32_t* ids) {
  KeyTable table;
  table.insert(keys.first(std::min(kSampleRows, keys.size())), ids, [](std::size_t) {});
  return table.size() <= kFewGroups;
}

// The least and the greatest of some keys.
struct KeyRange {
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t most = 0;

  static KeyRange of(std::span<const std::uint64_t> keys) {
    KeyRange range;
    for (const std::uint64_t key : keys) {
      range.least = std::min(range.least, key);
      range.most = std::max(range.most, key);
    }
    return range;
  }
  void join(const KeyRange& other) {
    least = std::min(least, other.least);
    most = std::max(most, other.most);
  }
  // Whether a table of every possible key is no larger than the rows.
  bool dense(std::size_t rows) const { return most - least < rows; }
};

// The first keys tell most columns whose keys lie far apart.
KeyRange key_range(Workers& workers, std::span<const std::uint64_t> keys) {
  const KeyRange sample = KeyRange::of(keys.first(std::min<std::size_t>(keys.size(), 4096)));
  if (!sample.dense(keys.size())) return sample;
  const std::size_t parts = std::min<std::size_t>(workers.threads(), keys.size() / kSampleRows + 1);
  std::vector<KeyRange> ranges(parts);
  workers.run(parts, [&](std::size_t p) {
    const std::size_t begin = keys.size() * p / parts;
    ranges[p] = KeyRange::of(keys.subspan(begin, keys.size() * (p + 1) / parts - begin));
  });
  for (const KeyRange& range : ranges) ranges[0].join(range);
  return ranges[0];
}

// The keys of one range of rows, numbered among themselves.
template <class Table>
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::optional<Table> table = {};
  std::vector<std::uint64_t> keys = {};
  std::vector<std::uint32_t> first_rows = {};
  std::vector<std::uint32_t> global = {};
};

void keep_first_rows(std::span<const std::uint32_t> rows, Output& out) {
  const std::size_t before = out.first_rows.size();
  out.first_rows.extend(before + rows.size());
  std::copy(rows.begin(), rows.end(), out.first_rows.data() + before);
}

// Each range of rows is numbered by a table of its own; the first one's numbers are final, those of
// the others are looked up in it.
template <class Table, class MakeTable>
void assign_by_ranges(CpuRun& run, const Args& args, std::size_t count, const MakeTable& make,
                      Output& out) {
  const std::size_t rows = args.keys.size();
  std::vector<Range<Table>> ranges(count);
  run.workers.run(count, [&](std::size_t r) {
    Range<Table>& range = ranges[r];
    range.begin = rows * r / count;
    range.end = rows * (r + 1) / count;
    range.table.emplace(make());
    const auto keys = args.keys.subspan(range.begin, range.end - range.begin);
    range.table->insert(keys, out.ids.data() + range.begin, [&](std::size_t i) {
      if (r != 0) range.keys.push_back(keys[i]);
      range.first_rows.push_back(static_cast<std::uint32_t>(range.begin + i));
    });
    if (r != 0) range.table.reset();
  });
  keep_first_rows(ranges[0].first_rows, out);
  for (std::size_t r = 1; r < count; ++r) {
    Range<Table>& range = ranges[r];
    range.global.resize(range.keys.size());
    std::vector<std::uint32_t> fresh;
    ranges[0].table->insert(range.keys, range.global.data(),
                            [&](std::size_t i) { fresh.push_back(range.first_rows[i]); });
    keep_first_rows(fresh, out);
  }
  if (count == 1) return;
  const std::size_t first = ranges[1].begin;
  run.workers.run((rows - first + kRelabelRows - 1) / kRelabelRows, [&](std::size_t task) {
    std::size_t row = first + task * kRelabelRows;
    const std::size_t end = std::min(rows, row + kRelabelRows);
    std::size_t r = 1;
    for (; row < end; ++row) {
      while (row >= ranges[r].end) ++r;
      out.ids[row] = ranges[r].global[out.ids[row]];
    }
  });
}

std::size_t ranges_of(const CpuRun& run, std::size_t rows, std::size_t rows_min) {
  const std::size_t threads = run.workers.threads();
  return threads == 1 ? 1 : std::clamp<std::size_t>(rows / rows_min, 1, threads);
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
  WEIR_TRY(check_output(args, out));
  out.first_rows.resize(0);
  if (args.keys.empty()) return Status::ok();
  const std::size_t rows = args.keys.size();
  const KeyRange keys = key_range(run.workers, args.keys);
  if (keys.dense(rows)) {
    const std::size_t range = keys.most - keys.least + 1;
    // A table of its own for each thread pays where the rows are several times the keys.
    assign_by_ranges<DenseTable>(
        run, args, ranges_of(run, rows, std::max(kRangeRowsMin, range)),
        [&] { return DenseTable(keys.least, range); }, out);
  } else if (few_groups(args.keys, out.ids.data())) {
    assign_by_ranges<KeyTable>(
        run, args, ranges_of(run, rows, kRangeRowsMin), [] { return KeyTable(); }, out);
  } else {
    assign_by_parts(run, args, out);
  }
  return Status::ok();
}

}  // namespace weir::ops
