#include <algorithm>
#include <string>
#include <vector>

#include "ops/join/match/right_side.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kRangeRows = 1 << 16;

bool is_valid(std::span<const std::uint64_t> validity, std::size_t row) {
  return validity.empty() || (validity[row / 64] >> (row % 64) & 1) != 0;
}

}  // namespace

void RightSide::build(const JoinMatch::Args& args) {
  Buffer<std::uint64_t> kept;
  Buffer<std::uint32_t> kept_rows(args.right.size());
  std::span<const std::uint64_t> keys = args.right;
  std::size_t count = 0;
  if (args.right_validity.empty()) {
    for (; count < keys.size(); ++count) kept_rows[count] = static_cast<std::uint32_t>(count);
  } else {
    kept.resize(args.right.size());
    for (std::size_t row = 0; row < args.right.size(); ++row) {
      if (!is_valid(args.right_validity, row)) continue;
      kept[count] = args.right[row];
      kept_rows[count++] = static_cast<std::uint32_t>(row);
    }
    keys = kept.span().first(count);
  }
  Buffer<std::uint32_t> ids(count);
  table.reserve(count);
  table.insert(keys, ids.data(), [](std::size_t) {});
  const std::size_t distinct = table.size();
  if (distinct == count) {
    rows = std::move(kept_rows);
    return;
  }
  unique = false;
  starts.resize(distinct + 1);
  starts.fill(0);
  for (const std::uint32_t id : ids) ++starts[id + 1];
  for (std::size_t k = 0; k < distinct; ++k) starts[k + 1] += starts[k];
  rows.resize(count);
  Buffer<std::uint32_t> next(distinct);
  std::copy_n(starts.data(), distinct, next.data());
  for (std::size_t i = 0; i < count; ++i) rows[next[ids[i]]++] = kept_rows[i];
}

namespace {

// Counts the rows that come out for a range of left rows; those with null keys find nothing.
std::size_t count_rows(const JoinMatch::Args& args, const RightSide& side, std::size_t begin,
                       std::size_t end, std::uint32_t* found) {
  std::size_t count = 0;
  for (std::size_t row = begin; row < end; ++row) {
    if (!is_valid(args.left_validity, row)) found[row] = KeyTable::kAbsent;
    const std::size_t m = side.matches(found[row]);
    switch (args.kind) {
      case JoinKind::kInner:
        count += m;
        break;
      case JoinKind::kLeft:
        count += std::max<std::size_t>(m, 1);
        break;
      case JoinKind::kSemi:
        count += m != 0 ? 1 : 0;
        break;
      case JoinKind::kAnti:
        count += m == 0 ? 1 : 0;
        break;
    }
  }
  return count;
}

void write(const JoinMatch::Args& args, const RightSide& side, std::size_t begin, std::size_t end,
           const std::uint32_t* found, std::uint32_t* left, std::uint32_t* right) {
  const bool rows_only = args.kind == JoinKind::kSemi || args.kind == JoinKind::kAnti;
  for (std::size_t row = begin; row < end; ++row) {
    const std::uint32_t id = found[row];
    const auto own = static_cast<std::uint32_t>(row);
    if (rows_only) {
      if ((id != KeyTable::kAbsent) == (args.kind == JoinKind::kSemi)) *left++ = own;
    } else if (id == KeyTable::kAbsent) {
      if (args.kind != JoinKind::kLeft) continue;
      *left++ = own;
      *right++ = JoinMatch::kNoRow;
    } else if (side.unique) {
      *left++ = own;
      *right++ = side.rows[id];
    } else {
      for (std::uint32_t i = side.starts[id]; i < side.starts[id + 1]; ++i) {
        *left++ = own;
        *right++ = side.rows[i];
      }
    }
  }
}

}  // namespace

Status write_matches(Workers& workers, const JoinMatch::Args& args, const RightSide& side,
                     JoinMatch::Output& out) {
  const std::size_t rows = args.left.size();
  const std::size_t ranges = (rows + kRangeRows - 1) / kRangeRows;
  std::vector<std::size_t> starts(ranges + 1);
  workers.run(ranges, [&](std::size_t r) {
    const std::size_t begin = r * kRangeRows;
    starts[r + 1] =
        count_rows(args, side, begin, std::min(rows, begin + kRangeRows), out.found.data());
  });
  for (std::size_t r = 0; r < ranges; ++r) starts[r + 1] += starts[r];
  if (starts[ranges] >= JoinMatch::kNoRow) {
    return out_of_range("rows_max", "the join has " + std::to_string(starts[ranges]) + " rows")
        .hint("filter one of the tables first");
  }
  if (args.admit != nullptr) WEIR_TRY((*args.admit)(starts[ranges]));
  const bool rows_only = args.kind == JoinKind::kSemi || args.kind == JoinKind::kAnti;
  out.left_rows.resize(starts[ranges]);
  out.right_rows.resize(rows_only ? 0 : starts[ranges]);
  workers.run(ranges, [&](std::size_t r) {
    const std::size_t begin = r * kRangeRows;
    write(args, side, begin, std::min(rows, begin + kRangeRows), out.found.data(),
          out.left_rows.data() + starts[r], out.right_rows.data() + (rows_only ? 0 : starts[r]));
  });
  return Status::ok();
}

Support JoinMatch::supports(const Args&, device::Kind) {
  return Support::yes();
}

Status JoinMatch::cpu(CpuRun& run, const Args& args, Output& out) {
  RightSide side;
  side.build(args);
  const std::size_t rows = args.left.size();
  out.found.resize(rows);
  run.workers.run((rows + kRangeRows - 1) / kRangeRows, [&](std::size_t r) {
    const std::size_t begin = r * kRangeRows;
    const std::size_t count = std::min(kRangeRows, rows - begin);
    side.table.find(args.left.subspan(begin, count), out.found.data() + begin);
  });
  return write_matches(run.workers, args, side, out);
}

}  // namespace weir::ops
