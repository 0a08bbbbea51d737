#include "profile/profiles.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "base/isa.hpp"
#include "base/rng.hpp"
#include "profile/gathered.hpp"
#include "profile/profile_oracle.hpp"

namespace weir::profile {
namespace {

using wire::EntityId;
using wire::EntityKind;
using wire::Event;

constexpr std::int64_t kStart = 1'767'607'200'000'000;  // 2026-01-05T10:00:00Z, a Monday
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHourUs = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHourUs;

std::uint64_t account(std::uint64_t n) {
  return EntityId::number(EntityKind::kAccount, n).word;
}

Event pay(std::uint64_t from, std::uint64_t to, std::int64_t cents, std::int64_t time_us) {
  Event e{};
  e.debtor = from == 0 ? 0 : account(from);
  e.creditor = to == 0 ? 0 : account(to);
  e.amount = cents;
  e.exponent = 2;
  e.type = static_cast<std::uint8_t>(wire::EventType::kPayment);
  e.time_us = time_us;
  return e;
}

ProfileOptions small_options() {
  ProfileOptions options;
  options.accounts = 64;
  options.edges = 64;
  options.bytes_max = std::uint64_t{1} << 28;
  return options;
}

// Runs one batch and returns the features row by row.
struct Pass {
  IndexOut index;
  FeatureMatrix features;
  TouchOut out;
  void run(Profiles& profiles, std::span<const Event> events) {
    profiles.index(events, index);
    const Status status = profiles.touch(index.columns(events), features, out);
    ASSERT_TRUE(status.is_ok()) << status.to_string();
  }
  float at(std::size_t row, Feature f) const { return features.at(row, f); }
};

TEST(Profiles, GivesTheWorkedExample) {
  Profiles profiles(small_options());
  const std::vector<Event> events = {pay(1, 2, 10'000, kStart),
                                     pay(1, 2, 5'000, kStart + 30 * kSecond),
                                     pay(1, 3, 90'000, kStart + kHourUs)};
  Pass pass;
  pass.run(profiles, events);
  EXPECT_NEAR(pass.at(2, Feature::kOutCount1m), 1.0F, 1e-5);
  EXPECT_NEAR(pass.at(2, Feature::kOutCount1h), 1.453462F, 1e-5);
  EXPECT_NEAR(pass.at(2, Feature::kOutCount1d), 1.969338F, 1e-5);
  EXPECT_NEAR(pass.at(2, Feature::kOutBurst), 1.449460F, 1e-5);
  EXPECT_NEAR(pass.at(2, Feature::kOutSumVsUsual), 7.443898F, 1e-5);
  EXPECT_NEAR(pass.at(2, Feature::kOutGap), 21.767493F, 1e-5);
  EXPECT_EQ(pass.at(0, Feature::kOutGap), 32.0F);
  EXPECT_EQ(pass.at(2, Feature::kWeekday), 0.0F);
  EXPECT_EQ(pass.at(2, Feature::kHour), 11.0F);
  EXPECT_EQ(pass.at(1, Feature::kNewEdge), 0.0F);
  EXPECT_EQ(pass.at(2, Feature::kNewEdge), 1.0F);
  EXPECT_EQ(pass.at(1, Feature::kEdgeCount), 1.0F);

  const auto view = profiles.view({account(1)}, kStart + kHourUs);
  ASSERT_TRUE(view.has_value());
  const float counts[] = {1.0F, 1.738644F, 2.915883F, 2.984436F, 3.0F};
  for (unsigned w = 0; w < 5; ++w) EXPECT_NEAR(view->out_count[w], counts[w], 2e-6);
  EXPECT_NEAR(view->out_sum[0], 955.32617F, 1e-4);
  EXPECT_NEAR(view->out_sum[1], 1043.69116F, 2e-4);
  EXPECT_NEAR(view->out_sum[2], 1050.0F, 1e-4);
  EXPECT_NEAR(view->amount_log_mean, 7.382007F, 1e-6);
  EXPECT_NEAR(view->amount_log_variance, 3.122623F, 1e-6);
  const auto before = profiles.view({account(2)}, kStart);
  EXPECT_EQ(before->in_count[3], 2.0F);
}

TEST(Profiles, ReadsAmountBaselineBeforeTheEvent) {
  Profiles profiles(small_options());
  std::vector<Event> events = {pay(1, 2, 10'000, kStart), pay(1, 2, 5'000, kStart + 30 * kSecond)};
  Pass pass;
  pass.run(profiles, events);
  const auto view = profiles.view({account(1)}, kStart + 30 * kSecond);
  EXPECT_NEAR(view->amount_log_mean, 6.165318F, 1e-6);
  EXPECT_NEAR(view->amount_log_variance, 0.242944F, 1e-6);
}

// Busy and rare accounts, late events, self-transfers, quiet types, absent parties, huge and zero
// amounts, equal times, gaps of months.
std::vector<Event> random_stream(std::uint64_t seed, std::size_t count) {
  Philox rng(seed, 99);
  std::vector<Event> events;
  std::int64_t now = kStart;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t pace = rng.next_below(1000);
    if (pace == 0)
      now += static_cast<std::int64_t>(rng.next_u64() % (60 * kDay));
    else if (pace < 50)
      now += static_cast<std::int64_t>(rng.next_u64() % (3 * kHourUs));
    else if (pace < 700)
      now += static_cast<std::int64_t>(rng.next_u64() % (20 * kSecond));
    std::int64_t time = now;
    const std::uint32_t lateness = rng.next_below(100);
    if (lateness < 5)
      time -= static_cast<std::int64_t>(rng.next_u64() % (50 * kSecond));
    else if (lateness < 8)
      time -= static_cast<std::int64_t>(rng.next_u64() % (5 * kDay));
    else if (lateness == 8)
      time -= static_cast<std::int64_t>(rng.next_u64() % (200 * kDay));
    const auto party = [&] {
      const std::uint32_t r = rng.next_below(100);
      if (r < 4) return std::uint64_t{0};
      return std::uint64_t{1} + (r < 50 ? rng.next_below(4) : rng.next_below(300));
    };
    std::uint64_t from = party();
    const std::uint64_t to = rng.next_below(50) == 0 ? from : party();
    if (from == 0 && to == 0) from = 7;
    Event e = pay(from, to, 0, time);
    const std::uint32_t size = rng.next_below(20);
    if (size == 0)
      e.amount = static_cast<std::int64_t>(rng.next_u64() >> 1);
    else if (size == 1)
      e.amount = 0;
    else if (size < 5)
      e.amount = static_cast<std::int64_t>(rng.next_below(100)) * 10'000;
    else
      e.amount = 800'000 + static_cast<std::int64_t>(rng.next_below(400'000));
    e.exponent = static_cast<std::uint8_t>(rng.next_below(10) == 0 ? rng.next_below(13) : 2);
    e.type = static_cast<std::uint8_t>(rng.next_below(3) == 0 ? rng.next_below(16) : 2);
    events.push_back(e);
  }
  return events;
}

void expect_row_equal(const NaiveProfiles::Answer& want, const Pass& pass, std::size_t row,
                      std::size_t event) {
  ASSERT_EQ(want.late, pass.out.late[row] != 0) << "event " << event;
  for (unsigned f = 0; f < kFeatures; ++f) {
    const float got = pass.features.at(row, static_cast<Feature>(f));
    ASSERT_TRUE(std::isfinite(got));
    ASSERT_EQ(std::bit_cast<std::uint32_t>(want.features[f]), std::bit_cast<std::uint32_t>(got))
        << "event " << event << " " << feature_name(static_cast<Feature>(f)) << ": want "
        << want.features[f] << ", got " << got;
  }
}

TEST(Profiles, MatchesTheNaivePassBitForBitWhateverTheBatchCuts) {
  for (const std::uint64_t seed : {11U, 12U, 13U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ProfileOptions options = small_options();
    options.edges = seed == 12 ? 64 : 1 << 16;
    options.tz_offset_s = seed == 13 ? -5 * 3600 : 3600;
    options.near_limits = {10'000.0, 9'000.0};
    const std::vector<Event> events = random_stream(seed, 40'000);
    NaiveProfiles naive(options);
    Profiles profiles(options);
    Philox rng(seed, 5);
    Pass pass;
    for (std::size_t begin = 0; begin < events.size();) {
      const std::size_t rows = std::min<std::size_t>(events.size() - begin,
                                                     1 + rng.next_below(begin % 2 == 0 ? 70 : 900));
      pass.run(profiles, std::span(events).subspan(begin, rows));
      for (std::size_t row = 0; row < rows; ++row) {
        expect_row_equal(naive.apply(events[begin + row]), pass, row, begin + row);
        if (HasFatalFailure()) return;
      }
      begin += rows;
      LabelUpdate label{{events[begin - 1].debtor}, {events[begin - 1].creditor}};
      label.fraud = rng.next_below(2) == 0;
      label.at_us = events[begin - 1].time_us +
                    static_cast<std::int64_t>(rng.next_below(1000)) * kDay / 100 - 5 * kDay;
      label.previous_fraud = rng.next_below(4) == 0;
      label.previous_at_us = label.at_us - kDay;
      profiles.apply_label(label);
      naive.label(label);
    }
  }
}

// The streams above would prove little if a feature stayed at one value in them.
TEST(Profiles, RandomStreamsMoveEveryFeature) {
  const std::vector<Event> events = random_stream(11, 40'000);
  Profiles profiles(small_options());
  Pass pass;
  pass.run(profiles, events);
  profiles.apply_label({{events[0].debtor}, {events[0].creditor}, true, events.back().time_us});
  for (std::uint64_t n = 1; n <= 4; ++n) {
    profiles.apply_label({{account(n)}, {account(n)}, true, events.back().time_us});
  }
  pass.run(profiles, random_stream(14, 40'000));
  for (unsigned f = 0; f < kFeatures; ++f) {
    const float* column = pass.features.column(static_cast<Feature>(f));
    const std::set<float> values(column, column + 40'000);
    EXPECT_GE(values.size(), f == static_cast<unsigned>(Feature::kNewEdge) ? 2U : 6U)
        << feature_name(static_cast<Feature>(f));
  }
}

TEST(Profiles, GivesTheSameBitsOnEveryVectorUnit) {
  const std::vector<Event> events = random_stream(21, 5'000);
  std::vector<float> first;
  for (const Isa isa : {Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    limit_isa(isa);
    Profiles profiles(small_options());
    Pass pass;
    pass.run(profiles, events);
    std::vector<float> all;
    for (unsigned f = 0; f < kFeatures; ++f) {
      const float* column = pass.features.column(static_cast<Feature>(f));
      all.insert(all.end(), column, column + events.size());
    }
    if (first.empty()) first = all;
    EXPECT_EQ(std::memcmp(first.data(), all.data(), all.size() * sizeof(float)), 0)
        << isa_name(isa);
  }
  limit_isa(Isa::kAvx512);
}

TEST(Profiles, GatherThenComputeEqualsTouch) {
  const std::vector<Event> events = random_stream(31, 3'001);
  Profiles together(small_options());
  Profiles apart(small_options());
  Pass pass;
  pass.run(together, events);
  IndexOut index;
  apart.index(events, index);
  Gathered gathered;
  TouchOut out;
  ASSERT_TRUE(apart.gather(index.columns(events), gathered, out).is_ok());
  FeatureMatrix features;
  features.resize(events.size());
  compute_features(gathered, features, 1024, events.size());
  compute_features(gathered, features, 0, 1024);
  for (unsigned f = 0; f < kFeatures; ++f) {
    const auto feature = static_cast<Feature>(f);
    EXPECT_EQ(std::memcmp(features.column(feature), pass.features.column(feature),
                          events.size() * sizeof(float)),
              0);
  }
  EXPECT_EQ(out.late, pass.out.late);
}

// A million payments one millisecond apart: decay by the gap, cut to ticks, would keep every one of
// them.
TEST(Profiles, KeepsDecayingAnAccountThatIsTouchedEveryMillisecond) {
  Profiles profiles(small_options());
  Pass pass;
  std::vector<Event> events(10'000);
  std::int64_t now = kStart;
  for (int batch = 0; batch < 100; ++batch) {
    for (Event& e : events) e = pay(1, 2, 100, now += 1000);
    pass.run(profiles, events);
  }
  const auto view = profiles.view({account(1)}, now);
  const auto settled = [](double window_s, double seconds) {
    return 1000.0 * window_s * (1.0 - std::exp(-seconds / window_s));
  };
  EXPECT_NEAR(view->out_count[0], settled(60, 1000), 0.004 * settled(60, 1000));
  EXPECT_NEAR(view->out_count[1], settled(3600, 1000), 0.004 * settled(3600, 1000));
  EXPECT_NEAR(view->out_count[2], settled(86'400, 1000), 0.004 * settled(86'400, 1000));
}

TEST(Profiles, KeepsAccountZeroAndEqualNumbersOfTwoKindsApart) {
  Profiles profiles(small_options());
  Event e = pay(1, 1, 100, kStart);
  e.debtor = EntityId::number(EntityKind::kCustomer, 0).word;
  e.creditor = EntityId::number(EntityKind::kTerminal, 0).word;
  Pass pass;
  pass.run(profiles, std::span(&e, 1));
  EXPECT_NE(pass.index.debtor_slot[0], pass.index.creditor_slot[0]);
  EXPECT_EQ(profiles.view({e.debtor}, kStart)->events_out, 1U);
  EXPECT_EQ(profiles.view({e.debtor}, kStart)->events_in, 0U);
  EXPECT_EQ(profiles.view({e.creditor}, kStart)->events_in, 1U);
}

TEST(Profiles, DoesNotMoveOnAnEventFromTheFarFuture) {
  Profiles profiles(small_options());
  std::vector<Event> events = {pay(1, 2, 100, kStart), pay(1, 2, 100, wire::kTimeMax - 1),
                               pay(1, 2, 100, kStart + kSecond)};
  Pass pass;
  pass.run(profiles, events);
  EXPECT_EQ(pass.out.late[2], 1);
  for (unsigned f = 0; f < kFeatures; ++f) {
    EXPECT_TRUE(std::isfinite(pass.at(2, static_cast<Feature>(f))));
  }
  EXPECT_EQ(profiles.view({account(1)}, kStart)->last_us, wire::kTimeMax - 1);
}

TEST(Profiles, QuietTypesReadButChangeNothing) {
  Profiles profiles(small_options());
  std::vector<Event> first = {pay(1, 2, 100, kStart)};
  Pass pass;
  pass.run(profiles, first);
  std::vector<Event> refund = {pay(1, 2, 100, kStart + kHourUs)};
  refund[0].type = static_cast<std::uint8_t>(wire::EventType::kRefund);
  for (int i = 0; i < 3; ++i) {
    pass.run(profiles, refund);
    EXPECT_EQ(pass.at(0, Feature::kEdgeCount), 1.0F);
    EXPECT_NEAR(pass.at(0, Feature::kOutCount1h), std::log2(1.0F + std::exp(-1.0F)), 0.01);
  }
  EXPECT_EQ(profiles.view({account(1)}, kStart)->last_us, kStart);
}

TEST(Profiles, OneHugeEventDoesNotPoisonTheBaseline) {
  Profiles profiles(small_options());
  std::vector<Event> events;
  for (int i = 0; i < 50; ++i) events.push_back(pay(1, 2, 10'000, kStart + i * kHourUs));
  events.push_back(pay(1, 2, 1'000'000'000'000, kStart + 50 * kHourUs));
  events.push_back(pay(1, 2, 10'000, kStart + 51 * kHourUs));
  Pass pass;
  pass.run(profiles, events);
  EXPECT_EQ(pass.at(50, Feature::kAmountZ), 16.0F);
  EXPECT_LT(std::fabs(pass.at(51, Feature::kAmountZ)), 1.0F);
}

TEST(Profiles, FlagsReachEveryRowOfAnEntity) {
  Profiles profiles(small_options());
  const EntityId device = EntityId::interned(EntityKind::kDevice, 5);
  ASSERT_TRUE(profiles.set_flags(device, kDeny, kDeny).is_ok());
  ASSERT_TRUE(profiles.set_flags({account(2)}, kWatch | kAllow, kWatch).is_ok());
  std::vector<Event> events = {pay(1, 2, 1, kStart), pay(1, 3, 1, kStart), pay(4, 3, 1, kStart)};
  events[1].device = device.word;
  Pass pass;
  pass.run(profiles, events);
  EXPECT_EQ(pass.index.entity_flags[0], kWatch);
  EXPECT_EQ(pass.index.entity_flags[1], kDeny);
  EXPECT_EQ(pass.index.entity_flags[2], 0);
  ASSERT_TRUE(profiles.set_flags(device, kDeny, 0).is_ok());
  EXPECT_EQ(profiles.flags(device), 0);
}

TEST(Profiles, PromotesASideEntityThatStartsToPay) {
  Profiles profiles(small_options());
  Event e = pay(1, 2, 1, kStart);
  e.merchant = account(9);
  Pass pass;
  pass.run(profiles, std::span(&e, 1));
  EXPECT_GE(profiles.find({account(9)}), kSideSlotFirst);
  EXPECT_FALSE(profiles.view({account(9)}, kStart)->has_profile);
  const Event pays = pay(9, 1, 1, kStart);
  pass.run(profiles, std::span(&pays, 1));
  EXPECT_EQ(profiles.find({account(9)}), 2U);
  EXPECT_TRUE(profiles.view({account(9)}, kStart)->has_profile);
}

TEST(Profiles, SharesOneProfilePerKindWhenFull) {
  ProfileOptions options = small_options();
  options.bytes_max = (1 << 20) + 64 * 16;
  Profiles profiles(options);
  const std::uint64_t room = profiles.counts().parties_max;
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < room + 50; ++i) events.push_back(pay(i + 1, 1, 100, kStart));
  Pass pass;
  pass.run(profiles, events);
  EXPECT_EQ(pass.out.profile_full[room - 1], 0);
  EXPECT_EQ(pass.out.profile_full[room], 1);
  EXPECT_TRUE(profiles.full());
  EXPECT_EQ(pass.index.debtor_slot[room], pass.index.debtor_slot[room + 49]);
  const auto shared = profiles.view({account(room + 7)}, kStart);
  ASSERT_TRUE(shared.has_value());
  EXPECT_TRUE(shared->overflow);
  EXPECT_EQ(shared->events_out, 50U);
  EXPECT_EQ(profiles.set_flags({account(room + 7)}, kDeny, kDeny).reason(), "profile_full");
  EXPECT_LE(profiles.bytes(), options.bytes_max + 64 * 128);
}

TEST(Profiles, LabelsDecayFromWhenTheyBecameKnown) {
  Profiles profiles(small_options());
  std::vector<Event> events = {pay(1, 2, 100, kStart), pay(1, 2, 100, kStart + 7 * kDay)};
  Pass pass;
  pass.run(profiles, events);
  LabelUpdate label{{account(1)}, {account(2)}};
  label.fraud = true;
  label.at_us = kStart;
  profiles.apply_label(label);
  const auto view = [&](std::uint64_t n) {
    return *profiles.view({account(n)}, kStart + 7 * kDay);
  };
  EXPECT_NEAR(view(2).fraud_in, std::exp(-1.0), 0.002);
  EXPECT_NEAR(view(1).fraud_out, std::exp(-7.0 / 30), 0.004);
  label.previous_fraud = true;
  label.previous_at_us = kStart;
  label.fraud = false;
  profiles.apply_label(label);
  EXPECT_EQ(view(2).fraud_in, 0.0F);
  EXPECT_EQ(view(1).fraud_out, 0.0F);
  EXPECT_EQ(view(1).last_us, kStart + 7 * kDay);
}

TEST(Profiles, RefusesColumnsOfUnequalLength) {
  Profiles profiles(small_options());
  std::vector<Event> events = {pay(1, 2, 100, kStart), pay(1, 2, 100, kStart)};
  IndexOut index;
  index.resize(1);
  FeatureMatrix features;
  TouchOut out;
  EXPECT_EQ(profiles.touch(index.columns(events), features, out).reason(), "columns_shape");
}

TEST(Features, NamesParseBack) {
  for (unsigned f = 0; f < kFeatures; ++f) {
    const auto feature = static_cast<Feature>(f);
    const auto parsed = parse_feature(feature_name(feature));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(*parsed, feature);
  }
  EXPECT_EQ(parse_feature("amount").error().reason(), "feature_unknown");
}

}  // namespace
}  // namespace weir::profile
