// Triples are counted and scattered to their rows, which keeps their order; then each row sorts
// itself by column, keeping it once more, and sums neighbours. Rows that come in order, which are
// most of what files hold, are left as they are.
#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "base/numeric/canonical.hpp"
#include "ops/sparse/build/build.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskRows = 4096;
constexpr std::size_t kInsertionMax = 24;
// Memory follows the triples, not a number that somebody names: beyond kRowsFree rows, 256 MiB of
// them, there may be kRowsOfTriple for each.
constexpr std::size_t kRowsFree = std::size_t{1} << 24;
constexpr std::size_t kRowsOfTriple = 16;

struct Entry {
  std::uint32_t column;
  double value;
};

void sort_row(std::span<Entry> row, std::vector<Entry>& scratch) {
  const auto below = [](const Entry& a, const Entry& b) { return a.column < b.column; };
  if (std::is_sorted(row.begin(), row.end(), below)) return;
  if (row.size() <= kInsertionMax) {
    for (std::size_t i = 1; i < row.size(); ++i) {
      const Entry entry = row[i];
      std::size_t at = i;
      for (; at != 0 && entry.column < row[at - 1].column; --at) row[at] = row[at - 1];
      row[at] = entry;
    }
    return;
  }
  // Keys that no two entries share make an unstable sort stable.
  scratch.assign(row.begin(), row.end());
  std::vector<std::uint64_t> keys(row.size());
  for (std::size_t i = 0; i < row.size(); ++i) keys[i] = std::uint64_t{row[i].column} << 32 | i;
  std::sort(keys.begin(), keys.end());
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = scratch[keys[i] & 0xffffffffU];
}

// Sums entries of one column, drops zeros if asked to, and returns how many are left.
std::size_t sum_row(std::span<Entry> row, bool prune) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < row.size();) {
    Entry entry = row[i++];
    for (; i < row.size() && row[i].column == entry.column; ++i) {
      entry.value = numeric::one_nan(entry.value + row[i].value);
    }
    if (prune && entry.value == 0) continue;
    row[kept++] = entry;
  }
  return kept;
}

}  // namespace

Status CsrBuild::check(const Args& args) {
  WEIR_TRY(check_csr_cols(args.cols));
  const std::size_t n = args.value.size();
  if (args.row.size() != n || args.column.size() != n || n >> 32 != 0) {
    return invalid_argument("lengths_differ", std::to_string(args.row.size()) + " rows, " +
                                                  std::to_string(args.column.size()) +
                                                  " columns, " + std::to_string(n) + " values")
        .at("value")
        .hint("a triple takes one of each; at most 4,294,967,295 triples");
  }
  if (args.rows > std::max(kRowsFree, kRowsOfTriple * n)) {
    return invalid_argument("rows_too_many", std::to_string(args.rows) + " rows of " +
                                                 std::to_string(n) + " triples")
        .at("rows")
        .hint("each row takes 16 bytes: use at most 16,777,216, or 16 a triple");
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (args.row[i] < args.rows && args.column[i] < args.cols) continue;
    return invalid_argument("triple_outside", "triple " + std::to_string(i) + " lies at (" +
                                                  std::to_string(args.row[i]) + ", " +
                                                  std::to_string(args.column[i]) + ") of a " +
                                                  std::to_string(args.rows) + " x " +
                                                  std::to_string(args.cols) + " matrix")
        .at("row");
  }
  return Status::ok();
}

Support CsrBuild::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedType, "matrices are built on the CPU");
}

Footprint CsrBuild::footprint(const Args& args) {
  const std::size_t n = args.value.size();
  return {.rows = n,
          .bytes_in = n * 16,
          .bytes_out = n * 12 + args.rows * 8,
          .bytes_scratch = n * sizeof(Entry) + args.rows * 8,
          .flops = static_cast<double>(n) * 8,
          .chunkable = false};
}

Status CsrBuild::cpu(CpuRun& run, const Args& args, Output& out) {
  const std::size_t n = args.value.size();
  CsrParts parts = out.matrix.take();
  parts.rows = args.rows;
  parts.cols = args.cols;
  // next[r + 1] is where row r goes on, and in the end where row r + 1 begins.
  std::vector<std::uint64_t> next(args.rows + 2, 0);
  for (std::size_t i = 0; i < n; ++i) ++next[args.row[i] + 2];
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<Entry> entries(n);
  for (std::size_t i = 0; i < n; ++i) {
    entries[next[args.row[i] + 1]++] = {args.column[i], args.value[i]};
  }
  parts.offsets.assign(args.rows + 1, 0);
  const std::size_t tasks = (args.rows + kTaskRows - 1) / kTaskRows;
  run.workers.run(tasks, [&](std::size_t task) {
    std::vector<Entry> scratch;
    const std::size_t end = std::min(args.rows, (task + 1) * kTaskRows);
    for (std::size_t r = task * kTaskRows; r < end; ++r) {
      const std::span<Entry> row(entries.data() + next[r], next[r + 1] - next[r]);
      sort_row(row, scratch);
      parts.offsets[r + 1] = sum_row(row, args.prune);
    }
  });
  std::partial_sum(parts.offsets.begin(), parts.offsets.end(), parts.offsets.begin());
  parts.columns.resize(parts.offsets.back());
  parts.values.resize(parts.offsets.back());
  run.workers.run(tasks, [&](std::size_t task) {
    const std::size_t end = std::min(args.rows, (task + 1) * kTaskRows);
    for (std::size_t r = task * kTaskRows; r < end; ++r) {
      const Entry* from = entries.data() + next[r];
      for (std::size_t e = parts.offsets[r]; e < parts.offsets[r + 1]; ++e, ++from) {
        parts.columns[e] = from->column;
        parts.values[e] = from->value;
      }
    }
  });
  out.matrix = Csr(std::move(parts));
  return Status::ok();
}

}  // namespace weir::ops
