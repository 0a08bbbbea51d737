#include "device/device.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

#include "device/cpu/driver.hpp"
#include "device/sim/driver.hpp"
#include "device/testing/hooked_driver.hpp"

namespace weir::device {
namespace {

constexpr std::size_t kMemory = std::size_t{64} << 20;

std::unique_ptr<Device> simulated(const sim::FaultPlan& plan, std::size_t staging = 1 << 16) {
  DeviceLimits limits;
  limits.memory_bytes_max = kMemory;
  limits.staging_bytes = staging;
  return *Device::create(sim::make_driver(plan, kMemory), limits, system_clock());
}

TEST(Budget, RefusesWhatDoesNotFitAndNamesTheHolders) {
  Budget budget(1000, 0.8);
  auto index = budget.reserve(600, Tag::kIndex);
  ASSERT_TRUE(index);
  const auto second = budget.reserve(300, Tag::kScratch);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kResourceExhausted);
  EXPECT_NE(second.error().message().find("index 600"), std::string::npos)
      << second.error().message();
  EXPECT_TRUE(budget.reserve(400, Tag::kScratch, Priority::kHigh))
      << "high may pass the soft limit";
  EXPECT_EQ(budget.reserved(), 600U) << "the reservation of that line is gone again";
  *index = Reservation();
  EXPECT_EQ(budget.reserved(), 0U);
  EXPECT_EQ(budget.holders(), "nobody");
}

TEST(Budget, KeepsBytesUntilTheLastBufferDrawnFromThemIsGone) {
  Budget budget(1000);
  auto reservation = *budget.reserve(500, Tag::kColumns);
  auto draw = *reservation.draw(200);
  EXPECT_FALSE(reservation.draw(301));
  reservation = Reservation();
  EXPECT_EQ(budget.reserved(Tag::kColumns), 500U);
  draw = Reservation::Draw();
  EXPECT_EQ(budget.reserved(Tag::kColumns), 0U);
}

TEST(Device, CopiesThereAndBackThroughASmallStagingRing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto device = simulated({.seed = seed}, 8 * 4096);
    auto stream = *device->create_stream();
    std::vector<int> from(100'000);
    std::iota(from.begin(), from.end(), static_cast<int>(seed));
    const std::vector<int> kept = from;
    const std::size_t bytes = from.size() * sizeof(int);
    auto reservation = *device->reserve(2 * bytes, Tag::kColumns);
    auto a = *device->allocate(bytes, reservation, stream);
    auto b = *device->allocate(bytes, reservation, stream);
    ASSERT_TRUE(stream.upload(a.data(), from.data(), bytes).is_ok());
    std::fill(from.begin(), from.end(), -1);  // allowed as soon as upload returns
    ASSERT_TRUE(stream.copy_on_device(b.data(), a.data(), bytes).is_ok());
    std::vector<int> to(from.size());
    ASSERT_TRUE(stream.download(to.data(), b.data(), bytes).is_ok());
    ASSERT_TRUE(stream.synchronize().is_ok());
    EXPECT_EQ(to, kept) << "seed " << seed;
    EXPECT_EQ(device->allocated(Tag::kColumns), 2 * bytes);
    EXPECT_EQ(device->counters().bytes_up, bytes);
  }
}

TEST(Device, ServesThreeStreamsOfOneThreadThatAllDownload) {
  auto device = simulated({.seed = 3}, 8 * 4096);
  std::vector<Stream> streams;
  std::vector<Buffer> buffers;
  std::vector<std::vector<char>> out(3, std::vector<char>(100'000));
  auto reservation = *device->reserve(300'000, Tag::kColumns);
  for (int i = 0; i < 3; ++i) {
    streams.push_back(*device->create_stream());
    buffers.push_back(*device->allocate(100'000, reservation, streams.back()));
    const std::vector<char> in(100'000, static_cast<char>('a' + i));
    ASSERT_TRUE(streams.back().upload(buffers.back().data(), in.data(), in.size()).is_ok());
    ASSERT_TRUE(
        streams.back()
            .download(out[static_cast<std::size_t>(i)].data(), buffers.back().data(), 100'000)
            .is_ok());
  }
  for (int i = 0; i < 3; ++i) {
    const auto at = static_cast<std::size_t>(i);
    ASSERT_TRUE(streams[at].synchronize().is_ok());
    EXPECT_EQ(out[at], std::vector<char>(100'000, static_cast<char>('a' + i)));
  }
}

// Three streams, each with a download of 25 slots of a ring of eight.
TEST(Device, DownloadsDoNotWaitAndTakeNoMoreThanTheRing) {
  constexpr std::size_t kBytes = 100'000;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto driver =
        std::make_unique<testing::HookedDriver>(sim::make_driver({.seed = seed}, kMemory));
    testing::HookedDriver& hooked = *driver;
    DeviceLimits limits;
    limits.memory_bytes_max = kMemory;
    limits.staging_bytes = 8 * 4096;
    auto device = *Device::create(std::move(driver), limits, system_clock());
    auto staging = device->create_staging();
    auto reservation = *device->reserve(3 * kBytes, Tag::kColumns);
    std::vector<Stream> streams;
    std::vector<Buffer> buffers;
    for (unsigned i = 0; i < 3; ++i) {
      streams.push_back(*device->create_stream(staging.get()));
      buffers.push_back(*device->allocate(kBytes, reservation, streams.back()));
      ASSERT_TRUE(streams[i].fill(buffers[i].data(), static_cast<std::uint8_t>(i + 1), kBytes));
    }
    std::size_t waits = 0;
    hooked.before_synchronize = hooked.before_event_wait = [&] { ++waits; };
    std::vector<std::vector<char>> out(3, std::vector<char>(kBytes));
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(streams[i].download(out[i].data(), buffers[i].data(), kBytes));
    }
    EXPECT_EQ(waits, 0U);
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(streams[i].synchronize());
      EXPECT_EQ(out[i], std::vector<char>(kBytes, static_cast<char>(i + 1))) << "seed " << seed;
    }
    EXPECT_GE(waits, 3U);
    EXPECT_LE(staging->pinned_bytes(), 8U * 4096);
  }
}

// Most of the download has no slot yet when the work behind it is enqueued.
TEST(Device, DownloadsWhatWasThereBeforeTheWorkBehindThem) {
  constexpr std::size_t kBytes = 100'000;
  enum class Behind { kUpload, kFill, kCopy, kEvent };
  for (const Behind behind : {Behind::kUpload, Behind::kFill, Behind::kCopy, Behind::kEvent}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      auto device = simulated({.seed = seed}, 8 * 4096);
      auto stream = *device->create_stream();
      auto other = *device->create_stream();
      auto event = *device->create_event();
      auto reservation = *device->reserve(2 * kBytes, Tag::kColumns);
      auto x = *device->allocate(kBytes, reservation, stream);
      auto y = *device->allocate(kBytes, reservation, stream);
      const std::vector<char> news(kBytes, 'n');
      std::vector<char> got(kBytes);
      ASSERT_TRUE(stream.fill(x.data(), 'o', kBytes));
      ASSERT_TRUE(stream.fill(y.data(), 'n', kBytes));
      ASSERT_TRUE(stream.download(got.data(), x.data(), kBytes));
      switch (behind) {
        case Behind::kUpload:
          ASSERT_TRUE(stream.upload(x.data(), news.data(), kBytes));
          break;
        case Behind::kFill:
          ASSERT_TRUE(stream.fill(x.data(), 'n', kBytes));
          break;
        case Behind::kCopy:
          ASSERT_TRUE(stream.copy_on_device(x.data(), y.data(), kBytes));
          break;
        case Behind::kEvent:
          ASSERT_TRUE(stream.record(event));
          ASSERT_TRUE(other.wait(event));
          ASSERT_TRUE(other.fill(x.data(), 'n', kBytes));
          ASSERT_TRUE(other.synchronize());
      }
      ASSERT_TRUE(stream.synchronize());
      EXPECT_EQ(got, std::vector<char>(kBytes, 'o')) << "seed " << seed;
    }
  }
}

TEST(Device, CopiesOnTheHostAsItIsTold) {
  auto device = simulated({.seed = 5}, 8 * 4096);
  auto stream = *device->create_stream();
  std::size_t copied = 0;
  device->set_host_copy([&](void* to, const void* from, std::size_t bytes) {
    copied += bytes;
    std::memcpy(to, from, bytes);
  });
  auto reservation = *device->reserve(50'000, Tag::kColumns);
  auto x = *device->allocate(50'000, reservation, stream);
  const std::vector<char> in(50'000, 'x');
  std::vector<char> got(50'000);
  ASSERT_TRUE(stream.upload(x.data(), in.data(), in.size()));
  ASSERT_TRUE(stream.download(got.data(), x.data(), got.size()));
  ASSERT_TRUE(stream.synchronize());
  EXPECT_EQ(got, in);
  EXPECT_EQ(copied, 100'000U);
}

TEST(Device, SpillsOnceWhenMemoryRunsOut) {
  auto device = simulated({.oom_at_op = 2});
  auto stream = *device->create_stream();
  auto reservation = *device->reserve(3000, Tag::kIndex);
  std::size_t asked = 0;
  device->on_out_of_memory([&](std::size_t bytes) {
    asked += bytes;
    return bytes;
  });
  const auto first = device->allocate(1000, reservation, stream);
  const auto second = device->allocate(1000, reservation, stream);
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_EQ(asked, 1000U);
  EXPECT_EQ(device->counters().out_of_memory, 1U);
}

TEST(Device, SaysOutOfMemoryWhenNothingCanBeSpilled) {
  auto device = simulated({.oom_rate = 1});
  auto stream = *device->create_stream();
  auto reservation = *device->reserve(1000, Tag::kIndex);
  const auto buffer = device->allocate(1000, reservation, stream);
  ASSERT_FALSE(buffer);
  EXPECT_EQ(buffer.error().reason(), kOutOfMemory);
  EXPECT_EQ(reservation.drawn(), 0U);
}

TEST(SimDriver, StaysLostOnceItIsLost) {
  auto device = simulated({.lose_at_op = 3});
  auto stream = *device->create_stream();
  auto reservation = *device->reserve(1000, Tag::kIndex);
  const auto buffer = device->allocate(1000, reservation, stream);
  ASSERT_TRUE(buffer);
  const std::vector<char> data(1000);
  EXPECT_EQ(stream.upload(buffer->data(), data.data(), 1000).reason(), kDeviceLost);
  EXPECT_EQ(stream.synchronize().reason(), kDeviceLost);
  EXPECT_EQ(device->health().reason(), kDeviceLost);
}

TEST(SimDriver, ReportsWorkThatHangsAsTimedOut) {
  auto device = simulated({.hang_at_op = 1});
  auto stream = *device->create_stream();
  auto reservation = *device->reserve(1000, Tag::kIndex);
  const auto buffer = device->allocate(1000, reservation, stream);
  ASSERT_TRUE(stream.fill(buffer->data(), 1, 1000).is_ok());
  const Status status = stream.synchronize();
  EXPECT_EQ(status.code(), Code::kDeadlineExceeded);
  EXPECT_EQ(status.reason(), kTimeout);
  EXPECT_FALSE(device->health().is_ok());
}

TEST(SimDriver, GivesAllMemoryBack) {
  sim::FaultPlan plan{.seed = 5};
  auto owned = sim::make_driver(plan, kMemory);
  sim::SimDriver& driver = *owned;
  auto device = *Device::create(std::move(owned), {}, system_clock());
  {
    auto stream = *device->create_stream();
    auto reservation = *device->reserve(1000, Tag::kIndex);
    auto buffer = *device->allocate(1000, reservation, stream);
    EXPECT_EQ(driver.bytes_live(), 1000U);
  }
  EXPECT_EQ(driver.bytes_live(), 0U);
  EXPECT_EQ(device->budget().reserved(), 0U);
}

TEST(CpuDriver, DoesEverythingAtOnce) {
  auto device = *Device::create(cpu::make_driver(1 << 20), {}, system_clock());
  auto stream = *device->create_stream();
  auto reservation = *device->reserve(100, Tag::kColumns);
  auto buffer = *device->allocate(100, reservation, stream);
  const std::vector<char> in(100, 'x');
  std::vector<char> out(100);
  ASSERT_TRUE(stream.upload(buffer.data(), in.data(), 100).is_ok());
  ASSERT_TRUE(stream.download(out.data(), buffer.data(), 100).is_ok());
  EXPECT_EQ(out, in);
}

}  // namespace
}  // namespace weir::device
