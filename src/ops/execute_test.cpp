#include "ops/execute.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "device/sim/driver.hpp"
#include "device/sim/launcher.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kMemory = std::size_t{4} << 20;

struct DoubleKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, const std::int64_t* in, std::size_t n,
                          const std::int64_t* add, std::int64_t* out) const {
    block.each_thread([&](unsigned t) {
      const std::size_t i = std::size_t{block.index()} * block.threads() + t;
      if (i < n) out[i] = 2 * in[i] + add[0];
    });
  }
};

// out[i] = 2 * in[i] + add: an op of the simplest kind, with everything a device form can use.
struct Doubling {
  static constexpr OpInfo kInfo{.name = "test.doubling", .quantum_rows = 64};
  struct Args {
    std::span<const std::int64_t> in;
    std::int64_t add = 0;
    bool supported = true;
  };
  struct Output {
    std::span<std::int64_t> out;
  };
  static Status check(const Args& args) {
    if (args.add >= 0) return Status::ok();
    return invalid_argument("range", "add is " + std::to_string(args.add)).at("add");
  }
  static Support supports(const Args& args, device::Kind) {
    return args.supported ? Support::yes() : Support::no(Reason::kUnsupportedShape, "not this one");
  }
  static Footprint footprint(const Args& args) {
    return {.rows = args.in.size(),
            .bytes_in = args.in.size_bytes(),
            .bytes_out = args.in.size_bytes(),
            .bytes_resident = 8};
  }
  static Status cpu(CpuRun&, const Args& args, Output& out) {
    for (std::size_t i = 0; i < args.in.size(); ++i) out.out[i] = 2 * args.in[i] + args.add;
    return Status::ok();
  }
  static Status sim(DeviceRun& run, const Args& args, Output& out) {
    WEIR_ASSIGN(const auto add, run.keep(std::span<const std::int64_t>(&args.add, 1)));
    return run_chunks<device::sim::Launcher>(
        run, args.in.size(),
        [&](const Chunk& chunk, Lane<device::sim::Launcher>& lane) -> Status {
          WEIR_ASSIGN(const auto in, lane.upload(args.in.subspan(chunk.begin, chunk.rows())));
          WEIR_ASSIGN(const auto to, lane.scratch<std::int64_t>(chunk.rows()));
          WEIR_TRY(lane.launch(device::Grid::over(chunk.rows(), 128), DoubleKernel{}, in.data,
                               in.size, add.data, to.data));
          return lane.download(to, out.out.subspan(chunk.begin, chunk.rows()));
        },
        [](const Chunk&) { return Status::ok(); });
  }
  static Status cuda(DeviceRun& run, const Args& args, Output& out) { return sim(run, args, out); }
};

struct Machine {
  explicit Machine(const device::sim::FaultPlan& plan, std::size_t budget = kMemory,
                   std::uint32_t failures = 5)
      : context(Workers(1), clock) {
    auto driver = device::sim::make_driver(plan, kMemory);
    sim = driver.get();
    device::DeviceLimits limits;
    limits.memory_bytes_max = budget;
    limits.staging_bytes = 1 << 16;
    DevicePolicy policy;
    policy.breaker.failures = failures;
    context.use_device(*device::Device::create(std::move(driver), limits, clock), policy);
  }
  ManualClock clock{1'000'000};
  Context context;
  device::sim::SimDriver* sim = nullptr;
};

std::vector<std::int64_t> numbers(std::size_t n) {
  std::vector<std::int64_t> values(n);
  std::iota(values.begin(), values.end(), 5);
  return values;
}

std::vector<std::int64_t> doubled(const std::vector<std::int64_t>& in, std::int64_t add) {
  std::vector<std::int64_t> out;
  for (const std::int64_t value : in) out.push_back(2 * value + add);
  return out;
}

const RunOptions kOnDevice{.placement = Placement::kGpu};

TEST(Execute, RunsOnTheDeviceAndReportsIt) {
  Machine machine({.seed = 4});
  const auto in = numbers(1000);
  std::vector<std::int64_t> out(1000);
  Doubling::Output output{out};
  const auto report = execute<Doubling>(machine.context, {.in = in, .add = 3}, output, kOnDevice);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(out, doubled(in, 3));
  EXPECT_EQ(report->backend, device::Kind::kSim);
  EXPECT_FALSE(report->gpu_used()) << "a simulated device is no GPU";
  EXPECT_EQ(report->reason, Reason::kNone);
  EXPECT_EQ(report->bytes_up, 8008U);
  EXPECT_EQ(report->bytes_down, 8000U);
  EXPECT_EQ(report->chunks, 1U);
  EXPECT_EQ(report->attempts, 1U);
  EXPECT_EQ(report->rows_in, 1000U);
  EXPECT_EQ(machine.context.op_counts().at("test.doubling").count, 1U);
  EXPECT_EQ(machine.sim->bytes_live(), 0U);
}

TEST(Execute, CutsAnInputTenTimesTheBudgetAndCallsBackInOrder) {
  const std::size_t budget = 64 << 10;
  const auto in = numbers(10 * budget / 8);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Machine machine({.seed = seed}, budget);
    std::vector<std::int64_t> out(in.size());
    Doubling::Output output{out};
    std::size_t next = 0;
    const ChunkCallback callback = [&](const Chunk& chunk) {
      EXPECT_EQ(chunk.begin, next);
      EXPECT_EQ(chunk.begin % Doubling::kInfo.quantum_rows, 0U);
      next = chunk.end;
      return true;
    };
    const auto report =
        stream<Doubling>(machine.context, {.in = in, .add = 1}, output, callback, kOnDevice);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report->backend, device::Kind::kSim);
    EXPECT_GT(report->chunks, 10U);
    EXPECT_EQ(next, in.size());
    EXPECT_EQ(out, doubled(in, 1)) << "seed " << seed;
  }
}

TEST(Execute, StopsWhenTheCallbackSaysNo) {
  Machine machine({.seed = 2}, 64 << 10);
  const auto in = numbers(50'000);
  std::vector<std::int64_t> out(in.size());
  Doubling::Output output{out};
  int calls = 0;
  const auto report = stream<Doubling>(
      machine.context, {.in = in}, output, [&](const Chunk&) { return ++calls < 3; }, kOnDevice);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), Code::kCancelled);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(machine.sim->bytes_live(), 0U);
}

TEST(Execute, HalvesTheChunkWhenMemoryIsShort) {
  Machine machine({.oom_at_bytes = 9000});
  const auto in = numbers(2048);
  std::vector<std::int64_t> out(in.size());
  Doubling::Output output{out};
  const auto report = execute<Doubling>(machine.context, {.in = in}, output, kOnDevice);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(out, doubled(in, 0));
  EXPECT_GT(report->attempts, 1U);
}

TEST(Execute, EndsOnTheCpuWhenNotEvenOneQuantumFits) {
  Machine machine({.oom_rate = 1});
  const auto in = numbers(500);
  std::vector<std::int64_t> out(in.size());
  Doubling::Output output{out};
  const auto report = execute<Doubling>(machine.context, {.in = in}, output, kOnDevice);
  ASSERT_TRUE(report);
  EXPECT_EQ(out, doubled(in, 0));
  EXPECT_EQ(report->backend, device::Kind::kCpu);
  EXPECT_EQ(report->reason, Reason::kOutOfMemory);
  const auto counts = machine.context.fallback_counts();
  EXPECT_EQ(counts[static_cast<std::size_t>(Reason::kOutOfMemory)], 1U);
}

TEST(Execute, FinishesOnTheCpuWhereverTheDeviceIsLost) {
  const auto in = numbers(700);
  bool finished_on_device = false;
  for (std::uint64_t op = 1; op < 200 && !finished_on_device; ++op) {
    Machine machine({.seed = op, .lose_at_op = op}, 16 << 10);
    std::vector<std::int64_t> out(in.size());
    Doubling::Output output{out};
    const auto report = execute<Doubling>(machine.context, {.in = in, .add = 9}, output, kOnDevice);
    ASSERT_TRUE(report) << op;
    EXPECT_EQ(out, doubled(in, 9)) << "lost at operation " << op;
    EXPECT_EQ(machine.sim->bytes_live(), 0U);
    finished_on_device = report->backend == device::Kind::kSim;
    if (finished_on_device) continue;
    EXPECT_EQ(report->reason, Reason::kDeviceLost);
    EXPECT_EQ(machine.context.breaker()->state(), device::BreakerState::kDead);
    const auto again = execute<Doubling>(machine.context, {.in = in, .add = 9}, output, kOnDevice);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->reason, Reason::kDeviceLost);
    EXPECT_EQ(again->attempts, 1U);
    EXPECT_EQ(machine.context.fallback_counts()[static_cast<std::size_t>(Reason::kDeviceLost)], 2U);
  }
  EXPECT_TRUE(finished_on_device) << "the loop ends when the loss comes too late to matter";
}

TEST(Execute, FinishesOnTheCpuWhenWorkHangs) {
  Machine machine({.hang_at_op = 2});
  const auto in = numbers(700);
  std::vector<std::int64_t> out(in.size());
  Doubling::Output output{out};
  const auto report = execute<Doubling>(machine.context, {.in = in}, output, kOnDevice);
  ASSERT_TRUE(report);
  EXPECT_EQ(out, doubled(in, 0));
  EXPECT_EQ(report->reason, Reason::kTimeout);
  EXPECT_EQ(machine.context.breaker()->state(), device::BreakerState::kDead);
}

TEST(Execute, RaisesWhereFallingBackIsForbidden) {
  Machine machine({.lose_at_op = 1});
  const auto in = numbers(10);
  std::vector<std::int64_t> out(in.size());
  Doubling::Output output{out};
  const auto report =
      execute<Doubling>(machine.context, {.in = in}, output,
                        {.placement = Placement::kGpu, .fallback = Fallback::kRaise});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), Code::kUnavailable);
  EXPECT_EQ(report.error().reason(), "device_lost");
}

TEST(Execute, RaisesNothingWhereTheCpuIsThePlan) {
  Machine machine({});
  const auto in = numbers(10);
  std::vector<std::int64_t> out(in.size());
  Doubling::Output output{out};
  const auto report =
      execute<Doubling>(machine.context, {.in = in}, output, {.fallback = Fallback::kRaise});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->reason, Reason::kTooSmall);
}

TEST(Execute, SaysWhyTheCpuRan) {
  const auto in = numbers(10);
  std::vector<std::int64_t> out(in.size());
  Doubling::Output output{out};
  ManualClock clock;
  Context bare(Workers(1), clock);
  EXPECT_EQ(execute<Doubling>(bare, {.in = in}, output)->reason, Reason::kNoDevice);
  bare.without_device(Reason::kDisabled, "device.backend is cpu");
  EXPECT_EQ(execute<Doubling>(bare, {.in = in}, output)->reason, Reason::kDisabled);
  Machine machine({});
  Context& context = machine.context;
  EXPECT_EQ(execute<Doubling>(context, {.in = in}, output)->reason, Reason::kTooSmall);
  EXPECT_EQ(execute<Doubling>(context, {.in = in}, output, {.placement = Placement::kCpu})->reason,
            Reason::kForced);
  EXPECT_EQ(execute<Doubling>(context, {.in = in, .supported = false}, output, kOnDevice)->reason,
            Reason::kUnsupportedShape);
  EXPECT_EQ(context.fallback_counts()[static_cast<std::size_t>(Reason::kForced)], 0U)
      << "asking for the CPU is no fallback";
}

TEST(Execute, RefusesWrongArgumentsBeforeAnythingRuns) {
  Machine machine({});
  Doubling::Output output;
  const auto report = execute<Doubling>(machine.context, {.in = {}, .add = -2}, output, kOnDevice);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), Code::kInvalidArgument);
  EXPECT_EQ(machine.sim->operations(), 0U);
}

TEST(Execute, PlansWithoutRunning) {
  Machine machine({}, 64 << 10);
  const auto in = numbers(100'000);
  const auto planned = plan<Doubling>(machine.context, {.in = in}, kOnDevice);
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->backend, device::Kind::kSim);
  EXPECT_GT(planned->chunks, 10U);
  EXPECT_EQ(planned->chunk_rows % Doubling::kInfo.quantum_rows, 0U);
  EXPECT_EQ(machine.sim->operations(), 0U);
}

TEST(Execute, TestsTheDeviceBeforeItTrustsItAgain) {
  Machine machine({}, kMemory, 1);
  machine.context.breaker()->failed("a fault");
  const auto in = numbers(10);
  std::vector<std::int64_t> out(in.size());
  Doubling::Output output{out};
  Context& context = machine.context;
  EXPECT_EQ(execute<Doubling>(context, {.in = in}, output, kOnDevice)->reason,
            Reason::kBreakerOpen);
  machine.clock.advance_us(31'000'000);
  int tests = 0;
  context.set_self_test([&] {
    ++tests;
    return Status::ok();
  });
  EXPECT_EQ(execute<Doubling>(context, {.in = in}, output, kOnDevice)->reason, Reason::kNone);
  EXPECT_EQ(tests, 1);
}

}  // namespace
}  // namespace weir::ops
