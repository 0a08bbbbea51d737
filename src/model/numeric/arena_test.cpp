#include "model/numeric/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace weir::model {
namespace {

constexpr std::size_t kChunk = std::size_t{2} << 20;

TEST(Arena, GivesAlignedPiecesOfTheirOwn) {
  Arena arena(kChunk);
  const auto a = *arena.take<double>(3);
  const auto b = *arena.take<float>(5);
  std::fill(a.span().begin(), a.span().end(), 1.0);
  std::fill(b.span().begin(), b.span().end(), 2.0F);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b.span().data()) % 64, 0U);
  for (const double value : a.span()) EXPECT_EQ(value, 1.0);
  EXPECT_EQ(arena.stats().used_bytes, 128U);
  EXPECT_EQ((*arena.take<double>(0)).size(), 0U);
}

TEST(Arena, TakesAnotherChunkWhenFullAndKeepsItThroughResets) {
  Arena arena(kChunk);
  const auto small = *arena.take<double>(100);
  ASSERT_TRUE(arena.take<double>(kChunk / 8));
  EXPECT_EQ(arena.stats().chunks, 2U);
  ASSERT_TRUE(arena.take<double>(kChunk));  // larger than a chunk
  EXPECT_EQ(arena.stats().chunks, 3U);
  EXPECT_EQ(small.span().size(), 100U);
  for (int round = 0; round < 3; ++round) {
    arena.reset();
    EXPECT_EQ(arena.stats().used_bytes, 0U);
    ASSERT_TRUE(arena.take<double>(100));
    ASSERT_TRUE(arena.take<double>(kChunk / 8));
    ASSERT_TRUE(arena.take<double>(kChunk));
    EXPECT_EQ(arena.stats().chunks, 3U);
  }
}

TEST(Arena, RefusesWhatNoMachineHas) {
  Arena arena;
  const auto piece = arena.take<double>(SIZE_MAX / 8);
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().code(), Code::kResourceExhausted);
}

TEST(ArenaDeathTest, StaleViewsAreFound) {
  Arena arena(kChunk);
  const auto view = *arena.take<double>(8);
  view.span()[0] = 1;
  arena.reset();
  EXPECT_DEATH(view.span(), "generation");
}

}  // namespace
}  // namespace weir::model
