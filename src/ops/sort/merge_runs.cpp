#include "ops/sort/merge_runs.hpp"

#include <algorithm>

namespace weir::ops {
namespace {

struct Runs {
  std::vector<std::uint64_t>& keys;
  std::vector<std::uint32_t>& rows;

  void move(const Runs& from, std::size_t i, std::size_t to) {
    keys[to] = from.keys[i];
    if (!rows.empty()) rows[to] = from.rows[i];
  }
  void merge(const Runs& from, std::size_t begin, std::size_t middle, std::size_t end) {
    std::size_t left = begin;
    std::size_t right = middle;
    for (std::size_t to = begin; to < end; ++to) {
      const bool take_left = right == end || (left < middle && from.keys[left] <= from.keys[right]);
      move(from, take_left ? left++ : right++, to);
    }
  }
};

}  // namespace

void merge_runs(std::vector<std::uint64_t>& keys, std::vector<std::uint32_t>& rows,
                std::vector<std::size_t> starts) {
  std::vector<std::uint64_t> other_keys(keys.size());
  std::vector<std::uint32_t> other_rows(rows.size());
  while (starts.size() > 1) {
    Runs to{other_keys, other_rows};
    std::vector<std::size_t> merged;
    for (std::size_t r = 0; r < starts.size(); r += 2) {
      const auto edge = [&](std::size_t i) { return i < starts.size() ? starts[i] : keys.size(); };
      to.merge({keys, rows}, starts[r], edge(r + 1), edge(r + 2));
      merged.push_back(starts[r]);
    }
    keys.swap(other_keys);
    rows.swap(other_rows);
    starts = std::move(merged);
  }
}

}  // namespace weir::ops
