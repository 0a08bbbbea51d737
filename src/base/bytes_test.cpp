#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace weir {
namespace {

TEST(Hex, GoesBothWaysAndTakesBothCases) {
  const std::array<std::uint8_t, 4> bytes = {0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(to_hex(bytes), "000fa5ff");
  std::array<std::uint8_t, 4> back{};
  EXPECT_TRUE(from_hex("000Fa5fF", back));
  EXPECT_EQ(back, bytes);
  EXPECT_FALSE(from_hex("000fa5f", back));
  EXPECT_FALSE(from_hex("000fa5ff0", back));
  EXPECT_FALSE(from_hex("000fa5fg", back));
  EXPECT_FALSE(from_hex("000fa5 f", back));
}

TEST(AlignUp, RoundsToTheNextMultiple) {
  EXPECT_EQ(align_up(0, 8), 0U);
  EXPECT_EQ(align_up(1, 8), 8U);
  EXPECT_EQ(align_up(8, 8), 8U);
  EXPECT_EQ(align_up(4097, 4096), 8192U);
}

TEST(ByteWriter, WritesLittleEndian) {
  ByteWriter out;
  out.u16(0x0102);
  out.u32(0x03040506);
  out.pad_to(8);
  out.text("hi");
  EXPECT_EQ(to_hex(out.bytes()),
            "0201060504030000"
            "020000006869");
}

TEST(ByteReader, GivesBackWhatWasWritten) {
  const std::vector<std::uint16_t> numbers = {1, 2, 65535};
  ByteWriter out;
  out.u8(255);
  out.i64(std::numeric_limits<std::int64_t>::min());
  out.f64(-0.0);
  out.f32(1.5F);
  out.text(std::string("a\0b", 3));
  out.array(std::span(numbers));
  ByteReader in(out.bytes());
  EXPECT_EQ(in.u8(), 255);
  EXPECT_EQ(in.i64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(std::signbit(in.f64()));
  EXPECT_EQ(in.f32(), 1.5F);
  EXPECT_EQ(in.text(), std::string_view("a\0b", 3));
  std::vector<std::uint16_t> back;
  EXPECT_TRUE(in.array(back));
  EXPECT_EQ(back, numbers);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.left(), 0U);
}

TEST(ByteReader, StaysFailedAfterTheFirstReadPastTheEnd) {
  const std::array<std::uint8_t, 5> bytes = {1, 2, 3, 4, 5};
  ByteReader in(bytes);
  EXPECT_EQ(in.u64(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0);  // though a byte would be there
  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(in.raw(0).empty());
}

TEST(ByteReader, RefusesLengthsBeyondItsInputWithoutAllocating) {
  ByteWriter out;
  out.u64(std::numeric_limits<std::uint64_t>::max() / 2);
  ByteReader in(out.bytes());
  std::vector<std::uint64_t> array;
  EXPECT_FALSE(in.array(array));
  EXPECT_TRUE(array.empty());
  ByteWriter text;
  text.u32(0xFFFFFFFF);
  ByteReader text_in(text.bytes());
  EXPECT_TRUE(text_in.text().empty());
  EXPECT_FALSE(text_in.ok());
}

TEST(ByteWriter, DrainsWhatItIsGivenInOrder) {
  ByteWriter whole;
  std::vector<std::uint8_t> drained;
  std::size_t longest = 0;
  ByteWriter out([&](Bytes bytes) {
    drained.insert(drained.end(), bytes.begin(), bytes.end());
    longest = std::max(longest, bytes.size());
  });
  const std::vector<std::uint8_t> large(3 * ByteWriter::kDrainBytes + 5, 7);
  for (ByteWriter* writer : {&whole, &out}) {
    for (std::uint32_t i = 0; i < 600'000; ++i) writer->u32(i);
    writer->u8(1);
    writer->raw(large);
    writer->text("after");
    writer->pad_to(64);
  }
  EXPECT_LT(out.bytes().size(), ByteWriter::kDrainBytes);
  out.flush();
  whole.flush();
  EXPECT_TRUE(drained == whole.buffer());
  EXPECT_EQ(longest, large.size());
}

TEST(LoadStore, WorkAtAnyAddress) {
  std::array<std::uint8_t, 16> bytes{};
  store(bytes.data() + 3, std::uint64_t{0x1122334455667788});
  EXPECT_EQ(load<std::uint64_t>(bytes.data() + 3), 0x1122334455667788U);
  EXPECT_EQ(bytes[3], 0x88);
}

}  // namespace
}  // namespace weir
