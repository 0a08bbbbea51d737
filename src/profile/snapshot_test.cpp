#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "profile/profiles.hpp"

namespace weir::profile {
namespace {

using wire::EntityId;
using wire::EntityKind;
using wire::Event;

ProfileOptions options_of(std::uint64_t bytes_max) {
  ProfileOptions options;
  options.accounts = 64;
  options.edges = 1024;
  options.bytes_max = bytes_max;
  return options;
}

std::vector<Event> stream(std::uint64_t seed, std::size_t count) {
  Philox rng(seed, 3);
  std::vector<Event> events(count);
  std::int64_t now = 1'767'607'200'000'000;
  for (Event& e : events) {
    e = Event{};
    e.debtor = EntityId::number(EntityKind::kAccount, rng.next_below(30'000)).word;
    e.creditor = EntityId::number(EntityKind::kMerchant, rng.next_below(100)).word;
    e.device = EntityId::number(EntityKind::kDevice, rng.next_below(500)).word;
    e.amount = rng.next_below(1'000'000);
    e.exponent = 2;
    e.type = 2;
    e.time_us = now += rng.next_below(100'000'000);
  }
  return events;
}

void play(Profiles& profiles, std::span<const Event> events, FeatureMatrix& features) {
  IndexOut index;
  TouchOut out;
  profiles.index(events, index);
  ASSERT_TRUE(profiles.touch(index.columns(events), features, out).is_ok());
}

std::vector<std::uint8_t> saved(const Profiles& profiles) {
  std::vector<std::uint8_t> bytes;
  const Status status = profiles.save([&](std::span<const std::uint8_t> part) {
    bytes.insert(bytes.end(), part.begin(), part.end());
    return Status::ok();
  });
  EXPECT_TRUE(status.is_ok());
  return bytes;
}

Status load(Profiles& profiles, std::span<const std::uint8_t> bytes) {
  return profiles.load([&](std::span<std::uint8_t> to) {
    if (to.size() > bytes.size()) return data_loss("snapshot_end", "the bytes end early");
    std::memcpy(to.data(), bytes.data(), to.size());
    bytes = bytes.subspan(to.size());
    return Status::ok();
  });
}

TEST(Snapshot, GoesOnWithTheSameBits) {
  for (const std::uint64_t bytes_max :
       {std::uint64_t{1} << 28, (std::uint64_t{1} << 20) + 20'000}) {
    const std::vector<Event> events = stream(8, 12'000);
    const auto first = std::span<const Event>(events).first(8'000);
    const auto second = std::span<const Event>(events).subspan(8'000);
    Profiles straight(options_of(bytes_max));
    FeatureMatrix features;
    play(straight, first, features);
    ASSERT_TRUE(straight.set_flags({events[0].device}, kWatch, kWatch).is_ok());
    const std::vector<std::uint8_t> bytes = saved(straight);

    Profiles loaded(options_of(bytes_max));
    const Status status = load(loaded, bytes);
    ASSERT_TRUE(status.is_ok()) << status.to_string();
    EXPECT_EQ(saved(loaded), bytes);
    EXPECT_EQ(loaded.flags({events[0].device}), kWatch);
    EXPECT_EQ(loaded.full(), bytes_max < (1 << 28));

    FeatureMatrix want;
    FeatureMatrix got;
    play(straight, second, want);
    play(loaded, second, got);
    for (unsigned f = 0; f < kFeatures; ++f) {
      const auto feature = static_cast<Feature>(f);
      EXPECT_EQ(std::memcmp(want.column(feature), got.column(feature), second.size() * 4), 0);
    }
    EXPECT_EQ(saved(straight), saved(loaded));
  }
}

TEST(Snapshot, DoesNotDependOnBatchCuts) {
  const std::vector<Event> events = stream(9, 5'000);
  Profiles whole(options_of(1 << 28));
  Profiles cut(options_of(1 << 28));
  FeatureMatrix features;
  play(whole, events, features);
  for (std::size_t begin = 0; begin < events.size(); begin += 7) {
    play(cut,
         std::span<const Event>(events).subspan(begin,
                                                std::min<std::size_t>(7, events.size() - begin)),
         features);
  }
  EXPECT_EQ(saved(whole), saved(cut));
}

TEST(Snapshot, NamesEveryFlippedByte) {
  Profiles profiles(options_of(1 << 28));
  FeatureMatrix features;
  play(profiles, stream(10, 20), features);
  const std::vector<std::uint8_t> bytes = saved(profiles);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::vector<std::uint8_t> damaged = bytes;
    damaged[at] ^= 0x10;
    Profiles other(options_of(1 << 28));
    const Status status = load(other, damaged);
    ASSERT_EQ(status.code(), Code::kDataLoss) << "byte " << at;
    ASSERT_EQ(other.count(), 0U);
  }
  Profiles other(options_of(1 << 28));
  EXPECT_EQ(load(other, std::span(bytes).first(bytes.size() - 1)).code(), Code::kDataLoss);
}

// The seeds of the fuzz target, as a regression: whole ones load, cut ones are refused.
TEST(Snapshot, LoadsTheFuzzSeeds) {
  ProfileOptions options = options_of(4 << 20);
  options.edges = 64;
  for (const char* name : {"events_0", "events_3", "events_40"}) {
    std::ifstream file(std::string(WEIR_SOURCE_DIR "/tests/fuzz/profile_snapshot_fuzz/") + name,
                       std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(bytes.empty()) << name;
    Profiles profiles(options);
    EXPECT_TRUE(load(profiles, bytes).is_ok()) << name;
    for (std::size_t size = 0; size < bytes.size(); size += 11) {
      ASSERT_EQ(load(profiles, std::span(bytes).first(size)).code(), Code::kDataLoss);
    }
  }
}

TEST(Snapshot, RefusesAnotherEdgeTableSize) {
  Profiles profiles(options_of(1 << 28));
  ProfileOptions other = options_of(1 << 28);
  other.edges = 4096;
  Profiles wider(other);
  EXPECT_EQ(load(wider, saved(profiles)).reason(), "snapshot_options");
}

}  // namespace
}  // namespace weir::profile
