#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace weir {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known answers published with the Random123 library for philox4x32, 10 rounds.
TEST(Philox, GivesThePublishedKnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, PutsSeedIntoTheKeyAndStreamAndIndexIntoTheCounter) {
  Philox rng(0x299f31d0a4093822, 0x0370734413198a2e);
  rng.seek(0x85a308d3243f6a88);
  EXPECT_EQ(rng.next_u32(), 0xd16cfe09U);
  EXPECT_EQ(rng.next_u32(), 0x94fdccebU);
  EXPECT_EQ(rng.next_u64(), 0x24126ea15001e420U);
}

TEST(Philox, GivesTheSameNumbersAfterSeeking) {
  Philox straight(1, 2);
  std::vector<std::uint32_t> numbers;
  for (int i = 0; i < 64; ++i) numbers.push_back(straight.next_u32());
  Philox jumping(1, 2);
  for (const std::uint64_t block : {9, 3, 15, 0}) {
    jumping.seek(block);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(jumping.next_u32(), numbers[block * 4 + i]);
  }
}

TEST(Philox, DiffersByStreamAndSeed) {
  EXPECT_NE(Philox(1, 0).next_u64(), Philox(1, 1).next_u64());
  EXPECT_NE(Philox(1, 0).next_u64(), Philox(2, 0).next_u64());
}

TEST(Philox, GivesUnitsInTheHalfOpenInterval) {
  Philox rng(7, 0);
  double sum = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double unit = rng.next_unit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    sum += unit;
  }
  EXPECT_NEAR(sum / kCount, 0.5, 0.005);  // five standard errors
}

TEST(Philox, DrawsBelowABoundEvenly) {
  Philox rng(7, 1);
  std::array<int, 7> seen{};
  constexpr int kCount = 70'000;
  for (int i = 0; i < kCount; ++i) {
    const std::uint32_t value = rng.next_below(7);
    ASSERT_LT(value, 7U);
    ++seen[value];
  }
  for (const int count : seen) EXPECT_NEAR(count, kCount / 7, 500);
  EXPECT_EQ(rng.next_below(1), 0U);
  EXPECT_LT(rng.next_below(0x80000001U), 0x80000001U);
}

}  // namespace
}  // namespace weir
