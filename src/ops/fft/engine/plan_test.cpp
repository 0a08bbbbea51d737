#include "ops/fft/engine/plan.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir::ops::fft {
namespace {

TEST(Plan, TheFormFollowsTheLength) {
  Plans plans;
  EXPECT_EQ(plans.complex(1)->form, Form::kStages);
  EXPECT_EQ(plans.complex(2 * 3 * 5 * 7 * 11)->form, Form::kStages);
  EXPECT_EQ(plans.complex(kStagesMax)->form, Form::kStages);
  EXPECT_EQ(plans.complex(2 * kStagesMax)->form, Form::kFourStep);
  EXPECT_EQ(plans.complex(17)->form, Form::kBluestein);
  EXPECT_EQ(plans.complex(13 * 17)->form, Form::kBluestein);
}

TEST(Plan, StagesMultiplyToTheLength) {
  for (std::size_t n = 1; n <= 2000; ++n) {
    if (!is_product(n)) continue;
    const Stages stages = make_stages(n);
    std::size_t s = 1;
    for (const Stage& stage : stages.stages) {
      EXPECT_EQ(stage.s, s) << n;
      EXPECT_EQ(stage.s * stage.radix * stage.m, n);
      s *= stage.radix;
    }
    EXPECT_EQ(s, n);
  }
}

TEST(Plan, GoodLengthsAreProductsNoShorterThanAsked) {
  for (std::size_t n = 1; n < 5000; n += 7) {
    const std::size_t good = good_length(n);
    EXPECT_GE(good, n);
    EXPECT_TRUE(is_product(good));
    EXPECT_LE(good, 2 * n + 16);
  }
}

TEST(Plans, KeepTheMostRecentOnes) {
  Plans plans(3);
  const auto first = plans.complex(10);
  plans.complex(11);
  plans.complex(12);
  EXPECT_EQ(plans.complex(10), first);  // and is the most recent again
  plans.complex(13);
  EXPECT_EQ(plans.size(), 3U);
  EXPECT_EQ(plans.complex(10), first);
  plans.complex(14);
  plans.complex(15);
  plans.complex(16);
  EXPECT_NE(plans.complex(10), first);
  EXPECT_EQ(first->n, 10U);  // what is held lives on
}

TEST(Plans, StayWithinTheirBytes) {
  Plans plans(64, 100'000);
  for (std::size_t n = 1000; n < 1100; ++n) {
    plans.real(n);
    EXPECT_TRUE(plans.bytes() <= 100'000 || plans.size() == 1) << n;
  }
  EXPECT_GT(plans.size(), 1U);
}

// Of a length that is no product the plan within is several times as large, and stays as long as
// the plan, although it has fallen out of the list.
TEST(Plans, CountThePlansThatTheyComputeWithOnce) {
  Plans one(1);
  const auto prime = one.complex(1009);
  ASSERT_NE(prime->inner, nullptr);
  EXPECT_EQ(one.size(), 1U);
  EXPECT_EQ(one.bytes(), prime->bytes() + prime->inner->bytes());
  const auto real = one.real(2018);
  EXPECT_EQ(one.bytes(), real->bytes() + real->complex->bytes() + prime->inner->bytes());

  Plans several;
  const auto first = several.complex(1009);
  several.real(2018);
  several.real(1009);
  EXPECT_EQ(several.size(), 4U);
  EXPECT_EQ(several.bytes(), first->bytes() + first->inner->bytes() + several.real(2018)->bytes());
}

TEST(Plans, ThreadsShareOnePlan) {
  Plans plans;
  std::shared_ptr<const Plan> seen[4];
  {
    std::vector<std::jthread> threads;
    for (auto& each : seen) {
      threads.emplace_back([&] {
        for (std::size_t n = 1; n < 30; ++n) plans.complex(n);
        each = plans.complex(29);
      });
    }
  }
  for (const auto& each : seen) EXPECT_EQ(each, seen[0]);
}

}  // namespace
}  // namespace weir::ops::fft
