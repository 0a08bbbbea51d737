#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/isa.hpp"

namespace weir {
namespace {

std::string hex_of(std::string_view text) {
  return to_hex(sha256(as_bytes(text)));
}

void expect_published_vectors() {
  EXPECT_EQ(hex_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, GivesThePublishedVectorsOnThisCpu) {
  expect_published_vectors();
}

TEST(Sha256, GivesThePublishedVectorsWithoutTheShaExtensions) {
  limit_isa(Isa::kScalar);
  EXPECT_FALSE(sha_ni_allowed());
  expect_published_vectors();
  limit_isa(Isa::kAvx512);
}

TEST(Sha256, IsTheSameHoweverTheInputIsCutAndOnBothKernels) {
  std::vector<std::uint8_t> bytes(300);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 131 + 7);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const Bytes all = Bytes(bytes).first(size);
    const Digest whole = sha256(all);
    for (const std::size_t step : {1u, 7u, 55u, 64u, 65u, 128u}) {
      Sha256 sha;
      for (std::size_t at = 0; at < size; at += step)
        sha.update(all.subspan(at, std::min(step, size - at)));
      ASSERT_EQ(sha.finish(), whole) << "size " << size << " step " << step;
    }
    limit_isa(Isa::kScalar);
    const Digest portable = sha256(all);
    limit_isa(Isa::kAvx512);
    ASSERT_EQ(portable, whole) << "size " << size;
  }
}

TEST(Sha256, StartsAfreshAfterReset) {
  Sha256 sha;
  sha.update(as_bytes("something else"));
  sha.reset();
  sha.update(as_bytes("abc"));
  EXPECT_EQ(to_hex(sha.finish()), hex_of("abc"));
}

}  // namespace
}  // namespace weir
