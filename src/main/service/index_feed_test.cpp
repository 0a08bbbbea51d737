#include "main/service/index_feed.hpp"

#include <gtest/gtest.h>

namespace weir::main {
namespace {

std::vector<wire::Event> events(std::size_t count, std::uint8_t mark) {
  std::vector<wire::Event> made(count);
  for (wire::Event& event : made) event.id.fill(mark);
  return made;
}

TEST(IndexFeed, HandsBlocksOverOnceAndInOrder) {
  IndexFeed feed;
  IndexFeed::Blocks blocks;
  feed.offer(7, events(2, 1));
  feed.offer(8, {});
  feed.offer(9, events(1, 2));
  feed.take(blocks);
  ASSERT_EQ(blocks.list.size(), 3U);
  EXPECT_EQ(blocks.list[0].height, 7U);
  EXPECT_EQ(blocks.events(blocks.list[0]).size(), 2U);
  EXPECT_TRUE(blocks.events(blocks.list[1]).empty());
  EXPECT_EQ(blocks.events(blocks.list[2])[0].id[0], 2);
  feed.take(blocks);
  EXPECT_TRUE(blocks.list.empty());
}

TEST(IndexFeed, LeavesOutWhatIsLargeOrFindsNoRoom) {
  IndexFeed feed;
  IndexFeed::Blocks blocks;
  feed.offer(1, events(IndexFeed::kBlockEventsMax + 1, 1));
  for (ledger::Height height = 2; height < 100; ++height)
    feed.offer(height, events(IndexFeed::kBlockEventsMax, 1));
  feed.take(blocks);
  ASSERT_EQ(blocks.list.size(), IndexFeed::kEventsMax / IndexFeed::kBlockEventsMax);
  EXPECT_EQ(blocks.list[0].height, 2U);
  feed.offer(100, events(1, 1));
  feed.take(blocks);
  ASSERT_EQ(blocks.list.size(), 1U);
  EXPECT_EQ(blocks.list[0].height, 100U);
}

}  // namespace
}  // namespace weir::main
