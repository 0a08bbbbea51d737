#include "base/constant_divisor.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.hpp"

namespace weir {
namespace {

TEST(ConstantDivisor, EqualsDivisionAroundEveryMultiple) {
  constexpr std::int64_t kLargest = (std::int64_t{1} << 53) - 1;
  const std::uint64_t seed = 5;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Philox rng(seed, 1);
  std::vector<std::int64_t> divisors = {2, 3, 4, 41'666, 150'000'000, 1 << 20, 3'600'000'000};
  for (int i = 0; i < 200; ++i) {
    divisors.push_back(2 + static_cast<std::int64_t>(rng.next_u64() >> (22 + i % 40)));
  }
  for (const std::int64_t d : divisors) {
    const ConstantDivisor divisor(d);
    std::vector<std::int64_t> values = {
        0, 1, d - 1, d, d + 1, kLargest, kLargest / d * d, kLargest / d * d - 1};
    for (int i = 0; i < 200; ++i) {
      values.push_back(static_cast<std::int64_t>(rng.next_u64() >> 11));
      values.push_back(values.back() / d * d);
    }
    for (const std::int64_t value : values) {
      if (value < 0 || value > kLargest) continue;
      ASSERT_EQ(divisor.divide(value), value / d) << value << " / " << d;
    }
  }
}

}  // namespace
}  // namespace weir
