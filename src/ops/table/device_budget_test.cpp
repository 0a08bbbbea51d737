// Inputs ten times as large as the device's memory: run in chunks, with the result of a whole run.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "device/sim/driver.hpp"
#include "ops/execute.hpp"
#include "ops/group/sum/group_sum.hpp"
#include "ops/sort/argsort/argsort.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;

// Runs an op on a small simulated device, which must not leave it to the CPU.
template <class Op>
Report run_small(std::size_t memory_bytes, const typename Op::Args& args,
                 typename Op::Output& out) {
  device::DeviceLimits limits;
  limits.memory_bytes_max = memory_bytes;
  limits.scratch_bytes = memory_bytes / 4;
  limits.chunk_bytes = memory_bytes / 8;
  limits.staging_bytes = memory_bytes / 8;
  auto device = device::Device::create(device::sim::make_driver({.seed = kSeed}, 4 * memory_bytes),
                                       limits, system_clock());
  EXPECT_TRUE(device) << device.error().to_string();
  Context context(Workers(1), system_clock());
  context.use_device(std::move(*device), {});
  RunOptions options;
  options.placement = Placement::kGpu;
  options.fallback = Fallback::kRaise;
  Result<Report> report = execute<Op>(context, args, out, options);
  EXPECT_TRUE(report) << report.error().to_string();
  return report ? *report : Report{};
}

std::vector<std::uint64_t> random_words(std::size_t count, std::uint64_t stream) {
  Philox rng(kSeed, stream);
  std::vector<std::uint64_t> words(count);
  for (auto& word : words) word = rng.next_u64() & 0xFFFFFF;
  return words;
}

TEST(DeviceBudget, SortsTenTimesTheMemory) {
  constexpr std::size_t kMemoryBytes = std::size_t{1} << 20;
  constexpr std::size_t kRows = 10 * kMemoryBytes / sizeof(std::uint64_t);
  const auto keys = random_words(kRows, 1);
  std::vector<std::uint32_t> expected(kRows);
  std::vector<std::uint32_t> rows(kRows);
  Argsort::Output naive{expected};
  Argsort::Output out{rows};
  ASSERT_TRUE(Argsort::reference({keys, 1, kRows}, naive).is_ok());
  const Report report = run_small<Argsort>(kMemoryBytes, {keys, 1, kRows}, out);
  EXPECT_GE(report.chunks, 10U);
  EXPECT_EQ(report.backend, device::Kind::kSim);
  EXPECT_EQ(rows, expected);
}

TEST(DeviceBudget, SumsGroupsOfTenTimesTheMemory) {
  constexpr std::size_t kMemoryBytes = std::size_t{2} << 20;
  constexpr std::size_t kRows = 10 * kMemoryBytes / (sizeof(std::uint32_t) + sizeof(double));
  const auto words = random_words(kRows, 2);
  std::vector<std::uint32_t> ids(kRows);
  std::vector<double> values(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    ids[i] = static_cast<std::uint32_t>(words[i] % 1000);
    values[i] = static_cast<double>(words[i]) * 1.1;
  }
  std::vector<double> expected(1000);
  std::vector<double> sums(1000);
  GroupSum::Output naive{expected};
  GroupSum::Output out{sums};
  ASSERT_TRUE(GroupSum::reference({ids, values, 1000}, naive).is_ok());
  const Report report = run_small<GroupSum>(kMemoryBytes, {ids, values, 1000}, out);
  EXPECT_GE(report.chunks, 10U);
  EXPECT_EQ(std::memcmp(sums.data(), expected.data(), sums.size() * sizeof(double)), 0);
}

}  // namespace
}  // namespace weir::ops
