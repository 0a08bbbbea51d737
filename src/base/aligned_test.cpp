#include "base/aligned.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace weir {
namespace {

TEST(AlignedBuffer, IsZeroedAndAligned) {
  for (const std::size_t size : {1, 63, 64, 8192, (2 << 20) + 1}) {
    AlignedBuffer<std::uint8_t> buffer(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0U);
    EXPECT_EQ(buffer.size(), size);
    for (const std::uint8_t byte : buffer) ASSERT_EQ(byte, 0);
  }
}

TEST(AlignedBuffer, MovesWithoutCopying) {
  AlignedBuffer<int> first(100);
  first[7] = 5;
  const int* const memory = first.data();
  AlignedBuffer<int> second = std::move(first);
  EXPECT_EQ(second.data(), memory);
  EXPECT_EQ(second[7], 5);
  AlignedBuffer<int> third;
  EXPECT_EQ(third.data(), nullptr);
  third = std::move(second);
  EXPECT_EQ(third.data(), memory);
  EXPECT_EQ(third.span().size(), 100U);
}

}  // namespace
}  // namespace weir
