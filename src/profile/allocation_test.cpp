// Counts allocations of the whole test program: the passes must make none once warm.
#include <gtest/gtest.h>

#include <vector>

#include "base/testing/counted_new.hpp"
#include "profile/profiles.hpp"

namespace weir::profile {
namespace {

using counted_new::allocations;

TEST(Profiles, DoNotAllocateOnceWarm) {
  std::vector<wire::Event> events(4'096);
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i] = wire::Event{};
    events[i].debtor = wire::EntityId::number(wire::EntityKind::kAccount, i % 997).word;
    events[i].creditor = wire::EntityId::number(wire::EntityKind::kAccount, i % 89).word;
    events[i].time_us = 1'767'607'200'000'000 + static_cast<std::int64_t>(i);
    events[i].type = 2;
  }
  Profiles profiles(ProfileOptions{});
  IndexOut index;
  FeatureMatrix features;
  TouchOut out;
  profiles.index(events, index);
  ASSERT_TRUE(profiles.touch(index.columns(events), features, out).is_ok());
  const std::uint64_t before = allocations.load();
  EXPECT_GT(before, 0U);
  for (int batch = 0; batch < 10; ++batch) {
    profiles.index(events, index);
    ASSERT_TRUE(profiles.touch(index.columns(events), features, out).is_ok());
  }
  EXPECT_EQ(allocations.load(), before);
}

}  // namespace
}  // namespace weir::profile
