#include "model/numeric/pipeline.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

#include "base/testing/counted_malloc.hpp"
#include "device/sim/driver.hpp"
#include "device/testing/fault_seeds.hpp"
#include "model/numeric/naive.hpp"

namespace weir::model {
namespace {

ops::Context& context() {
  static ops::Context made(ops::Workers(2), system_clock());
  return made;
}

std::unique_ptr<Pipeline> pipeline(const PipelineConfig& config = {}) {
  return std::move(*Pipeline::create(config, context()));
}

std::vector<double> waves(std::size_t count) {
  std::vector<double> series(count);
  for (std::size_t i = 0; i < count; ++i) {
    series[i] = std::sin(static_cast<double>(i) * 0.37) + static_cast<double>(i % 17);
  }
  return series;
}

std::size_t resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%zu %zu", &total, &resident) != 2) return 0;
  std::fclose(file);
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Pipeline, ExtractsTheFeaturesOfTheNaiveForm) {
  const auto p = pipeline();
  const auto series = waves(5000);
  for (const WindowSpec spec : {WindowSpec{64, 1}, WindowSpec{64, 64}, WindowSpec{7, 3}}) {
    const auto made = p->extract_features(series, spec);
    ASSERT_TRUE(made) << made.error().to_string();
    const auto expected = naive::window_features(series, spec.size, spec.stride);
    ASSERT_EQ(made->windows, expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      for (std::size_t f = 0; f < kWindowFeatures; ++f) {
        EXPECT_NEAR(made->view()(i, f), expected[i][f], f == 2 ? 1e-9 : 1e-10) << i << " " << f;
      }
    }
  }
}

TEST(Pipeline, ExtractsTheSameBitsOnADevice) {
  ops::Context simulated(ops::Workers(1), system_clock());
  auto device = device::Device::create(
      device::sim::make_driver({}, std::size_t{64} << 20),
      {.memory_bytes_max = std::size_t{64} << 20, .staging_bytes = std::size_t{1} << 20},
      system_clock());
  ASSERT_TRUE(device);
  simulated.use_device(std::move(*device), {});
  const auto on_device =
      std::move(*Pipeline::create({.placement = ops::Placement::kGpu}, simulated));
  const auto on_cpu = pipeline();
  const auto series = waves(3000);
  for (const WindowSpec spec : {WindowSpec{64, 1}, WindowSpec{64, 64}}) {
    const FeatureMatrix expected = *on_cpu->extract_features(series, spec);
    const auto made = on_device->extract_features(series, spec);
    ASSERT_TRUE(made) << made.error().to_string();
    const auto got = made->values.span();
    EXPECT_TRUE(std::ranges::equal(got, expected.values.span()));
  }
  EXPECT_EQ(simulated.fallback_counts(), (std::array<std::uint64_t, ops::kReasons>{}));
}

// Features, a model of them, and what it says, as one: bits, whatever becomes of the device.
std::vector<double> learnt_on(ops::Context& where, ops::Placement placement) {
  const auto p = std::move(*Pipeline::create({.placement = placement}, where));
  const auto series = waves(2000);
  const auto features = p->extract_features(series, {.size = 24, .stride = 1});
  if (!features) return {};
  const auto x = features->view();
  std::vector<double> y;
  for (std::size_t i = 0; i < features->windows; ++i) y.push_back(3 * x(i, 0) - x(i, 7));
  MemorySource rows(x);
  const auto model = p->train(rows, y, {});
  std::vector<double> said(features->windows);
  if (!model || !p->predict(*model, x, said).is_ok()) return {};
  const auto values = features->values.span();
  said.insert(said.end(), values.begin(), values.end());
  said.insert(said.end(), model->weight.begin(), model->weight.end());
  return said;
}

TEST(Pipeline, LearnsTheSameWhenTheDeviceFails) {
  constexpr std::size_t kMemory = std::size_t{1} << 20;
  const std::vector<double> expected = learnt_on(context(), ops::Placement::kCpu);
  ASSERT_FALSE(expected.empty());
  for (const std::uint64_t seed : device::testing::fault_seeds()) {
    ops::Context failing(ops::Workers(1), system_clock());
    device::DeviceLimits limits;
    limits.memory_bytes_max = kMemory;
    limits.staging_bytes = limits.chunk_bytes = std::size_t{1} << 15;  // several chunks
    auto device = device::Device::create(
        device::sim::make_driver(device::testing::failing_plan(seed), kMemory), limits,
        system_clock());
    if (!device) continue;  // failed at once
    failing.use_device(std::move(*device), {});
    ASSERT_EQ(learnt_on(failing, ops::Placement::kGpu), expected)
        << device::testing::seed_text(seed);
  }
}

TEST(Pipeline, RefusesWindowsOutOfRange) {
  const auto p = pipeline();
  const auto series = waves(100);
  for (const WindowSpec spec : {WindowSpec{4, 1}, WindowSpec{65'537, 1}, WindowSpec{64, 0}}) {
    EXPECT_FALSE(p->extract_features(series, spec));
  }
  std::vector<double> out(9);
  EXPECT_FALSE(p->extract_features(series, {.size = 100}, out).is_ok());
  EXPECT_EQ(p->extract_features(series, {.size = 101})->windows, 0U);
  EXPECT_EQ(p->extract_features({}, {})->windows, 0U);
}

TEST(Pipeline, LearnsFromItsOwnFeatures) {
  const auto p = pipeline();
  const auto series = waves(3000);
  const FeatureMatrix features = *p->extract_features(series, {.size = 16, .stride = 2});
  std::vector<double> y;
  for (std::size_t i = 0; i < features.windows; ++i) {
    y.push_back(2 * features.view()(i, 1) - features.view()(i, 4) + 1);
  }
  MemorySource rows(features.view());
  const auto model = p->train(rows, y, {.energy = 1, .standardise = true});
  ASSERT_TRUE(model) << model.error().to_string();
  std::vector<double> said(features.windows);
  ASSERT_TRUE(p->predict(*model, features.view(), said).is_ok());
  for (std::size_t i = 0; i < said.size(); ++i) EXPECT_NEAR(said[i], y[i], 1e-6);
  EXPECT_EQ(p->metrics().windows, features.windows);
  EXPECT_EQ(p->metrics().predictions, features.windows);
  EXPECT_EQ(p->metrics().rows_trained, features.windows);
  EXPECT_FALSE(p->predict(*model, {said.data(), 1, 9}, {said.data(), 1}).is_ok());
  EXPECT_FALSE(p->predict(*model, features.view(), {said.data(), 1}).is_ok());
}

TEST(Pipeline, AllocatesNothingOnceWarm) {
  const auto p = pipeline({.strict = true});
  const auto series = waves(200'000);  // work for both threads
  LinearModel model;
  model.weight.assign(kWindowFeatures, 0.5);
  std::vector<double> out(200'000);
  const auto work = [&] {
    for (const std::size_t stride : {1, 64}) {
      const auto made = p->extract_features(series, {.size = 64, .stride = stride});
      ASSERT_TRUE(made);
      ASSERT_TRUE(p->predict(model, made->view(), {out.data(), made->windows}).is_ok());
      for (std::size_t i = 0; i < 8; ++i) {
        ASSERT_TRUE(p->predict(model, made->view().block(i, 0, 1, 10), {out.data(), 1}).is_ok());
      }
    }
    p->reset();
  };
  work();
  const std::uint64_t before = counted_malloc::calls.load();
  for (int round = 0; round < 5; ++round) work();
  EXPECT_EQ(counted_malloc::calls.load(), before);
  const std::vector<double> counted(1);
  EXPECT_EQ(counted_malloc::calls.load() - before, counted_malloc::kCounts ? 1U : 0U);
  EXPECT_EQ(p->metrics().vectors.misses + p->metrics().batches.misses, 0U);
}

TEST(Pipeline, PredictsFromManyThreadsAtOnce) {
  const auto p = pipeline();
  LinearModel model;
  model.weight.assign(100, 0.25);
  model.bias = 1;
  const auto values = waves(100 * 64);
  std::vector<double> expected(64);
  ASSERT_TRUE(p->predict(model, {values.data(), 64, 100}, expected).is_ok());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<double> said(64);
      for (int round = 0; round < 500; ++round) {
        if (!p->predict(model, {values.data(), 64, 100}, said).is_ok()) ++wrong;
        if (said != expected) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(p->metrics().predictions, 64U * (1 + 4 * 500));
}

TEST(Pipeline, ValidatesItself) {
  const ValidationReport report = pipeline()->validate();
  EXPECT_GE(report.checks.size(), 20U);
  for (const auto& check : report.checks) EXPECT_TRUE(check.passed) << check.name << check.detail;
  EXPECT_TRUE(report.passed());
  EXPECT_FALSE(ValidationReport{}.passed());
}

// Two seconds: long enough for what leaks once a round to show.
TEST(Pipeline, HoldsItsMemoryWhileItWorks) {
  const auto p = pipeline();
  const auto series = waves(40'000);
  std::vector<double> y(2000);
  std::vector<double> said(40'000);
  const auto round = [&] {
    const FeatureMatrix features = *p->extract_features(series, {.size = 64, .stride = 1});
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = features.view()(i, 2);
    MemorySource rows(features.view().block(0, 0, y.size(), kWindowFeatures));
    const LinearModel model = *p->train(rows, y, {});
    ASSERT_TRUE(p->predict(model, features.view(), {said.data(), features.windows}).is_ok());
    p->reset();
  };
  const auto until = [&](double seconds) {
    const std::int64_t end_ns = system_clock().mono_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (system_clock().mono_ns() < end_ns) round();
  };
  until(0.5);
  const std::size_t before = resident_bytes();
  until(1.5);
  const std::size_t after = resident_bytes();
  EXPECT_LE(after, before + (std::size_t{4} << 20));
  EXPECT_LE(after, std::size_t{500} << 20);
  EXPECT_EQ(p->metrics().arena.chunks, 1U);
}

}  // namespace
}  // namespace weir::model
