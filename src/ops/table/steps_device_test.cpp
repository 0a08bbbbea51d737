// Steps on a simulated device: the rows of the CPU, and a report of each op.
#include <gtest/gtest.h>

#include "device/sim/driver.hpp"
#include "ops/table/random_table.hpp"
#include "ops/table/steps.hpp"
#include "ops/table/steps_reference.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261122;
constexpr std::size_t kMemory = std::size_t{8} << 20;

Expression parsed(std::string_view text) {
  return Expression::parse(text).value();
}

struct Machine {
  explicit Machine(const device::sim::FaultPlan& plan) : context(Workers(1), clock) {
    device::DeviceLimits limits;
    limits.memory_bytes_max = kMemory;
    limits.staging_bytes = 1 << 16;
    context.use_device(
        *device::Device::create(device::sim::make_driver(plan, kMemory), limits, clock), {});
  }
  ManualClock clock{1'000'000};
  Context context;
};

Table small_table() {
  return random_table(300, 12, true, kSeed);
}

std::vector<Step> all_steps() {
  JoinStep join{random_table(40, 12, true, kSeed + 1), {{"l", "l"}}, JoinKind::kSemi};
  WindowStep window{{parsed("s")},
                    {{parsed("t")}},
                    Frame::rows(-2, 0),
                    {{"before", *WindowFunction::parse("lag(d)")}}};
  return {FilterStep{parsed("d is not null and l > -10")},
          MapStep{{{"x", parsed("d * 2")}, {"y", parsed("upper(s)")}}},
          join,
          window,
          SortStep{{{parsed("x"), true}}},
          TopKStep{{{parsed("t")}}, 100},
          DistinctStep{{parsed("l"), parsed("d")}},
          GroupStep{{{"s", parsed("s")}},
                    {{"sum", *Aggregate::parse("sum(d)")},
                     {"kinds", *Aggregate::parse("count_distinct(p)")}}}};
}

const RunOptions kOnDevice{.placement = Placement::kGpu, .fallback = Fallback::kSilent};

TEST(StepsOnDevice, GiveTheRowsOfTheCpuAndReportEachOp) {
  Machine machine({.seed = 3});
  CpuRunner plain(machine.context.workers());
  const Result<StepsResult> expected = run_steps(plain, small_table(), all_steps(), {});
  ASSERT_TRUE(expected) << expected.error().to_string();
  std::vector<Report> reports;
  ExecuteRunner run(machine.context, kOnDevice, reports);
  const Result<StepsResult> got = run_steps(run, small_table(), all_steps(), {});
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(table_difference(expected->table, got->table), "");
  for (const char* name : {"expr.evaluate", "filter.compact", "sort.argsort", "join.match",
                           "group.assign", "group.sum"}) {
    EXPECT_TRUE(std::any_of(reports.begin(), reports.end(), [&](const Report& report) {
      return report.op == name;
    })) << name;
  }
  for (const Report& report : reports) {
    EXPECT_FALSE(report.gpu_used());
    if (report.backend == device::Kind::kSim) {
      EXPECT_EQ(report.reason, Reason::kNone) << report.op;
    } else {
      EXPECT_TRUE(report.reason == Reason::kUnsupportedType ||
                  report.reason == Reason::kUnsupportedShape)
          << report.op << ": " << report.sentence;
    }
    if (report.op == "filter.compact" || report.op == "group.sum") {
      EXPECT_EQ(report.backend, device::Kind::kSim) << report.op << ": " << report.sentence;
      EXPECT_GT(report.bytes_up, 0U);
    }
  }
  EXPECT_EQ(reports.front().op, "expr.evaluate");
  EXPECT_EQ(reports.front().rows_in, 300U);
  EXPECT_EQ(machine.context.op_counts().at("join.match").count, 1U);
}

TEST(StepsOnDevice, FallBackOpByOpWithTheReason) {
  const std::vector<Step> steps = {FilterStep{parsed("l > -10")},
                                   SortStep{{{Expression::column("d"), true}}}};
  Workers workers(1);
  CpuRunner naive(workers);
  const Result<StepsResult> expected = run_steps(naive, small_table(), steps, {});
  ASSERT_TRUE(expected);
  const std::pair<device::sim::FaultPlan, Reason> plans[] = {
      {{.oom_at_bytes = 1}, Reason::kOutOfMemory},
      {{.lose_at_op = 20}, Reason::kDeviceLost},
      {{.hang_at_op = 1}, Reason::kTimeout}};
  for (const auto& [plan, reason] : plans) {
    Machine machine(plan);
    std::vector<Report> reports;
    ExecuteRunner run(machine.context, kOnDevice, reports);
    const Result<StepsResult> got = run_steps(run, small_table(), steps, {});
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_EQ(table_difference(expected->table, got->table), "");
    EXPECT_TRUE(
        std::any_of(reports.begin(), reports.end(),
                    [&, why = reason](const Report& report) { return report.reason == why; }))
        << reason_name(reason);
    EXPECT_EQ(reports.back().op, "sort.argsort");
    EXPECT_EQ(reports.back().backend, device::Kind::kCpu) << reason_name(reason);
  }
}

TEST(StepsOnDevice, RaiseWhereTheDeviceCannotIfAsked) {
  Machine machine({});
  std::vector<Report> reports;
  const RunOptions forced{.placement = Placement::kGpu, .fallback = Fallback::kRaise};
  ExecuteRunner run(machine.context, forced, reports);
  const std::vector<Step> sort = {SortStep{{{Expression::column("d"), true}}}};
  EXPECT_TRUE(run_steps(run, small_table(), sort, {}));
  const std::vector<Step> map = {MapStep{{{"x", parsed("d + 1")}}}};
  const Result<StepsResult> refused = run_steps(run, small_table(), map, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kUnavailable);
  EXPECT_EQ(refused.error().reason(), "unsupported_type");
}

TEST(StepsOnDevice, StopWhenTheTimeIsOver) {
  Machine machine({});
  std::vector<Report> reports;
  const RunOptions options{.deadline = {machine.clock.mono_ns()}};
  ExecuteRunner run(machine.context, options, reports);
  const std::vector<Step> steps = {LimitStep{1, 0}};
  const Result<StepsResult> late = run_steps(run, small_table(), steps, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::kDeadlineExceeded);
}

TEST(StepsOnDevice, PlanForTheWholeFromASample) {
  Machine machine({});
  std::vector<Plan> plans;
  PlanRunner run(machine.context, {}, 1000, plans);
  const std::vector<Step> steps = {FilterStep{parsed("l > -10")},
                                   SortStep{{{Expression::column("d"), true}}}};
  ASSERT_TRUE(run_steps(run, small_table(), steps, {}));
  ASSERT_FALSE(plans.empty());
  EXPECT_EQ(plans.front().op, "expr.evaluate");
  EXPECT_EQ(plans.back().op, "sort.argsort");
  EXPECT_GT(plans.back().predicted_seconds, 0);
  EXPECT_TRUE(machine.context.op_counts().empty()) << "planning counts nothing";
  std::vector<Plan> of_sample;
  PlanRunner once(machine.context, {}, 1, of_sample);
  ASSERT_TRUE(run_steps(once, small_table(), steps, {}));
  EXPECT_GT(plans.back().predicted_seconds, of_sample.back().predicted_seconds);
}

}  // namespace
}  // namespace weir::ops
