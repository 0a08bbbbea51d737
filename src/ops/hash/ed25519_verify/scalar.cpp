#include "ops/hash/ed25519_verify/scalar.hpp"

#include <cstring>

namespace weir::ops::ed25519 {
namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t kOrder[5] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000,
                                     0};
constexpr std::uint64_t kReciprocal[5] = {0xed9ce5a30a2c131b, 0x2106215d086329a7,
                                          0xffffffffffffffeb, 0xffffffffffffffff,
                                          0xf};  // 2^512 / L

// out = a * b, 5 words each.
void multiply(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out) {
  std::memset(out, 0, 10 * sizeof(std::uint64_t));
  for (std::size_t i = 0; i < 5; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      const Wide sum = Wide{a[i]} * b[j] + out[i + j] + carry;
      out[i + j] = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64);
    }
    out[i + 5] = carry;
  }
}

// a -= b modulo 2^320; returns whether it went below zero.
bool subtract(std::uint64_t* a, const std::uint64_t* b) {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const Wide difference = Wide{a[i]} - b[i] - borrow;
    a[i] = static_cast<std::uint64_t>(difference);
    borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  }
  return borrow != 0;
}

bool below(const std::uint64_t* a, const std::uint64_t* b) {
  for (std::size_t i = 5; i-- != 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

}  // namespace

bool below_order(const std::uint8_t* number) {
  std::uint64_t words[5] = {};
  std::memcpy(words, number, 32);
  return below(words, kOrder);
}

Scalar reduce(const Digest512& number) {
  std::uint64_t x[8];
  std::memcpy(x, number.data(), 64);
  std::uint64_t estimate[10];
  multiply(x + 3, kReciprocal, estimate);
  std::uint64_t product[10];
  multiply(estimate + 5, kOrder, product);
  std::uint64_t rest[5];
  std::memcpy(rest, x, sizeof(rest));
  subtract(rest, product);
  // The estimate is at most two too small.
  while (!below(rest, kOrder)) subtract(rest, kOrder);
  Scalar scalar;
  std::memcpy(scalar.data(), rest, 32);
  return scalar;
}

}  // namespace weir::ops::ed25519
