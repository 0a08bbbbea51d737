#include "base/numeric/log2.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/isa.hpp"
#include "base/rng.hpp"

namespace weir::numeric {
namespace {

TEST(Log2, IsExactAtPowersOfTwo) {
  for (int k = -126; k <= 127; ++k) EXPECT_EQ(log2f(std::ldexp(1.0F, k)), static_cast<float>(k));
}

// The long double logarithm of libm is the oracle: it is far more exact than f32, and only a test.
TEST(Log2, StaysWithinItsErrorBound) {
  Philox rng(20261121, 1);
  for (int i = 0; i < 2'000'000; ++i) {
    const std::uint32_t bits = 0x00800000U + rng.next_below(0x7F000000U);
    const auto x = std::bit_cast<float>(i % 2 == 0 ? bits : 0x3F000000U + (bits & 0x00FFFFFFU));
    const auto exact = static_cast<double>(std::log2(static_cast<long double>(x)));
    const double error = std::fabs(static_cast<double>(log2f(x)) - exact);
    const double size = std::fabs(exact);
    ASSERT_LE(error, size < 1.0 ? 1e-7 : 1e-7 * size) << "x = " << x;
    ASSERT_LE(error, 3e-7 * size) << "x = " << x;
  }
}

TEST(Log2, NeverReturnsNanOrInfinity) {
  EXPECT_EQ(log2f(0.0F), -126.0F);
  EXPECT_EQ(log2f(-5.0F), -126.0F);
  EXPECT_EQ(log2f(std::numeric_limits<float>::denorm_min()), -126.0F);
  EXPECT_EQ(log2f(std::numeric_limits<float>::quiet_NaN()), -126.0F);
  EXPECT_EQ(log2f(std::numeric_limits<float>::infinity()), 128.0F);
}

TEST(Log2, GrowsWithItsArgumentAcrossTheSplit) {
  float previous = log2f(0.5F);
  for (std::uint32_t bits = 0x3F000001U; bits < 0x40000000U; bits += 7) {
    const float y = log2f(std::bit_cast<float>(bits));
    ASSERT_GE(y, previous - 1.2e-7F);
    previous = y;
  }
}

TEST(Log2, GivesTheSameBitsOnEveryVectorUnit) {
  std::vector<float> arguments;
  Philox rng(7, 2);
  for (int i = 0; i < 100'003; ++i) arguments.push_back(std::bit_cast<float>(rng.next_u32()));
  for (const float x : {0.0F, 1.0F, 2.0F, 0.70710678F, 1.41421356F}) arguments.push_back(x);
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    limit_isa(isa);
    std::vector<float> results = arguments;
    log2f_array(results.data(), results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(results[i]),
                std::bit_cast<std::uint32_t>(log2f(arguments[i])))
          << isa_name(isa) << " x = " << arguments[i];
    }
  }
  limit_isa(Isa::kAvx512);
}

}  // namespace
}  // namespace weir::numeric
