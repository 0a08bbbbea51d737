#include "ops/hash/ed25519_verify/ed25519_verify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/isa.hpp"
#include "ops/hash/ed25519_verify/ed25519_items.hpp"
#include "ops/hash/ed25519_verify/scalar.hpp"
#include "ops/hash/sha512.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;

std::vector<Ed25519Verdict> verify(const Ed25519Items& items, unsigned threads = 1) {
  std::vector<Ed25519Verdict> verdicts(items.size(), Ed25519Verdict::kMismatch);
  Workers workers(threads);
  CpuRun run{workers};
  Ed25519Verify::Output out{verdicts};
  EXPECT_TRUE(Ed25519Verify::check(items.args()));
  EXPECT_TRUE(Ed25519Verify::cpu(run, items.args(), out));
  return verdicts;
}

// The verdicts with all instruction sets and without them are the same.
std::vector<Ed25519Verdict> verify_both_ways(const Ed25519Items& items) {
  std::vector<Ed25519Verdict> verdicts = verify(items);
  limit_isa(Isa::kScalar);
  EXPECT_EQ(verify(items), verdicts);
  limit_isa(Isa::kAvx512);
  return verdicts;
}

std::vector<Ed25519Verdict> verify_one_by_one(const Ed25519Items& items) {
  std::vector<Ed25519Verdict> verdicts(items.size());
  Ed25519Verify::Output out{verdicts};
  EXPECT_TRUE(Ed25519Verify::reference(items.args(), out));
  return verdicts;
}

template <std::size_t kBytes>
std::array<std::uint8_t, kBytes> unhex(std::string_view text) {
  std::array<std::uint8_t, kBytes> bytes;
  EXPECT_TRUE(from_hex(text, bytes));
  return bytes;
}

// RFC 8032 section 7.1, tests 1 and 2.
struct Published {
  Ed25519Key key;
  Ed25519Signature signature;
  std::vector<std::uint8_t> message;
};
std::vector<Published> published() {
  return {{unhex<32>("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
           unhex<64>("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
           {}},
          {unhex<32>("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
           unhex<64>("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
           {0x72}}};
}

TEST(Ed25519Verify, AcceptsThePublishedSignaturesAndNoneWithOneBitFlipped) {
  for (const Published& valid : published()) {
    Ed25519Items items;
    items.add(valid.key, valid.signature, valid.message);
    for (unsigned bit = 0; bit < 256; ++bit) {
      const auto flip = static_cast<std::uint8_t>(1U << bit % 8);
      Published flipped = valid;
      flipped.key[bit / 8] ^= flip;
      items.add(flipped.key, valid.signature, valid.message);
      flipped.signature[bit / 8] ^= flip;  // R
      items.add(valid.key, flipped.signature, valid.message);
      flipped.signature = valid.signature;
      flipped.signature[32 + bit / 8] ^= flip;  // S
      items.add(valid.key, flipped.signature, valid.message);
      flipped.message.push_back(flip);
      items.add(valid.key, valid.signature, flipped.message);
      if (!valid.message.empty()) {
        flipped.message = valid.message;
        flipped.message[0] ^= flip;
        items.add(valid.key, valid.signature, flipped.message);
      }
    }
    const std::vector<Ed25519Verdict> verdicts = verify_both_ways(items);
    EXPECT_EQ(verdicts[0], Ed25519Verdict::kValid);
    EXPECT_EQ(std::count(verdicts.begin(), verdicts.end(), Ed25519Verdict::kValid), 1);
    EXPECT_EQ(verdicts, verify_one_by_one(items));
  }
}

TEST(Ed25519Verify, RefusesScalarsOfTheGroupOrderAndAbove) {
  Ed25519Items items;
  for (Published valid : published()) {
    add_order(valid.signature);
    items.add(valid.key, valid.signature, valid.message);
  }
  EXPECT_EQ(verify_both_ways(items), std::vector(2, Ed25519Verdict::kScalarTooLarge));
}

TEST(Ed25519Verify, SaysThatAKeyIsNoPoint) {
  Published valid = published()[0];
  valid.key = {2};
  Ed25519Items items;
  items.add(valid.key, valid.signature, valid.message);
  EXPECT_EQ(verify_both_ways(items), std::vector(1, Ed25519Verdict::kKeyNotOnCurve));
  EXPECT_EQ(ed25519_verdict_name(Ed25519Verdict::kKeyNotOnCurve), "key_not_on_curve");
}

TEST(Ed25519Verify, DecidesPeculiarEncodingsAsOpenSslDoes) {
  Philox rng(kSeed, 1);
  Ed25519Items items;
  items.add_edges(rng);
  const std::vector<Ed25519Verdict> expected = verify_one_by_one(items);
  EXPECT_EQ(verify_both_ways(items), expected) << "seed " << kSeed;
  for (const Ed25519Verdict verdict : {Ed25519Verdict::kValid, Ed25519Verdict::kScalarTooLarge,
                                       Ed25519Verdict::kKeyNotOnCurve, Ed25519Verdict::kMismatch}) {
    EXPECT_GT(std::count(expected.begin(), expected.end(), verdict), 10)
        << ed25519_verdict_name(verdict);
  }
}

TEST(Ed25519Verify, DecidesTenThousandRandomItemsAsOpenSslDoes) {
  Philox rng(kSeed, 2);
  Ed25519Items items;
  items.sign(rng, 10'000);
  for (std::size_t i = 0; i < items.size(); i += 2) items.spoil(rng, i);
  const std::vector<Ed25519Verdict> expected = verify_one_by_one(items);
  EXPECT_EQ(verify_both_ways(items), expected) << "seed " << kSeed;
  EXPECT_EQ(verify(items, 2), expected) << "seed " << kSeed;
  EXPECT_EQ(std::count(expected.begin(), expected.end(), Ed25519Verdict::kValid), 5'000);
}

// Every fill of the lanes, and whatever is in the others.
TEST(Ed25519Verify, DecidesEachOfFewAlone) {
  Philox rng(kSeed, 3);
  for (std::size_t count = 0; count < 20; ++count) {
    Ed25519Items items;
    items.sign(rng, count);
    if (count != 0) items.spoil(rng, count / 2);
    std::vector<Ed25519Verdict> expected = verify_one_by_one(items);
    EXPECT_EQ(verify_both_ways(items), expected) << "seed " << kSeed << " count " << count;
  }
}

TEST(Ed25519Scalar, ReducesAsLongDivisionDoes) {
  Digest512 number;
  number.fill(0xff);
  EXPECT_EQ(to_hex(ed25519::reduce(number)),
            "000f9c44e31106a447938568a71b0ed065bef517d273ecce3d9a307c1b419903");
  number.fill(0);
  number[0] = 1;
  EXPECT_EQ(ed25519::reduce(number), (ed25519::Scalar{1}));
}

TEST(Ed25519Scalar, DigitsAddUpToTheNumber) {
  Philox rng(kSeed, 4);
  for (int round = 0; round < 50; ++round) {
    Digest512 number;
    for (std::uint8_t& byte : number) byte = static_cast<std::uint8_t>(rng.next_u32());
    const ed25519::Scalar scalar = ed25519::reduce(number);
    EXPECT_TRUE(ed25519::below_order(scalar.data()));
    std::array<std::int8_t, 64> digits;
    ed25519::signed_digits<4>(scalar.data(), digits.data(), 1);
    int carry = 0;
    for (std::size_t i = 0; i < 64; ++i) {
      EXPECT_LE(std::abs(digits[i]), 8);
      const int nibble = digits[i] + carry;
      carry = nibble < 0 ? -1 : 0;
      const int expected = i % 2 == 0 ? scalar[i / 2] & 15 : scalar[i / 2] >> 4;
      ASSERT_EQ(nibble - 16 * carry, expected);
    }
    EXPECT_EQ(carry, 0);
  }
}

TEST(Sha512, GivesThePublishedDigests) {
  const auto of = [](std::string_view text) {
    const Bytes pieces[] = {as_bytes(text).first(text.size() / 3),
                            as_bytes(text).subspan(text.size() / 3)};
    return to_hex(sha512(pieces));
  };
  EXPECT_EQ(of(""),
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
  EXPECT_EQ(of("abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
               "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
            "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");
}

TEST(Ed25519Verify, SaysWhichLengthsDoNotFit) {
  const Ed25519Key keys[2] = {};
  const Ed25519Signature signatures[1] = {};
  const std::uint64_t offsets[] = {0, 0, 0};
  const Status status = Ed25519Verify::check({keys, signatures, {{}, offsets}});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(), "2 keys, 1 signatures, 2 messages");
}

}  // namespace
}  // namespace weir::ops
