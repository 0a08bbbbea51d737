#include "ops/kept_arrays.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/rng.hpp"
#include "device/sim/driver.hpp"
#include "ops/execute.hpp"
#include "ops/matrix/multiply/multiply.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261122;

Matrix<double> random_matrix(std::size_t rows, std::size_t cols, std::uint64_t stream) {
  Philox rng(kSeed, stream);
  Matrix<double> out(rows, cols);
  for (std::size_t i = 0; i < rows * cols; ++i) {
    out.data()[i] = static_cast<double>(rng.next_below(2001)) - 1000.0;  // products are exact
  }
  return out;
}

std::span<const std::byte> bytes_of(const Matrix<double>& matrix) {
  return std::as_bytes(std::span<const double>(matrix.data(), matrix.rows() * matrix.cols()));
}

struct Machine {
  explicit Machine(const device::sim::FaultPlan& plan, std::size_t budget = std::size_t{8} << 20,
                   std::size_t scratch = std::size_t{1} << 20)
      : context(Workers(1), system_clock()) {
    device::DeviceLimits limits;
    limits.memory_bytes_max = budget;
    limits.scratch_bytes = scratch;
    limits.staging_bytes = 1 << 16;
    context.use_device(
        *device::Device::create(device::sim::make_driver(plan, 4 * budget), limits, system_clock()),
        {});
    device::DeviceConfig config;
    config.spill_host_bytes_max = std::uint64_t{64} << 20;
    arrays = *KeptArrays::open(*context.device(), config, system_clock());
    context.use_kept_arrays(arrays);
  }
  // Multiplies on the device and checks the product.
  Report multiply(const Matrix<double>& a, const Matrix<double>& b, Fallback fallback) {
    Matrix<double> expected(a.rows(), b.cols());
    Matrix<double> got(a.rows(), b.cols());
    MultiplyF64::Output naive{.c = expected.view()};
    MultiplyF64::Output out{.c = got.view()};
    const MultiplyF64::Args args{.a = a.view(), .b = b.view()};
    EXPECT_TRUE(MultiplyF64::reference(args, naive).is_ok());
    const auto report = execute<MultiplyF64>(context, args, out,
                                             {.placement = Placement::kGpu, .fallback = fallback});
    EXPECT_TRUE(report) << report.error().to_string();
    EXPECT_TRUE(std::equal(got.data(), got.data() + got.rows() * got.cols(), expected.data()));
    return report ? *report : Report{};
  }
  Context context;
  std::shared_ptr<KeptArrays> arrays;
};

TEST(KeptArrays, AreCopiedUpOnce) {
  Machine machine({.seed = kSeed});
  const auto a = random_matrix(20, 64, 1);
  const auto b = random_matrix(64, 100, 2);
  const std::uint64_t of_a = bytes_of(a).size();
  const std::uint64_t of_b = bytes_of(b).size();
  EXPECT_EQ(machine.multiply(a, b, Fallback::kRaise).bytes_up, of_a + of_b) << "nobody keeps it";
  {
    const KeptArray kept = machine.arrays->keep("b", bytes_of(b), device::Tag::kWeights);
    ASSERT_TRUE(kept);
    EXPECT_FALSE(machine.arrays->keep("b again", bytes_of(b), device::Tag::kWeights));
    EXPECT_FALSE(machine.arrays->holds(b.data()));
    EXPECT_EQ(machine.multiply(a, b, Fallback::kRaise).bytes_up, of_a + of_b) << "the first use";
    EXPECT_TRUE(machine.arrays->holds(b.data()));
    EXPECT_EQ(machine.multiply(a, b, Fallback::kRaise).bytes_up, of_a);
    EXPECT_EQ(machine.context.device()->allocated(device::Tag::kWeights), of_b);
  }
  EXPECT_FALSE(machine.arrays->holds(b.data()));
  EXPECT_EQ(machine.context.device()->budget().reserved(), 0U);
  EXPECT_EQ(machine.multiply(a, b, Fallback::kRaise).bytes_up, of_a + of_b);
}

TEST(KeptArrays, CostNothingOfTheLinkOnceTheyAreThere) {
  Machine machine({.seed = kSeed});
  const auto a = random_matrix(1, 400, 1);
  const auto b = random_matrix(400, 400, 2);
  const KeptArray kept = machine.arrays->keep("b", bytes_of(b), device::Tag::kWeights);
  const MultiplyF64::Args args{.a = a.view(), .b = b.view()};
  const auto before = plan<MultiplyF64>(machine.context, args, {.placement = Placement::kGpu});
  machine.multiply(a, b, Fallback::kRaise);
  const auto after = plan<MultiplyF64>(machine.context, args, {.placement = Placement::kGpu});
  ASSERT_TRUE(before && after);
  const double link_s =
      static_cast<double>(bytes_of(b).size()) / machine.context.rates().link_up_bytes_per_s;
  EXPECT_GT(before->predicted_seconds - after->predicted_seconds, 0.9 * link_s);
}

TEST(KeptArrays, LeaveForEachOtherAndComeBack) {
  Machine machine({.seed = kSeed}, std::size_t{1} << 20, std::size_t{64} << 10);
  const auto a = random_matrix(8, 200, 1);
  const Matrix<double> right[] = {random_matrix(200, 250, 2), random_matrix(200, 250, 3),
                                  random_matrix(200, 250, 4)};  // 400 kB each
  {
    std::vector<KeptArray> kept;
    for (const auto& b : right) {
      kept.push_back(machine.arrays->keep("b", bytes_of(b), device::Tag::kWeights));
    }
    std::uint64_t spilled = 0;
    for (int round = 0; round < 3; ++round) {
      for (const auto& b : right) {
        spilled += machine.multiply(a, b, Fallback::kRaise).bytes_spilled;
      }
    }
    const device::ResidencyCounts counts = machine.arrays->residency();
    EXPECT_GE(counts.spilled, 4U);
    EXPECT_GE(counts.restored, 4U);
    EXPECT_EQ(counts.spilled_bytes, spilled) << "the reports say so";
    EXPECT_LE(machine.context.device()->budget().reserved(), std::size_t{1} << 20);
  }
  EXPECT_EQ(machine.context.device()->budget().reserved(), 0U);
}

TEST(KeptArrays, StayRightWhenTheDeviceFails) {
  std::uint64_t fell_back = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Machine machine({.seed = seed,
                     .oom_rate = seed % 2 == 0 ? 0.3 : 0.0,
                     .lose_at_op = seed % 2 == 0 ? 0 : 3 + seed});
    const auto a = random_matrix(16, 40, seed);
    const auto b = random_matrix(40, 50, seed + 100);
    const KeptArray kept = machine.arrays->keep("b", bytes_of(b), device::Tag::kWeights);
    for (int i = 0; i < 4; ++i) {
      fell_back += machine.multiply(a, b, Fallback::kSilent).reason == Reason::kNone ? 0 : 1;
    }
  }
  EXPECT_GE(fell_back, 10U);
}

TEST(KeptArrays, ServeSeveralThreads) {
  Machine machine({.seed = kSeed}, std::size_t{1} << 20, std::size_t{64} << 10);
  const auto a = random_matrix(8, 200, 1);
  const Matrix<double> right[] = {random_matrix(200, 250, 2), random_matrix(200, 250, 3)};
  std::vector<KeptArray> kept;
  for (const auto& b : right) {
    kept.push_back(machine.arrays->keep("b", bytes_of(b), device::Tag::kWeights));
  }
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 6; ++i) {
        machine.multiply(a, right[(i + t) % 2], Fallback::kSilent);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  kept.clear();
  EXPECT_EQ(machine.context.device()->budget().reserved(), 0U);
}

TEST(DeviceRun, TakesFromThePoolWhatTheStackDoesNotHold) {
  Machine machine({.seed = kSeed}, std::size_t{8} << 20, 4096);
  const auto a = random_matrix(60, 200, 1);
  const auto b = random_matrix(200, 50, 2);
  machine.multiply(a, b, Fallback::kRaise);
  EXPECT_GE(machine.context.device()->counters().scratch_overflows, 2U);
  EXPECT_EQ(machine.context.device()->budget().reserved(), 0U);
  Machine roomy({.seed = kSeed});
  roomy.multiply(a, b, Fallback::kRaise);
  EXPECT_EQ(roomy.context.device()->counters().scratch_overflows, 0U);
}

}  // namespace
}  // namespace weir::ops
