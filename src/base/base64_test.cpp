#include "base/base64.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace weir {
namespace {

TEST(Base64, WritesTheVectorsOfTheStandard) {
  EXPECT_EQ(base64(as_bytes("")), "");
  EXPECT_EQ(base64(as_bytes("f")), "Zg==");
  EXPECT_EQ(base64(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(base64(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(base64(as_bytes("foobar")), "Zm9vYmFy");
}

TEST(Base64, ReadsWhatItWrites) {
  Philox rng(7, 1);
  for (std::size_t size = 0; size < 100; ++size) {
    std::vector<std::uint8_t> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next_u32());
    const auto back = parse_base64(base64(bytes));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, bytes);
  }
}

TEST(Base64, RefusesWhatIsNotBase64AndSaysWhere) {
  EXPECT_EQ(parse_base64("Zg=").error().reason(), "base64");
  EXPECT_NE(parse_base64("Zm9*").error().message().find("character 4"), std::string::npos);
  EXPECT_FALSE(parse_base64("Zm 9v=="));
  EXPECT_FALSE(parse_base64("Z==="));
  EXPECT_FALSE(parse_base64("Zh==")) << "bits beyond the last byte";
  EXPECT_FALSE(parse_base64("=Zg="));
}

}  // namespace
}  // namespace weir
