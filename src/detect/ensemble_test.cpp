#include "detect/ensemble.hpp"

#include <gtest/gtest.h>

namespace weir::detect {
namespace {

struct Combined {
  float raw = -1;
  std::uint8_t flags = 255;
  std::uint32_t mask = 255;
};

Combined combine_one(const Ensemble& ensemble, const std::vector<float>& tails,
                     const std::vector<std::uint8_t>& flags) {
  std::vector<Ensemble::Part> parts;
  for (std::size_t d = 0; d < tails.size(); ++d) parts.push_back({{&tails[d], 1}, {&flags[d], 1}});
  Combined out;
  ensemble.combine(parts, {&out.raw, 1}, {&out.flags, 1}, {&out.mask, 1});
  return out;
}

using G = DetectorGroup;

TEST(Ensemble, PassesASingleDetectorOnAndCapsIt) {
  const Ensemble ensemble({G::kOutlier});
  EXPECT_EQ(combine_one(ensemble, {2.5F}, {0}).raw, 2.5F);
  EXPECT_EQ(combine_one(ensemble, {8.0F}, {kExtrapolated}).raw, 6.0F);
  const Combined row = combine_one(ensemble, {2.5F}, {kMissingInput | kExtrapolated});
  EXPECT_EQ(row.flags, kMissingInput);  // beyond whose reference is the ensemble's own question
  EXPECT_EQ(row.mask, 1U);
}

TEST(Ensemble, TakesTheMeanOfAGroupAndTheSumOverGroups) {
  const Ensemble ensemble({G::kOutlier, G::kOutlier, G::kGraph});
  const Combined row = combine_one(ensemble, {2.0F, 4.0F, 7.0F}, {0, 0, 0});
  EXPECT_EQ(row.raw, 3.0F + 6.0F);
  EXPECT_EQ(row.mask, 7U);
}

TEST(Ensemble, LeavesOutDetectorsThatDidNotScore) {
  const Ensemble ensemble({G::kOutlier, G::kOutlier, G::kGraph});
  const Combined row = combine_one(ensemble, {2.0F, 9.0F, 1.0F}, {0, kUnavailable, kWarming});
  EXPECT_EQ(row.raw, 2.0F);
  EXPECT_EQ(row.mask, 1U);
  EXPECT_EQ(row.flags, 0);
}

TEST(Ensemble, SaysWhyWhenNobodyScored) {
  const Ensemble ensemble({G::kOutlier, G::kGraph});
  const Combined row = combine_one(ensemble, {3.0F, 3.0F}, {kWarming, kUnavailable | kLate});
  EXPECT_EQ(row.raw, 0.0F);
  EXPECT_EQ(row.mask, 0U);
  EXPECT_EQ(row.flags, kWarming | kUnavailable | kLate);
}

TEST(Ensemble, WeighsGroups) {
  Ensemble ensemble({G::kOutlier, G::kSupervised});
  ensemble.set_weight(G::kSupervised, 0.5F);
  EXPECT_EQ(combine_one(ensemble, {1.0F, 4.0F}, {0, 0}).raw, 3.0F);
}

TEST(Ensemble, SharesAddUpToRaw) {
  const Ensemble ensemble({G::kOutlier, G::kOutlier, G::kGraph, G::kTemporal});
  const std::vector<float> tails{1.0F, 3.0F, 8.0F, 5.0F};
  std::vector<float> added(4);
  ensemble.shares(tails, 0b0111, added);
  EXPECT_FLOAT_EQ(added[0], 0.5F);
  EXPECT_FLOAT_EQ(added[1], 1.5F);
  EXPECT_FLOAT_EQ(added[2], 6.0F);
  EXPECT_EQ(added[3], 0.0F);
}

}  // namespace
}  // namespace weir::detect
