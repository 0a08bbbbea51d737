#include "device/resident.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/rng.hpp"
#include "device/sim/driver.hpp"
#include "device/sim/launcher.hpp"
#include "device/testing/hooked_driver.hpp"
#include "device/testing/spill_damage.hpp"

namespace weir::device {
namespace {

constexpr std::size_t kBytes = 10'000;

struct AddKernel {
  static constexpr unsigned kThreadsMax = 256;
  template <class Block>
  WEIR_HD void operator()(Block& block, std::uint8_t* data, std::size_t n, std::uint8_t by) const {
    block.each_thread([&](unsigned t) {
      for (std::size_t i = t; i < n; i += block.threads()) {
        data[i] = static_cast<std::uint8_t>(data[i] + by);
      }
    });
  }
};

std::vector<std::uint8_t> content(char name, std::size_t bytes = kBytes) {
  std::vector<std::uint8_t> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    out[i] = static_cast<std::uint8_t>((i * 7 + static_cast<std::size_t>(name)) >> 2);
  }
  return out;
}

class ResidentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/weir_spill_XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    dir_ = path;
    spill_.pageable_bytes_max = 100 * kBytes;
    limits_.memory_bytes_max = 3 * kBytes;
    limits_.staging_bytes = 8 * 4096;
  }
  void TearDown() override {
    close();
    EXPECT_TRUE(std::filesystem::is_empty(dir_));
    std::filesystem::remove_all(dir_);
  }
  void open(const sim::FaultPlan& plan = {}, double soft = 1.0) {
    close();
    auto driver = sim::make_driver(plan, 1 << 20);
    sim_ = driver.get();
    auto hooked = std::make_unique<testing::HookedDriver>(std::move(driver));
    hooked_ = hooked.get();
    device_ = *Device::create(std::move(hooked), limits_, system_clock());
    pinned_ = std::make_unique<DevicePinnedMemory>(device_->driver());
    if (pinned_bytes_ > 0) {
      spill_.pinned = pinned_.get();
      spill_.pinned_bytes_max = pinned_bytes_;
    }
    store_ = *SpillStore::open(spill_, clock_);
    residency_ = *Residency::create(*device_, *store_, {.soft_limit_ratio = soft});
    stream_ = std::make_unique<Stream>(*device_->create_stream());
  }
  void close() {
    stream_.reset();
    residency_.reset();
    store_.reset();
    device_.reset();
  }
  Rebuild rebuild(char name) {
    return [this, name](Stream& stream, void* data, std::size_t bytes) {
      rebuilt_ += name;
      return stream.upload(data, content(name, bytes).data(), bytes);
    };
  }
  Result<Resident> try_keep(char name, Stream& stream, std::size_t bytes = kBytes) {
    WEIR_ASSIGN(Reservation reservation, device_->reserve(bytes, Tag::kIndex));
    WEIR_ASSIGN(Buffer buffer, device_->allocate(bytes, reservation, stream));
    WEIR_TRY(stream.upload(buffer.data(), content(name, bytes).data(), bytes));
    return residency_->keep(std::string(1, name), std::move(buffer), Tag::kIndex, rebuild(name),
                            stream);
  }
  Resident keep(char name) {
    auto out = try_keep(name, *stream_);
    EXPECT_TRUE(out) << out.error().to_string();
    return out ? std::move(*out) : Resident();
  }
  Status use(Resident& resident, char name, Stream& stream) {
    std::vector<std::uint8_t> got(resident.bytes());
    {
      WEIR_ASSIGN(const Pinned pinned, resident.pin(stream));
      WEIR_TRY(stream.download(got.data(), pinned.data(), pinned.bytes()));
    }
    WEIR_TRY(stream.synchronize());
    EXPECT_EQ(got, content(name, resident.bytes())) << name;
    return Status::ok();
  }
  void use(Resident& resident, char name) {
    const Status status = use(resident, name, *stream_);
    EXPECT_TRUE(status.is_ok()) << status.to_string();
  }

  std::string dir_;
  ManualClock clock_{1'000'000'000};
  DeviceLimits limits_;
  SpillOptions spill_;
  std::size_t pinned_bytes_ = 0;
  std::string rebuilt_;
  sim::SimDriver* sim_ = nullptr;
  testing::HookedDriver* hooked_ = nullptr;
  std::unique_ptr<Device> device_;
  std::unique_ptr<DevicePinnedMemory> pinned_;
  std::unique_ptr<SpillStore> store_;
  std::unique_ptr<Residency> residency_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(ResidentTest, LeavesInTheOrderOfTheLastUnpin) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    open({.seed = seed});
    Resident a = keep('a');
    Resident b = keep('b');
    Resident c = keep('c');
    use(a, 'a');
    Resident d = keep('d');
    EXPECT_TRUE(a.on_device() && c.on_device() && d.on_device());
    EXPECT_FALSE(b.on_device()) << "seed " << seed;
    use(b, 'b');
    EXPECT_FALSE(c.on_device());
    use(c, 'c');
    EXPECT_FALSE(a.on_device());
    use(a, 'a');
    use(d, 'd');
    EXPECT_EQ(rebuilt_, "");
    const ResidencyCounts counts = residency_->counts();
    EXPECT_EQ(counts.residents, 4U);
    EXPECT_EQ(counts.device_bytes, 3 * kBytes);
    EXPECT_EQ(counts.spilled, counts.restored + 1);
    EXPECT_EQ(counts.spilled_bytes, counts.spilled * kBytes);
  }
}

TEST_F(ResidentTest, NeverMovesWhatIsPinned) {
  open();
  Resident a = keep('a');
  Resident b = keep('b');
  Resident c = keep('c');
  {
    const auto pinned_a = a.pin(*stream_);
    const auto again = a.pin(*stream_);
    const auto pinned_b = b.pin(*stream_);
    ASSERT_TRUE(pinned_a && again && pinned_b);
    const void* const where = pinned_a->data();
    EXPECT_EQ(residency_->spill(3 * kBytes), kBytes);
    EXPECT_TRUE(a.on_device() && b.on_device());
    EXPECT_FALSE(c.on_device());
    EXPECT_EQ(again->data(), where);
    const auto d = try_keep('d', *stream_);
    EXPECT_TRUE(d) << "c made room";
    const auto e = device_->reserve(2 * kBytes, Tag::kScratch);
    EXPECT_FALSE(e) << "only d may leave";
  }
  EXPECT_EQ(residency_->spill(3 * kBytes), 2 * kBytes);
  use(a, 'a');
}

TEST_F(ResidentTest, GivesRoomToReservationsAndAllocationsThatFail) {
  open({.oom_at_op = 3});
  Resident a = keep('a');
  Resident b = keep('b');
  Resident c = keep('c');  // its allocation fails once
  EXPECT_FALSE(a.on_device());
  const auto wanted = device_->reserve(3 * kBytes, Tag::kScratch);
  EXPECT_TRUE(wanted);
  EXPECT_FALSE(b.on_device() || c.on_device());
  EXPECT_EQ(sim_->bytes_live(), 0U);
  EXPECT_FALSE(device_->reserve(4 * kBytes, Tag::kScratch)) << "beyond the budget";
  const auto pinned = a.pin(*stream_);
  ASSERT_FALSE(pinned);
  EXPECT_EQ(pinned.error().reason(), "budget");
}

TEST_F(ResidentTest, KeepsReservedBytesBelowTheSoftLimit) {
  limits_.memory_bytes_max = 10 * kBytes;
  open({}, 0.4);
  std::vector<Resident> all;
  for (char name = 'a'; name < 'i'; ++name) all.push_back(keep(name));
  EXPECT_EQ(residency_->counts().device_bytes, 4 * kBytes);
  EXPECT_EQ(device_->budget().reserved(), 4 * kBytes);
  for (std::size_t i = 0; i < all.size(); ++i) use(all[i], static_cast<char>('a' + i));
  EXPECT_LE(device_->budget().reserved(), 4 * kBytes);
}

TEST_F(ResidentTest, WaitsForWorkThatStillUsesWhatItSpills) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    open({.seed = seed, .slow_copies = seed % 2 == 0});
    Resident a = keep('a');
    auto other = *device_->create_stream();
    {
      const auto pinned = a.pin(other);
      ASSERT_TRUE(pinned);
      const Grid grid{.blocks = 1, .threads = 32};
      for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(sim::Launcher::launch(other, grid, AddKernel{},
                                          static_cast<std::uint8_t*>(pinned->data()), kBytes,
                                          std::uint8_t{1})
                        .is_ok());
      }
    }
    EXPECT_EQ(residency_->spill(kBytes), kBytes);
    std::vector<std::uint8_t> want = content('a');
    for (std::uint8_t& byte : want) byte = static_cast<std::uint8_t>(byte + 3);
    std::vector<std::uint8_t> got(kBytes);
    const auto pinned = a.pin(*stream_);
    ASSERT_TRUE(pinned);
    ASSERT_TRUE(stream_->download(got.data(), pinned->data(), kBytes).is_ok());
    ASSERT_TRUE(stream_->synchronize().is_ok());
    EXPECT_EQ(got, want) << "seed " << seed;
  }
}

TEST_F(ResidentTest, FreesWhatIsDroppedBehindWorkThatStillUsesIt) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    open({.seed = seed});
    auto other = *device_->create_stream();
    std::vector<std::uint8_t> got(kBytes);
    {
      Resident a = keep('a');
      const auto pinned = a.pin(other);
      ASSERT_TRUE(other.download(got.data(), pinned->data(), kBytes).is_ok());
    }
    ASSERT_TRUE(stream_->synchronize().is_ok());
    ASSERT_TRUE(other.synchronize().is_ok());
    EXPECT_EQ(got, content('a')) << "seed " << seed;
  }
}

TEST_F(ResidentTest, RebuildsWhatTheFileDoesNotGiveBack) {
  spill_.dir = dir_;
  spill_.file_bytes_max = 1 << 20;
  spill_.pageable_bytes_max = kBytes;
  open();
  Resident a = keep('a');
  Resident b = keep('b');
  EXPECT_EQ(residency_->spill(2 * kBytes), 2 * kBytes);
  ASSERT_TRUE(testing::damage_spill_file(dir_, 5));
  use(a, 'a');
  EXPECT_EQ(rebuilt_, "a");
  EXPECT_EQ(residency_->counts().rebuilt, 1U);
  EXPECT_EQ(store_->counts().damaged, 1U);
  use(b, 'b');
  EXPECT_EQ(rebuilt_, "a");
}

TEST_F(ResidentTest, RebuildsWhatTheStoreHadNoRoomFor) {
  spill_.pageable_bytes_max = kBytes;
  open();
  Resident a = keep('a');
  Resident b = keep('b');
  EXPECT_EQ(residency_->spill(2 * kBytes), 2 * kBytes);
  EXPECT_EQ(residency_->counts().discarded, 1U);
  use(a, 'a');
  use(b, 'b');
  EXPECT_EQ(rebuilt_, "b");
}

TEST_F(ResidentTest, FailsThePinWhoseRebuildFailsAndTriesAgainLater) {
  spill_.pageable_bytes_max = 0;
  open();
  bool broken = true;
  auto reservation = *device_->reserve(kBytes, Tag::kIndex);
  auto buffer = *device_->allocate(kBytes, reservation, *stream_);
  ASSERT_TRUE(stream_->upload(buffer.data(), content('r').data(), kBytes).is_ok());
  reservation = {};
  auto r = residency_->keep(
      "r", std::move(buffer), Tag::kIndex,
      [&](Stream& stream, void* data, std::size_t bytes) {
        if (broken) return unavailable("source", "the source is away");
        return stream.upload(data, content('r').data(), bytes);
      },
      *stream_);
  ASSERT_TRUE(r);
  EXPECT_EQ(residency_->spill(1), kBytes);
  EXPECT_EQ(r->pin(*stream_).error().reason(), "source");
  EXPECT_FALSE(r->on_device());
  EXPECT_EQ(device_->budget().reserved(), 0U);
  broken = false;
  use(*r, 'r');
}

TEST_F(ResidentTest, CopiesStraightIntoPinnedMemory) {
  pinned_bytes_ = 2 * kBytes;
  open();
  Resident a = keep('a');
  EXPECT_EQ(residency_->spill(1), kBytes);
  EXPECT_EQ(store_->counts().of(SpillTier::kPinned).bytes, kBytes);
  use(a, 'a');
  EXPECT_EQ(store_->counts().of(SpillTier::kPinned).bytes, 0U) << "the copy is dropped";
}

TEST_F(ResidentTest, HoldsNoLockWhileBytesMove) {
  open();
  Resident a = keep('a');
  Resident b = keep('b');
  auto other = *device_->create_stream();
  int seen = 0;
  const auto look = [&] {
    ++seen;
    EXPECT_EQ(residency_->counts().residents, 2U);  // would wait for ever
    EXPECT_EQ(a.bytes(), kBytes);
    EXPECT_TRUE(b.on_device());
    const auto pinned = b.pin(other);
    EXPECT_TRUE(pinned);
  };
  hooked_->before_copy = [&](Direction) { look(); };
  hooked_->before_synchronize = look;
  EXPECT_EQ(residency_->spill(1), kBytes);
  hooked_->before_copy = {};
  hooked_->before_synchronize = {};
  EXPECT_GE(seen, 2) << "the copy and the wait for it";
  EXPECT_FALSE(a.on_device());
  EXPECT_TRUE(b.on_device());
}

TEST_F(ResidentTest, StaysWhenItIsPinnedWhileItsBytesMove) {
  open();
  Resident a = keep('a');
  auto other = *device_->create_stream();
  bool done = false;
  hooked_->before_copy = [&](Direction direction) {
    if (direction != Direction::kToHost || std::exchange(done, true)) return;
    const auto pinned = a.pin(other);
    ASSERT_TRUE(pinned);
    ASSERT_TRUE(other.fill(pinned->data(), 9, kBytes).is_ok());
    ASSERT_TRUE(other.synchronize().is_ok());
  };
  EXPECT_EQ(residency_->spill(1), 0U);
  EXPECT_TRUE(a.on_device());
  EXPECT_EQ(store_->counts().of(SpillTier::kPageable).bytes, 0U);
  hooked_->before_copy = {};
  std::vector<std::uint8_t> got(kBytes);
  EXPECT_EQ(residency_->spill(1), kBytes) << "it can be spilled later";
  const auto pinned = a.pin(*stream_);
  ASSERT_TRUE(stream_->download(got.data(), pinned->data(), kBytes).is_ok());
  ASSERT_TRUE(stream_->synchronize().is_ok());
  EXPECT_EQ(got, std::vector<std::uint8_t>(kBytes, 9)) << "what was written meanwhile is lost";
}

TEST_F(ResidentTest, MayBeDroppedWhileItsBytesMove) {
  open();
  Resident a = keep('a');
  hooked_->before_copy = [&](Direction direction) {
    if (direction == Direction::kToHost) a.drop();
  };
  EXPECT_EQ(residency_->spill(1), kBytes);
  EXPECT_EQ(residency_->counts().residents, 0U);
  EXPECT_EQ(residency_->counts().device_bytes, 0U);
  EXPECT_EQ(store_->counts().of(SpillTier::kPageable).bytes, 0U);
  EXPECT_EQ(sim_->bytes_live(), 0U);
  EXPECT_EQ(device_->budget().reserved(), 0U);
}

TEST_F(ResidentTest, LeaksNothingWhereverTheDeviceIsLost) {
  open();
  const std::uint64_t before = sim_->operations();
  const auto script = [&] {
    auto a = try_keep('a', *stream_);
    auto b = try_keep('b', *stream_);
    if (a) static_cast<void>(residency_->spill(kBytes));
    if (a) static_cast<void>(use(*a, 'a', *stream_));
    if (b) static_cast<void>(use(*b, 'b', *stream_));
  };
  script();
  const std::uint64_t after = sim_->operations();
  ASSERT_GT(after, before + 10);
  for (std::uint64_t at = before + 1; at <= after; ++at) {
    open({.seed = at, .lose_at_op = at});
    script();
    EXPECT_EQ(residency_->counts().residents, 0U);
    residency_.reset();
    stream_.reset();
    EXPECT_EQ(sim_->bytes_live(), 0U) << "lost at call " << at;
    EXPECT_EQ(device_->budget().reserved(), 0U) << "lost at call " << at;
  }
}

TEST_F(ResidentTest, ServesManyThreadsOnASmallBudget) {
  limits_.memory_bytes_max = 8 * kBytes;
  spill_.pageable_bytes_max = 3 * kBytes;
  spill_.dir = dir_;
  spill_.file_bytes_max = 1 << 20;
  pinned_bytes_ = 2 * kBytes;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    open({.seed = seed, .oom_rate = 0.02});
    std::vector<Resident> all;
    for (int i = 0; i < 12; ++i) {
      auto kept = try_keep(static_cast<char>('a' + i), *stream_);
      if (kept) all.push_back(std::move(*kept));
    }
    ASSERT_GE(all.size(), 10U);
    std::vector<std::thread> threads;
    std::atomic<int> used{0};
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        const auto staging = device_->create_staging();
        auto stream = *device_->create_stream(staging.get());
        Philox rng(seed, t);
        for (int i = 0; i < 60; ++i) {
          Resident& resident = all[rng.next_below(static_cast<std::uint32_t>(all.size()))];
          std::vector<std::uint8_t> got(kBytes);
          {
            const auto pinned = resident.pin(stream);
            if (!pinned) {
              EXPECT_EQ(pinned.error().code(), Code::kResourceExhausted)
                  << pinned.error().to_string();
              continue;
            }
            ASSERT_TRUE(stream.download(got.data(), pinned->data(), kBytes).is_ok());
          }
          ASSERT_TRUE(stream.synchronize().is_ok());
          bool known = false;
          for (char name = 'a'; name < 'm'; ++name) known = known || got == content(name);
          EXPECT_TRUE(known);
          ++used;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_GT(used.load(), 150);
    EXPECT_GT(residency_->counts().spilled, 20U);
    all.clear();
    EXPECT_EQ(device_->budget().reserved(), 0U);
    close();
  }
}

}  // namespace
}  // namespace weir::device
