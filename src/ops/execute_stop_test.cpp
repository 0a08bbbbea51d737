// Calls that nobody wants any more, and machines without memory.
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <new>
#include <vector>

#include "device/sim/driver.hpp"
#include "device/sim/launcher.hpp"
#include "ops/execute.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTasks = 64;

struct CountKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, std::uint32_t* out) const {
    block.each_thread([&](unsigned t) {
      if (t == 0) out[block.index()] = 1;
    });
  }
};

// Counts its tasks, or the rows of its chunks; what `during` does happens in each.
struct Counting {
  static constexpr OpInfo kInfo{.name = "test.counting"};
  struct Args {
    std::function<void(std::size_t)> during;
  };
  struct Output {
    std::atomic<std::size_t>* done = nullptr;
  };
  static Status check(const Args&) { return Status::ok(); }
  static Support supports(const Args&, device::Kind) { return Support::yes(); }
  static Footprint footprint(const Args&) { return {.rows = kTasks, .bytes_in = kTasks * 4}; }
  static Status cpu(CpuRun& run, const Args& args, Output& out) {
    run.workers.run(kTasks, [&](std::size_t task) {
      args.during(task);
      out.done->fetch_add(1);
    });
    return Status::ok();
  }
  static Status sim(DeviceRun& run, const Args& args, Output& out) {
    return run_chunks<device::sim::Launcher>(
        run, kTasks,
        [&](const Chunk& chunk, Lane<device::sim::Launcher>& lane) -> Status {
          WEIR_ASSIGN(const auto to, lane.scratch<std::uint32_t>(chunk.rows()));
          return lane.launch(device::Grid{static_cast<std::uint32_t>(chunk.rows()), 32},
                             CountKernel{}, to.data);
        },
        [&](const Chunk& chunk) {
          args.during(chunk.begin);
          out.done->fetch_add(chunk.rows());
          return Status::ok();
        });
  }
  static Status cuda(DeviceRun& run, const Args& args, Output& out) { return sim(run, args, out); }
};

struct Machine {
  explicit Machine(unsigned threads = 1) : context(Workers(threads), clock) {
    auto driver = device::sim::make_driver({.seed = 3}, std::size_t{1} << 20);
    sim = driver.get();
    device::DeviceLimits limits;
    limits.memory_bytes_max = std::size_t{1} << 20;
    limits.staging_bytes = 1 << 16;
    context.use_device(*device::Device::create(std::move(driver), limits, clock), {});
  }
  Result<Report> count(std::function<void(std::size_t)> during, const RunOptions& options) {
    done = 0;
    Counting::Output out{&done};
    return execute<Counting>(context, {std::move(during)}, out, options);
  }
  ManualClock clock{1'000'000};
  Context context;
  device::sim::SimDriver* sim = nullptr;
  std::atomic<std::size_t> done{0};
};

RunOptions on(Placement placement, std::int64_t deadline_ns) {
  RunOptions options{.placement = placement, .deadline = {deadline_ns}};
  options.chunk_rows = 4;
  return options;
}

TEST(ExecuteStop, RunsNothingAfterTheDeadline) {
  for (const Placement placement : {Placement::kCpu, Placement::kGpu}) {
    Machine machine;
    machine.clock.advance_us(1000);
    const auto report = machine.count([](std::size_t) {}, on(placement, 1));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), Code::kDeadlineExceeded);
    EXPECT_EQ(machine.done, 0U);
    EXPECT_EQ(machine.sim->operations(), 0U);
  }
}

TEST(ExecuteStop, EndsAtTheDeadlineAndBlamesNoDevice) {
  for (const Placement placement : {Placement::kCpu, Placement::kGpu}) {
    Machine machine;
    const std::int64_t deadline_ns = machine.clock.mono_ns() + 10'000'000;
    const auto report = machine.count(
        [&](std::size_t row) {
          if (row == 8) machine.clock.advance_us(20'000);
        },
        on(placement, deadline_ns));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), Code::kDeadlineExceeded) << report.error().to_string();
    EXPECT_GE(machine.done, 9U);
    EXPECT_LT(machine.done, kTasks);
    EXPECT_EQ(machine.context.breaker()->state(), device::BreakerState::kClosed);
    EXPECT_EQ(machine.sim->bytes_live(), 0U);
    const auto again = machine.count([](std::size_t) {}, on(placement, 0));
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->backend,
              placement == Placement::kCpu ? device::Kind::kCpu : device::Kind::kSim);
    EXPECT_EQ(machine.done, kTasks);
  }
}

TEST(ExecuteStop, EndsWhenItIsCancelledOnAnyNumberOfThreads) {
  for (const unsigned threads : {1U, 2U, 3U}) {
    for (const Placement placement : {Placement::kCpu, Placement::kGpu}) {
      Machine machine(threads);
      std::atomic<bool> cancel{false};
      RunOptions options = on(placement, 0);
      options.cancel = &cancel;
      const auto report = machine.count([&](std::size_t) { cancel = true; }, options);
      ASSERT_FALSE(report);
      EXPECT_EQ(report.error().code(), Code::kCancelled);
      EXPECT_LT(machine.done, kTasks);
      EXPECT_EQ(machine.context.fallback_counts()[static_cast<std::size_t>(Reason::kTimeout)], 0U);
    }
  }
}

TEST(ExecuteStop, SaysSoWhenTheMachineHasNoMemory) {
  for (const Placement placement : {Placement::kCpu, Placement::kGpu}) {
    const auto too_much = [](std::size_t) { throw std::bad_alloc(); };
    const auto beyond_addresses = [](std::size_t) {
      std::vector<double>().reserve(std::numeric_limits<std::size_t>::max());
    };
    for (const std::function<void(std::size_t)>& form :
         {std::function<void(std::size_t)>(too_much), {beyond_addresses}}) {
      Machine machine;
      const auto report = machine.count(form, on(placement, 0));
      ASSERT_FALSE(report);
      EXPECT_EQ(report.error().code(), Code::kResourceExhausted);
      EXPECT_NE(report.error().message().find("test.counting"), std::string::npos);
      EXPECT_EQ(machine.sim->bytes_live(), 0U);
    }
  }
}

TEST(ExecuteStop, PredictsForTheBackendThatRan) {
  Machine machine;
  const auto here = machine.count([](std::size_t) {}, on(Placement::kCpu, 0));
  machine.context.breaker()->kill("lost");
  const auto fell_back = machine.count([](std::size_t) {}, on(Placement::kGpu, 0));
  ASSERT_TRUE(here && fell_back);
  EXPECT_EQ(fell_back->backend, device::Kind::kCpu);
  EXPECT_EQ(fell_back->predicted_seconds, here->predicted_seconds);
}

TEST(ExecuteStop, CountsTheProcessorTimeOfAllThreads) {
  Context context(Workers(2), system_clock());
  std::atomic<std::size_t> done{0};
  Counting::Output out{&done};
  const auto spin = [](std::size_t) {
    const std::int64_t until_ns = thread_cpu_ns() + 200'000;
    while (thread_cpu_ns() < until_ns) {
    }
  };
  const auto report = execute<Counting>(context, {spin}, out, {.placement = Placement::kCpu});
  ASSERT_TRUE(report);
  EXPECT_GE(report->cpu_seconds, 0.9 * kTasks * 200e-6) << "whoever ran the tasks";
}

}  // namespace
}  // namespace weir::ops
