// The one contract test of all ops: every case of every op, on the CPU at each dispatch level and
// on the simulated device with many seeds, against the reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "base/clock.hpp"
#include "base/isa.hpp"
#include "device/sim/driver.hpp"
#include "device/testing/fault_seeds.hpp"
#include "ops/parity/suites.hpp"
#include "ops/registry.hpp"

namespace weir::ops::parity {
namespace {

using device::testing::failing_plan;
using device::testing::fault_seeds;
using device::testing::first_seed;
using device::testing::seed_text;

constexpr std::uint64_t kMemoryBytes = std::uint64_t{256} << 20;
constexpr std::size_t kShownMax = 5;
constexpr std::size_t kSeedsOfAllCases = 50;

DeviceFactory simulated(const device::sim::FaultPlan& plan) {
  return [plan] {
    device::DeviceLimits limits;
    limits.memory_bytes_max = kMemoryBytes;
    limits.staging_bytes = std::size_t{1} << 20;
    return device::Device::create(device::sim::make_driver(plan, kMemoryBytes), limits,
                                  system_clock());
  };
}

std::string shown(const Outcome& outcome) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kShownMax, outcome.failures.size()); ++i) {
    text += "\n  " + outcome.failures[i];
  }
  return text + "\n" + std::to_string(outcome.failures.size()) + " of " +
         std::to_string(outcome.runs) + " runs";
}

std::string test_name(const testing::TestParamInfo<Suite>& info) {
  std::string name(info.param.entry.info.name);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

class ParityTest : public testing::TestWithParam<Suite> {};

TEST_P(ParityTest, CpuEqualsTheReferenceAtEachDispatchLevel) {
  const Isa widest = isa_detected();
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > widest) continue;
    limit_isa(isa);
    for (const unsigned threads : {1U, 2U}) {
      const Outcome outcome = GetParam().on_cpu(threads, {.seed = first_seed()});
      EXPECT_GT(outcome.runs, 0U);
      EXPECT_TRUE(outcome.failures.empty())
          << isa_name(isa) << ", " << threads << " threads" << shown(outcome);
    }
  }
  limit_isa(Isa::kAvx512);
}

TEST_P(ParityTest, SimEqualsTheReference) {
  if (!GetParam().on_device) return;  // an op without a device form
  std::size_t runs = 0;
  for (const std::uint64_t seed : fault_seeds()) {
    const Outcome outcome = GetParam().on_device(simulated({.seed = seed}), {.seed = seed});
    runs += outcome.runs;
    ASSERT_TRUE(outcome.failures.empty()) << seed_text(seed) << shown(outcome);
  }
  EXPECT_GT(runs, 0U);
}

// Of many seeds, each runs a quarter of the cases; four seeds, one of each fault, the same.
TEST_P(ParityTest, ResultsAreRightWhenTheDeviceFails) {
  if (!GetParam().on_device) return;
  const std::size_t every = fault_seeds().size() > kSeedsOfAllCases ? 4 : 1;
  for (const std::uint64_t seed : fault_seeds()) {
    const parity::Run run{.seed = seed, .faults = true, .every = every, .first = seed / 4};
    const Outcome outcome = GetParam().on_device(simulated(failing_plan(seed)), run);
    ASSERT_TRUE(outcome.failures.empty()) << seed_text(seed) << shown(outcome);
  }
}

TEST_P(ParityTest, IsRightWhereverTheDeviceFails) {
  if (!GetParam().on_each_fault) return;
  const Outcome outcome = GetParam().on_each_fault(first_seed());
  EXPECT_GE(outcome.runs, 2U);
  EXPECT_TRUE(outcome.failures.empty()) << shown(outcome);
}

INSTANTIATE_TEST_SUITE_P(Ops, ParityTest, testing::ValuesIn(suites()), test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ParityTest);

TEST(Registry, EveryOpHasParityCasesForEachOfItsBackends) {
  const std::vector<Suite> all = suites();
  for (const OpEntry& entry : registry()) {
    const auto suite = std::find_if(all.begin(), all.end(), [&](const Suite& one) {
      return one.entry.info.name == entry.info.name;
    });
    ASSERT_NE(suite, all.end()) << entry.info.name << " is not in any <family>_suites.cpp";
    EXPECT_EQ(entry.sim != nullptr, suite->on_device != nullptr) << entry.info.name;
    if (entry.info.numeric == NumericClass::kTolerant) {
      EXPECT_FALSE(entry.info.tolerance.empty()) << entry.info.name << " does not say its bound";
    }
  }
  EXPECT_EQ(all.size(), registry().size());
}

// tools/gpu-verify is built without this program's libraries and has a list of its own.
TEST(Registry, GpuVerifyListsEveryOpWithADeviceForm) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/tools/gpu_verify/suites.cpp");
  ASSERT_TRUE(file);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::size_t listed = 0;
  for (std::size_t at = text.find("suite_of<ops::"); at != std::string::npos;
       at = text.find("suite_of<ops::", at + 1)) {
    ++listed;
  }
  std::size_t with_device = 0;
  for (const OpEntry& entry : registry()) with_device += entry.sim != nullptr ? 1 : 0;
  EXPECT_EQ(listed, with_device);
}

}  // namespace
}  // namespace weir::ops::parity
