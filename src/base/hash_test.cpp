#include "base/hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/rng.hpp"

namespace weir {
namespace {

// One bit at a time, from the polynomial's definition.
std::uint32_t slow_crc32c(Bytes bytes) {
  std::uint32_t crc = ~0U;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0);
  }
  return ~crc;
}

TEST(Crc32c, GivesThePublishedVectors) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c({}), 0U);
  std::array<std::uint8_t, 32> bytes{};  // RFC 3720, appendix B.4
  EXPECT_EQ(crc32c(bytes), 0x8A9136AAU);
  bytes.fill(0xFF);
  EXPECT_EQ(crc32c(bytes), 0x62A8AB43U);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(crc32c(bytes), 0x46DD794EU);
}

TEST(Crc32c, AgreesWithTheDefinitionOnEveryLengthAlignmentAndCut) {
  constexpr std::uint64_t kSeed = 20261121;
  Philox rng(kSeed, 0);
  std::vector<std::uint8_t> data(300);
  for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(rng.next_u32());
  for (std::size_t length = 0; length < 280; ++length) {
    const Bytes bytes = Bytes(data).subspan(length % 9, length);
    const std::uint32_t expected = slow_crc32c(bytes);
    ASSERT_EQ(crc32c(bytes), expected) << length << " seed " << kSeed;
    const std::size_t cut = length == 0 ? 0 : rng.next_below(static_cast<std::uint32_t>(length));
    ASSERT_EQ(crc32c(bytes.subspan(cut), crc32c(bytes.first(cut))), expected) << length;
  }
}

TEST(Xxh3, GivesThePublishedValues) {
  EXPECT_EQ(xxh3_64({}), 0x2D06800538D394C2U);
  EXPECT_EQ(xxh3_64(as_bytes("a")), 0xE6C632B61E964E1FU);
  EXPECT_EQ(xxh3_64(as_bytes("abc")), 0x78AF5F94892F3950U);
}

TEST(Xxh3, DoesNotDependOnAlignment) {
  std::vector<std::uint8_t> data(4096 + 64, 0);
  for (std::size_t i = 0; i < 4096; ++i) data[i] = static_cast<std::uint8_t>(i * 31);
  const std::uint64_t expected = xxh3_64(Bytes(data).first(4096));
  for (std::size_t shift = 1; shift < 64; ++shift) {
    std::memmove(data.data() + shift, data.data() + shift - 1, 4096);
    ASSERT_EQ(xxh3_64(Bytes(data).subspan(shift, 4096)), expected) << shift;
  }
}

}  // namespace
}  // namespace weir
