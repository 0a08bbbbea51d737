#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "profile/gathered.hpp"
#include "profile/profile_pieces.hpp"

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
  ByteWriter out;
  profiles.save(out);
  return std::move(out.buffer());
}

Status load(Profiles& profiles, Bytes bytes) {
  ByteReader in(bytes);
  return profiles.load(in);
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

TEST(Snapshot, RefusesWhatContradictsItself) {
  Profiles profiles(options_of(1 << 28));
  FeatureMatrix features;
  play(profiles, stream(10, 20), features);
  const std::vector<std::uint8_t> bytes = saved(profiles);
  const auto reason_with = [&](std::size_t at, std::uint8_t value) {
    std::vector<std::uint8_t> damaged = bytes;
    damaged[at] = value;
    Profiles other(options_of(1 << 28));
    const Status status = load(other, damaged);
    EXPECT_EQ(status.code(), Code::kDataLoss) << "byte " << at;
    EXPECT_EQ(other.count(), 0U);
    return std::string(status.reason());
  };
  EXPECT_EQ(reason_with(0, 'w'), "snapshot_version");
  EXPECT_EQ(reason_with(4, 1), "snapshot_version");
  EXPECT_EQ(reason_with(8, 1), "snapshot_options");
  EXPECT_EQ(reason_with(16, 0xFF), "snapshot_counts");      // entries
  EXPECT_EQ(reason_with(40, 0), "snapshot_counts");         // parties
  EXPECT_EQ(reason_with(312 + 8, 0xFE), "snapshot_entry");  // the first entry's slot
  EXPECT_EQ(reason_with(bytes.size() - 67, 0xFF), "snapshot_edge");
  Profiles other(options_of(1 << 28));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_EQ(load(other, Bytes(bytes).first(size)).code(), Code::kDataLoss) << size;
  }
}

// Pieces that were copied after different blocks come together when the blocks come again.
TEST(Snapshot, PiecesOfDifferentMomentsBecomeTheStateOfTheLast) {
  constexpr std::size_t kBlock = 500;
  ProfileOptions options = options_of(1 << 28);
  options.edges = 1 << 20;  // eight pieces of edge lines
  std::vector<Event> events = stream(12, 60'000);
  Philox rng(5, 0);
  for (Event& e : events) {  // enough parties for three pieces of profiles
    e.debtor = EntityId::number(EntityKind::kAccount, rng.next_below(90'000)).word;
  }
  Profiles live(options);
  FeatureMatrix features;
  IndexOut index;
  TouchOut out;
  Gathered gathered;
  ByteWriter saved_pieces;
  std::vector<std::uint64_t> heights;
  std::optional<ProfilePieces> pieces;
  const auto label_of = [&](std::size_t begin) {
    LabelUpdate label{{events[begin / 2].debtor}, {events[begin / 2].creditor}};
    label.fraud = true;
    label.at_us = events[begin].time_us;
    return label;
  };
  for (std::size_t begin = 0; begin < events.size(); begin += kBlock) {
    live.apply_label(label_of(begin));
    play(live, std::span<const Event>(events).subspan(begin, kBlock), features);
    const std::uint64_t height = begin / kBlock + 1;
    if (height < 90 || height % 2 != 0) continue;
    if (!pieces) pieces.emplace(live);
    StatePiece piece;
    if (!pieces->next(piece)) continue;
    piece.finish();
    saved_pieces.raw(piece.out.bytes());
    heights.push_back(height);
  }
  StatePiece none;
  ASSERT_FALSE(pieces->next(none));
  ASSERT_GT(heights.size(), 6U);

  Profiles restored(options);
  ByteReader in(saved_pieces.bytes());
  ASSERT_TRUE(restored.load(in).is_ok());
  EXPECT_EQ(in.left(), 0U);
  const PiecesAhead ahead(pieces->layout(), heights);
  for (std::uint64_t height = heights.front() + 1; height <= events.size() / kBlock; ++height) {
    const std::size_t begin = (height - 1) * kBlock;
    restored.apply_label_behind(label_of(begin), ahead, height);
    const auto block = std::span<const Event>(events).subspan(begin, kBlock);
    restored.index(block, index);
    ASSERT_TRUE(restored.gather_behind(index.columns(block), gathered, out, ahead, height).is_ok());
  }
  restored.set_edge_evictions(live.counts().edge_evictions);
  EXPECT_TRUE(saved(restored) == saved(live));
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
      ASSERT_EQ(load(profiles, Bytes(bytes).first(size)).code(), Code::kDataLoss);
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
