// Workloads of tables: sorts, filters, groups, joins, and steps in a row.
#include <bit>
#include <memory>

#include "base/rng.hpp"
#include "main/bench/ops/workload.hpp"
#include "ops/filter/compact/compact.hpp"
#include "ops/group/assign/group_assign.hpp"
#include "ops/group/sum/group_sum.hpp"
#include "ops/join/match/join_match.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/sort/keys/sort_keys.hpp"
#include "ops/table/steps.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kSortRows = std::size_t{4} << 20;
constexpr std::size_t kRows = 10'000'000;
constexpr std::size_t kStepRows = 1'000'000;
constexpr unsigned kThreads = 2;

std::vector<std::uint64_t> keys_below(std::size_t n, std::uint64_t bound, std::uint64_t seed) {
  Philox rng(seed, 1);
  std::vector<std::uint64_t> keys(n);
  for (auto& key : keys) {
    key = bound == 0 ? rng.next_u64() : rng.next_below(static_cast<std::uint32_t>(bound));
  }
  return keys;
}

Result<Run> make_sort(ops::Workers& workers) {
  auto keys = std::make_shared<std::vector<std::uint64_t>>(keys_below(kSortRows, 0, 1));
  auto sorted = std::make_shared<std::vector<std::uint64_t>>(kSortRows);
  return Run([keys, sorted, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::SortKeys::Output out{*sorted};
    return ops::SortKeys::cpu(run, {*keys}, out);
  });
}

Result<Run> make_argsort(ops::Workers& workers) {
  auto keys = std::make_shared<std::vector<std::uint64_t>>(keys_below(kSortRows, 0, 1));
  auto order = std::make_shared<std::vector<std::uint32_t>>(kSortRows);
  return Run([keys, order, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::Argsort::Output out{*order};
    return ops::Argsort::cpu(run, {.keys = *keys, .words = 1, .rows = kSortRows}, out);
  });
}

// Values above one half, by a bitmap that is made from them.
Result<Run> make_filter(ops::Workers& workers) {
  struct Data {
    std::vector<double> x = bench_numbers(kRows, 3);
    std::vector<std::uint64_t> bits = std::vector<std::uint64_t>((kRows + 63) / 64);
    std::vector<double> kept = std::vector<double>(kRows);
  };
  auto data = std::make_shared<Data>();
  for (std::size_t i = 0; i < kRows; ++i) {
    data->bits[i / 64] |= std::uint64_t{data->x[i] > 0} << (i % 64);
  }
  std::size_t kept = 0;
  for (const std::uint64_t word : data->bits) kept += static_cast<std::size_t>(std::popcount(word));
  return Run([data, kept, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::Compact::Output out{{reinterpret_cast<char*>(data->kept.data()), kept * sizeof(double)}};
    return ops::Compact::cpu(run,
                             {.bits = data->bits,
                              .rows = kRows,
                              .values = {reinterpret_cast<const char*>(data->x.data()), kRows * 8},
                              .width = 8},
                             out);
  });
}

// Groups by key and sums each, as a query does: numbers for the keys, then the sums.
Result<Run> make_group(ops::Workers& workers, std::uint64_t groups) {
  struct Data {
    explicit Data(std::uint64_t bound)
        : keys(keys_below(kRows, bound, 4)), values(bench_numbers(kRows, 5)), ids(kRows) {}
    std::vector<std::uint64_t> keys;
    std::vector<double> values;
    std::vector<std::uint32_t> ids;
    std::vector<double> sums;
    ops::GroupAssign::Output assigned;
    ops::GroupSum::Output summed;
  };
  auto data = std::make_shared<Data>(groups);
  return Run([data, &workers]() -> Status {
    ops::CpuRun run{workers};
    data->assigned.ids = data->ids;
    WEIR_TRY(ops::GroupAssign::cpu(run, {data->keys}, data->assigned));
    const auto count = static_cast<std::uint32_t>(data->assigned.first_rows.size());
    data->sums.resize(count);
    data->summed.sums = data->sums;
    return ops::GroupSum::cpu(run, {.ids = data->ids, .values = data->values, .groups = count},
                              data->summed);
  });
}

Result<Run> make_join(ops::Workers& workers, std::uint64_t right) {
  struct Data {
    std::vector<std::uint64_t> left;
    std::vector<std::uint64_t> right;
    ops::JoinMatch::Output out;
  };
  auto data = std::make_shared<Data>();
  data->left = keys_below(kRows, right, 6);
  for (std::uint64_t key = 0; key < right; ++key) data->right.push_back(key * 7919 % right);
  return Run([data, &workers]() -> Status {
    ops::CpuRun run{workers};
    return ops::JoinMatch::cpu(run, {.left = data->left, .right = data->right}, data->out);
  });
}

Result<Run> make_steps(ops::Workers& workers) {
  struct Data {
    ops::Table table;
    std::vector<ops::Step> steps;
  };
  auto data = std::make_shared<Data>();
  std::vector<std::int64_t> ids(kStepRows);
  for (std::size_t i = 0; i < kStepRows; ++i) ids[i] = static_cast<std::int64_t>(i);
  const std::vector<double> values = bench_numbers(kStepRows, 7);
  WEIR_TRY(data->table.add("id", ops::Column::of<std::int64_t>(ops::ColumnType::i64(), ids)));
  WEIR_TRY(data->table.add("value", ops::Column::of<double>(ops::ColumnType::f64(), values)));
  WEIR_ASSIGN(auto where, ops::Expression::parse("value > 0"));
  WEIR_ASSIGN(auto twice, ops::Expression::parse("value * 2 + 1"));
  WEIR_ASSIGN(auto key, ops::Expression::parse("twice"));
  data->steps = {ops::FilterStep{where}, ops::MapStep{{{"twice", twice}}},
                 ops::SortStep{{{key, true}}}};
  return Run([data, &workers]() -> Status {
    ops::CpuRunner run(workers);
    WEIR_ASSIGN(const auto result, ops::run_steps(run, data->table, data->steps, {}));
    return Status::ok();
  });
}

Workload table_workload(std::string_view name, std::string_view what, double seconds_required,
                        std::function<Result<Run>(ops::Workers&)> make) {
  Workload workload;
  workload.name = name;
  workload.family = "table";
  workload.what = what;
  workload.threads = kThreads;
  workload.seconds_required = seconds_required;
  workload.peer = name;
  workload.make = std::move(make);
  return workload;
}

}  // namespace

std::vector<Workload> table_workloads() {
  Workload sort = table_workload("sort_u64", "4 M random u64", 0.045, make_sort);
  sort.threads = 1;
  Workload argsort = table_workload("argsort_u64", "order of 4 M random u64", 0.090, make_argsort);
  argsort.threads = 1;
  Workload filter = table_workload("filter", "10 M f64, half of them kept", 0, make_filter);
  filter.limit = Limit::kDram;
  filter.share_required = 0.6;
  filter.amount = kRows * (8 + 4 + 0.125);
  const auto group = [](std::uint64_t groups) {
    return [groups](ops::Workers& workers) { return make_group(workers, groups); };
  };
  const auto join = [](std::uint64_t right) {
    return [right](ops::Workers& workers) { return make_join(workers, right); };
  };
  Workload group_1k =
      table_workload("group_1k", "sum of 10 M rows by key, 1,000 groups", 0.060, group(1000));
  Workload group_1m =
      table_workload("group_1m", "sum of 10 M rows by key, 1 M groups", 0.150, group(1'000'000));
  Workload join_1m = table_workload("join_1m", "10 M rows with 1 M", 0.250, join(1'000'000));
  Workload steps = table_workload("steps", "filter, map and sort of 1 M rows", 0.008, make_steps);
  for (Workload* const one : {&group_1k, &group_1m, &join_1m, &steps}) {
    one->peer_ratio_required = 1;
  }
  return {
      sort,
      argsort,
      filter,
      group_1k,
      table_workload("group_100k", "sum of 10 M rows by key, 100,000 groups", 0, group(100'000)),
      group_1m,
      table_workload("join_100k", "10 M rows with 100,000", 0, join(100'000)),
      join_1m,
      steps};
}

}  // namespace weir::main
