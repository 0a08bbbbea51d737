#include "ops/hash/ed25519_verify/ed25519_items.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/check.hpp"

namespace weir::ops {
namespace {

constexpr std::array<std::uint8_t, 32> kOrder = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

Ed25519Key unhex(std::string_view text) {
  Ed25519Key key;
  CHECK(from_hex(text, key));
  return key;
}

// The points of order 4, 1, 8 and 2; y of p to p + 18, which is 0 to 18 once more; 2, which is no
// point, and 3, which is; the base point; each with either sign.
constexpr std::size_t kSmallOrder = 7;  // that many from the front are of order 1 to 8
std::vector<Ed25519Key> peculiar_points() {
  std::vector<Ed25519Key> points;
  Ed25519Key y{};
  for (std::uint8_t small = 0; small < 2; ++small) {
    y[0] = small;
    points.push_back(y);
  }
  points.push_back(unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));
  points.push_back(unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
  y.fill(0xff);
  y[31] = 0x7f;
  for (unsigned low = 0xec; low <= 0xff; ++low) {  // p - 1 to 2^255 - 1
    y[0] = static_cast<std::uint8_t>(low);
    points.push_back(y);
  }
  points.push_back({2});
  points.push_back({3});
  points.push_back(unhex("5866666666666666666666666666666666666666666666666666666666666666"));
  const std::size_t half = points.size();
  for (std::size_t i = 0; i < half; ++i) {
    Ed25519Key other = points[i];
    other[31] |= 0x80;
    points.push_back(other);
  }
  return points;
}

}  // namespace

void add_order(Ed25519Signature& signature) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature[32 + i] + unsigned{kOrder[i]};
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

void Ed25519Items::add(const Ed25519Key& key, const Ed25519Signature& signature, Bytes message) {
  keys_.push_back(key);
  signatures_.push_back(signature);
  bytes_.insert(bytes_.end(), message.begin(), message.end());
  offsets_.push_back(bytes_.size());
}

void Ed25519Items::sign(Bytes seed, Bytes message) {
  CHECK_EQ(seed.size(), 32U);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> secret(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  Ed25519Key key;
  Ed25519Signature signature;
  std::size_t key_bytes = key.size();
  std::size_t bytes = signature.size();
  CHECK(EVP_PKEY_get_raw_public_key(secret.get(), key.data(), &key_bytes) == 1);
  CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, secret.get()) == 1);
  CHECK(EVP_DigestSign(context.get(), signature.data(), &bytes, message.data(), message.size()) ==
        1);
  add(key, signature, message);
}

void Ed25519Items::sign(Philox& rng, std::size_t count, std::uint32_t bytes_max, std::size_t keys) {
  std::vector<Ed25519Key> seeds(keys);
  for (Ed25519Key& seed : seeds) {
    for (std::uint8_t& byte : seed) byte = static_cast<std::uint8_t>(rng.next_u32());
  }
  std::vector<std::uint8_t> message;
  for (std::size_t i = 0; i < count; ++i) {
    message.resize(rng.next_below(bytes_max + 1));
    for (std::uint8_t& byte : message) byte = static_cast<std::uint8_t>(rng.next_u32());
    sign(seeds[i % keys], message);
  }
}

void Ed25519Items::spoil(Philox& rng, std::size_t i) {
  const auto bit = static_cast<std::uint8_t>(1U << rng.next_below(8));
  const std::uint64_t bytes = offsets_[i + 1] - offsets_[i];
  switch (rng.next_below(bytes != 0 ? 4 : 3)) {
    case 0:
      keys_[i][rng.next_below(32)] ^= bit;
      break;
    case 1:
      signatures_[i][rng.next_below(32)] ^= bit;
      break;
    case 2:
      signatures_[i][32 + rng.next_below(32)] ^= bit;
      break;
    default:
      bytes_[offsets_[i] + rng.next_below(static_cast<std::uint32_t>(bytes))] ^= bit;
  }
}

void Ed25519Items::add_edges(Philox& rng) {
  const std::vector<Ed25519Key> points = peculiar_points();
  std::vector<Ed25519Key> scalars(6);
  scalars[1][0] = 1;
  for (std::size_t i = 0; i < 31; ++i) scalars[2][i] = static_cast<std::uint8_t>(rng.next_u32());
  for (std::size_t i = 3; i < 6; ++i) {
    scalars[i] = kOrder;
    scalars[i][0] = static_cast<std::uint8_t>(kOrder[0] + i - 4);
  }
  const auto pair = [&](const Ed25519Key& key, const Ed25519Key& r, const Ed25519Key& s) {
    Ed25519Signature signature;
    std::copy(r.begin(), r.end(), signature.begin());
    std::copy(s.begin(), s.end(), signature.begin() + 32);
    const std::uint8_t message[] = {static_cast<std::uint8_t>(rng.next_u32())};
    add(key, signature, message);
  };
  for (std::size_t k = 0; k < points.size(); ++k) {
    for (std::size_t r = 0; r < points.size(); ++r) {
      pair(points[k], points[r], scalars[rng.next_below(6)]);
      // Between points of small order k A hits R once in up to eight messages.
      const std::size_t half = points.size() / 2;
      const bool small = k % half < kSmallOrder && r % half < kSmallOrder;
      for (int again = 0; small && again < 8; ++again) pair(points[k], points[r], scalars[0]);
    }
  }
  for (std::size_t i = 0; i < 16; ++i) {
    sign(rng, 1);
    add_order(signatures_.back());
  }
}

}  // namespace weir::ops
