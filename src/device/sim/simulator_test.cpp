// Tests of the simulator itself: faults planted in kernels and in the use of streams must be found,
// and nothing else.
#include <gtest/gtest.h>

#include <vector>

#include "device/sim/launcher.hpp"

namespace weir::device::sim {
namespace {

constexpr std::size_t kMemory = std::size_t{16} << 20;
constexpr unsigned kThreads = 64;

std::unique_ptr<Device> simulated(std::uint64_t seed) {
  DeviceLimits limits;
  limits.memory_bytes_max = kMemory;
  limits.staging_bytes = 1 << 16;
  return *Device::create(make_driver({.seed = seed}, kMemory), limits, system_clock());
}

// out[t] = sum of its neighbours' values, by way of shared memory.
struct NeighbourKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, const int* in, int* out) const {
    int* const tile = block.template shared<int>(block.threads());
    block.each_thread([&](unsigned t) { tile[t] = in[t]; });
    block.each_thread([&](unsigned t) { out[t] = tile[t] + tile[(t + 1) % block.threads()]; });
  }
};

// The same without the barrier between writing and reading.
struct NoBarrierKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, const int* in, int* out) const {
    int* const tile = block.template shared<int>(block.threads());
    block.each_thread([&](unsigned t) {
      tile[t] = in[t];
      out[t] = tile[t] + tile[(t + 1) % block.threads()];
    });
  }
};

template <class Kernel>
bool neighbours_are_right(std::uint64_t seed) {
  auto device = simulated(seed);
  auto stream = *device->create_stream();
  auto reservation = *device->reserve(2 * kThreads * sizeof(int), Tag::kScratch);
  auto in = *device->allocate(kThreads * sizeof(int), reservation, stream);
  auto out = *device->allocate(kThreads * sizeof(int), reservation, stream);
  std::vector<int> values(kThreads);
  for (unsigned i = 0; i < kThreads; ++i) values[i] = static_cast<int>(i * i);
  std::vector<int> got(kThreads);
  EXPECT_TRUE(stream.upload(in.data(), values.data(), kThreads * sizeof(int)).is_ok());
  EXPECT_TRUE(Launcher::launch(stream, {1, kThreads, shared_size<int>(kThreads)}, Kernel{},
                               static_cast<const int*>(in.data()), static_cast<int*>(out.data()))
                  .is_ok());
  EXPECT_TRUE(stream.download(got.data(), out.data(), kThreads * sizeof(int)).is_ok());
  EXPECT_TRUE(stream.synchronize().is_ok());
  for (unsigned i = 0; i < kThreads; ++i) {
    if (got[i] != values[i] + values[(i + 1) % kThreads]) return false;
  }
  return true;
}

TEST(Simulator, FindsAMissingBarrierInNineteenOfTwentySeeds) {
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    caught += neighbours_are_right<NoBarrierKernel>(seed) ? 0 : 1;
  }
  EXPECT_GE(caught, 19);
}

TEST(Simulator, RaisesNoFalseAlarmWithTheBarrier) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    EXPECT_TRUE(neighbours_are_right<NeighbourKernel>(seed)) << "seed " << seed;
  }
}

struct AddOneKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, int* x) const {
    block.each_thread([&](unsigned t) { x[t] += 1; });
  }
};

// One stream writes, another reads what it wrote, with or without an event between them.
bool handover_is_right(std::uint64_t seed, bool with_event) {
  auto device = simulated(seed);
  auto writer = *device->create_stream();
  auto reader = *device->create_stream();
  auto done = *device->create_event();
  auto reservation = *device->reserve(kThreads * sizeof(int), Tag::kScratch);
  auto x = *device->allocate(kThreads * sizeof(int), reservation, writer);
  const std::vector<int> values(kThreads, 41);
  std::vector<int> got(kThreads);
  EXPECT_TRUE(writer.upload(x.data(), values.data(), kThreads * sizeof(int)).is_ok());
  EXPECT_TRUE(
      Launcher::launch(writer, {1, kThreads, 0}, AddOneKernel{}, static_cast<int*>(x.data()))
          .is_ok());
  if (with_event) {
    EXPECT_TRUE(writer.record(done).is_ok());
    EXPECT_TRUE(reader.wait(done).is_ok());
  }
  EXPECT_TRUE(reader.download(got.data(), x.data(), kThreads * sizeof(int)).is_ok());
  EXPECT_TRUE(reader.synchronize().is_ok());
  EXPECT_TRUE(writer.synchronize().is_ok());
  return got == std::vector<int>(kThreads, 42);
}

// A download that finds too few staging slots is enqueued before the kernel behind it.
TEST(Simulator, LaunchesBehindDownloadsThatWaitForSlots) {
  constexpr std::size_t kBytes = kThreads * sizeof(int);
  constexpr std::size_t kTimes = 200;  // more than the ring holds
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto device = simulated(seed);
    auto stream = *device->create_stream();
    auto reservation = *device->reserve(kBytes, Tag::kScratch);
    auto x = *device->allocate(kBytes, reservation, stream);
    ASSERT_TRUE(stream.fill(x.data(), 0, kBytes));
    std::vector<int> got(kTimes * kThreads, -1);
    for (std::size_t i = 0; i < kTimes; ++i) {
      ASSERT_TRUE(stream.download(got.data() + i * kThreads, x.data(), kBytes));
    }
    ASSERT_TRUE(
        Launcher::launch(stream, {1, kThreads, 0}, AddOneKernel{}, static_cast<int*>(x.data())));
    ASSERT_TRUE(stream.synchronize());
    EXPECT_EQ(got, std::vector<int>(got.size(), 0)) << "seed " << seed;
  }
}

TEST(Simulator, FindsAMissingEventInTenOfFortySeeds) {
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) caught += handover_is_right(seed, false) ? 0 : 1;
  EXPECT_GE(caught, 10);
}

TEST(Simulator, RaisesNoFalseAlarmWithTheEvent) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) EXPECT_TRUE(handover_is_right(seed, true));
}

TEST(Simulator, RepeatsARunFromItsSeed) {
  const auto trace = [](std::uint64_t seed) {
    std::vector<unsigned> order;
    Order(33, seed).each([&](unsigned t) { order.push_back(t); });
    return order;
  };
  EXPECT_EQ(trace(7), trace(7));
  EXPECT_NE(trace(7), trace(8));
  EXPECT_EQ(trace(7).size(), 33U);
}

struct GreedyKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block) const {
    block.template shared<int>(block.threads());
  }
};

TEST(SimulatorDeathTest, StopsAtSharedMemoryThatTheGridDoesNotHave) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto device = simulated(1);
        auto stream = *device->create_stream();
        static_cast<void>(Launcher::launch(stream, {1, 8, 16}, GreedyKernel{}));
        static_cast<void>(stream.synchronize());
      },
      "shared");
}

struct SumKernel {
  static constexpr unsigned kThreadsMax = 256;
  static constexpr std::size_t kCollectiveBytes = 8;
  template <class Block>
  WEIR_HD void operator()(Block& block, std::int64_t* out) const {
    auto value = block.template per_thread<std::int64_t>();
    block.each_thread([&](unsigned t) { value[t] = t + 1; });
    const std::int64_t sum =
        block.reduce(value, [](std::int64_t a, std::int64_t b) { return a + b; });
    const std::int64_t last = block.broadcast(value, block.threads() - 1);
    const std::int64_t total = block.scan(
        value, [](std::int64_t a, std::int64_t b) { return a + b; }, std::int64_t{0});
    block.each_thread([&](unsigned t) {
      if (t == 3) out[0] = value[t];
      if (t == 0) out[1] = sum;
      if (t == 1) out[2] = last;
      if (t == 2) out[3] = total;
    });
  }
};

TEST(Simulator, ComputesTheCollectives) {
  auto device = simulated(9);
  auto stream = *device->create_stream();
  auto reservation = *device->reserve(4 * sizeof(std::int64_t), Tag::kScratch);
  auto out = *device->allocate(4 * sizeof(std::int64_t), reservation, stream);
  std::vector<std::int64_t> got(4);
  ASSERT_TRUE(Launcher::launch(stream, {1, kThreads, 0}, SumKernel{},
                               static_cast<std::int64_t*>(out.data()))
                  .is_ok());
  ASSERT_TRUE(stream.download(got.data(), out.data(), 4 * sizeof(std::int64_t)).is_ok());
  ASSERT_TRUE(stream.synchronize().is_ok());
  EXPECT_EQ(got, (std::vector<std::int64_t>{1 + 2 + 3, 2080, 64, 2080}));
}

}  // namespace
}  // namespace weir::device::sim
