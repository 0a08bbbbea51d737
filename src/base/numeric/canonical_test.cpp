#include "base/numeric/canonical.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/isa.hpp"
#include "base/rng.hpp"

namespace weir::numeric {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// The order of the header, written once more and as plainly as can be: 32 lanes a block, blocks
// joined recursively (a binary counter gives the tree whose left part is the largest power of two
// that is below the number of blocks).
template <class T, class Block>
T tree(std::size_t first, std::size_t blocks, const Block& block) {
  if (blocks == 1) return block(first);
  const std::size_t left = std::bit_floor(blocks - 1);
  return CanonicalJoin{}(tree<T>(first, left, block), tree<T>(first + left, blocks - left, block));
}

template <class T, class Block>
T over_blocks(std::size_t size, const Block& block) {
  if (size == 0) return T{};
  return tree<T>(0, (size + kCanonicalBlock - 1) / kCanonicalBlock, [&](std::size_t b) {
    const std::size_t from = b * kCanonicalBlock;
    return block(from, std::min(kCanonicalBlock, size - from));
  });
}

template <class X>
double plain_sum(std::span<const X> x) {
  return one_nan(over_blocks<double>(x.size(), [&](std::size_t from, std::size_t n) {
    return block_sum(n, [&](std::size_t i) { return static_cast<double>(x[from + i]); });
  }));
}
template <class X>
double plain_dot(std::span<const X> x, std::span<const X> y) {
  return one_nan(over_blocks<double>(x.size(), [&](std::size_t from, std::size_t n) {
    return block_sum(n, [&](std::size_t i) {
      return static_cast<double>(x[from + i]) * static_cast<double>(y[from + i]);
    });
  }));
}
template <class X>
Compensated plain_neumaier(std::span<const X> x) {
  return one_nan(over_blocks<Compensated>(x.size(), [&](std::size_t from, std::size_t n) {
    return block_compensated(n, [&](std::size_t i) { return static_cast<double>(x[from + i]); });
  }));
}
template <class X>
Moments plain_moments(std::span<const X> x) {
  return one_nan(over_blocks<Moments>(x.size(), [&](std::size_t from, std::size_t n) {
    return block_moments(
        n, [&](std::size_t i) { return static_cast<double>(x[from + i]); },
        [](std::size_t) { return true; });
  }));
}

template <class T>
bool same_bits(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

// Runs `check` with every instruction set this machine has.
template <class Check>
void on_every_isa(Check check) {
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > isa_detected()) continue;
    limit_isa(isa);
    SCOPED_TRACE(isa_name(isa));
    check();
  }
  limit_isa(Isa::kAvx512);
}

std::vector<double> golden_values() {
  std::vector<double> x(5000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1000.0 + static_cast<double>(static_cast<std::uint32_t>(i * 2654435761U)) * 0x1p-20;
  }
  return x;
}

TEST(Canonical, GivesTheGoldenBitsOnEveryIsa) {
  const std::vector<double> x = golden_values();
  std::vector<double> sevens(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) sevens[i] = static_cast<double>(i % 7);
  on_every_isa([&] {
    EXPECT_EQ(canonical_sum(x), 0x1.d10e7d59b3800p+23);
    EXPECT_EQ(canonical_dot(x, sevens), 0x1.5c67bdfcfe600p+25);
    const Moments m = canonical_moments(x);
    const double n = m.count;
    const double v = m.m2 / n;
    EXPECT_EQ(n, 5000.0);
    EXPECT_EQ(m.mean, 0x1.7cf9701b9ba5ep+11);
    EXPECT_EQ(v, 0x1.5561b0658af01p+20);
    EXPECT_EQ((m.m3 / n) / (v * std::sqrt(v)), -0x1.d279eb024e840p-13);
    EXPECT_EQ((m.m4 / n) / (v * v) - 3, -0x1.33276a6949c9ep+0);
  });
}

TEST(Canonical, CompensationSavesWhatLanesAndBlocksLose) {
  std::vector<double> lanes(128);
  std::vector<double> blocks(4096);
  const double values[] = {1, 1e100, 1, -1e100};
  for (std::size_t i = 0; i < 4; ++i) {
    lanes[32 * i] = values[i];
    blocks[1024 * i] = values[i];
  }
  on_every_isa([&] {
    EXPECT_EQ(canonical_sum(lanes), 0);
    EXPECT_EQ(canonical_sum(blocks), 0);
    EXPECT_EQ(neumaier_sum(lanes).value(), 2);
    EXPECT_EQ(neumaier_sum(blocks).value(), 2);
  });
  const double side_by_side[] = {1, 1e100, 1, -1e100};
  EXPECT_EQ(canonical_sum(std::span<const double>(side_by_side)), 2);
}

template <class T>
void expect_plain_bits(std::span<const T> x, std::span<const T> y) {
  const double sum = plain_sum(x);
  const double dot = plain_dot(x, y);
  const Compensated neumaier = plain_neumaier(x);
  const Moments moments = plain_moments(x);
  on_every_isa([&] {
    EXPECT_TRUE(same_bits(canonical_sum(x), sum)) << x.size();
    EXPECT_TRUE(same_bits(canonical_dot(x, y), dot)) << x.size();
    EXPECT_TRUE(same_bits(neumaier_sum(x), neumaier)) << x.size();
    EXPECT_TRUE(same_bits(canonical_moments(x), moments)) << x.size();
  });
}

template <class T>
std::vector<T> random_values(Philox& rng, std::size_t size) {
  std::vector<T> values(size);
  for (T& value : values) {
    value = static_cast<T>(std::ldexp(rng.next_unit() - 0.3, static_cast<int>(rng.next_below(20))));
  }
  return values;
}

template <class T>
void every_length() {
  Philox rng(31, sizeof(T));
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size < 70; ++size) sizes.push_back(size);
  for (const std::size_t size : {1023U, 1024U, 1025U, 2047U, 2048U, 3000U, 5121U, 9217U, 70000U}) {
    sizes.push_back(size);
  }
  for (const std::size_t size : sizes) {
    const std::vector<T> x = random_values<T>(rng, size + 3);
    const std::vector<T> y = random_values<T>(rng, size + 3);
    const std::size_t offset = size % 4;  // not on a vector's boundary
    expect_plain_bits<T>(std::span(x).subspan(offset, size), std::span(y).subspan(offset, size));
  }
}
TEST(Canonical, EqualsThePlainFormAtEveryLengthInF64) {
  every_length<double>();
}
TEST(Canonical, EqualsThePlainFormAtEveryLengthInF32) {
  every_length<float>();
}

TEST(Canonical, EqualsThePlainFormOnExtremes) {
  Philox rng(32, 0);
  const double extremes[] = {
      0.0,      -0.0, 5e-324,  -5e-324, 1e-300, 1e300, -1e300,
      0x1p1023, -1.0, 0x1p-60, 3.0,     1e16,   -1e16, 0x1.fffffffffffffp1023};
  const double hopeless[] = {kInf, -kInf, kNan};
  for (int round = 0; round < 60; ++round) {
    std::vector<double> x(1 + rng.next_below(3000));
    for (double& value : x) value = extremes[rng.next_below(std::size(extremes))];
    if (round % 3 == 0) {
      x[rng.next_below(static_cast<std::uint32_t>(x.size()))] = hopeless[rng.next_below(3)];
    }
    expect_plain_bits<double>(x, x);
  }
}

TEST(Canonical, PiecesJoinToTheBitsOfTheWhole) {
  Philox rng(33, 0);
  const std::vector<double> x = random_values<double>(rng, 70'001);
  const std::span<const double> all(x);
  for (unsigned level = 0; level < 6; ++level) {
    const std::size_t piece = kCanonicalBlock << level;
    CanonicalCounter<double> sums;
    CanonicalCounter<Compensated> careful;
    CanonicalCounter<Moments> moments;
    for (std::size_t from = 0; from < x.size(); from += piece) {
      const auto part = all.subspan(from, std::min(piece, x.size() - from));
      sums.push_level(canonical_sum(part), level);
      careful.push_level(neumaier_sum(part), level);
      moments.push_level(canonical_moments(part), level);
    }
    EXPECT_TRUE(same_bits(sums.result(), canonical_sum(all))) << level;
    EXPECT_TRUE(same_bits(careful.result(), neumaier_sum(all))) << level;
    EXPECT_TRUE(same_bits(moments.result(), canonical_moments(all))) << level;
  }
}

TEST(Canonical, ValuesThatDoNotCountKeepTheirPlace) {
  const std::vector<double> x = golden_values();
  const auto present = [](std::size_t i) { return i % 3 != 1; };
  const Moments some = block_moments(
      1024, [&](std::size_t i) { return x[i]; }, present);
  long double mean = 0;
  long double m2 = 0;
  for (std::size_t i = 0; i < 1024; ++i) mean += present(i) ? x[i] : 0.0L;
  mean /= some.count;
  for (std::size_t i = 0; i < 1024; ++i) m2 += present(i) ? (x[i] - mean) * (x[i] - mean) : 0.0L;
  EXPECT_EQ(some.count, 683);
  EXPECT_NEAR(some.mean, static_cast<double>(mean), 1e-9);
  EXPECT_NEAR(some.m2 / static_cast<double>(m2), 1.0, 1e-12);
  const Moments none = block_moments(
      1024, [&](std::size_t i) { return x[i]; }, [](std::size_t) { return false; });
  EXPECT_EQ(none, Moments{});
  EXPECT_EQ(CanonicalJoin{}(none, some), some);
  EXPECT_EQ(CanonicalJoin{}(some, none), some);
}

TEST(Canonical, MomentsOfValuesFarFromZeroAreExact) {
  std::vector<double> x(4096);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 2 == 0 ? 1e8 + 1 : 1e8 - 1;
  on_every_isa([&] {
    const Moments m = canonical_moments(x);
    EXPECT_EQ(m.mean, 1e8);
    EXPECT_EQ(m.m2 / m.count, 1.0);
  });
}

TEST(Canonical, NeumaierStaysWithinItsBound) {
  Philox rng(34, 0);
  std::vector<double> x = random_values<double>(rng, 20'000);
  long double exact = 0;
  long double size = 0;
  for (const double value : x) {
    exact += value;
    size += std::fabs(value);
  }
  const long double u = 0x1p-53L;
  const long double n = 20'000;
  const long double long_double_error = n * 0x1p-64L * size;
  EXPECT_LE(std::fabs(neumaier_sum(x).value() - exact),
            u * std::fabs(exact) + 2 * (n * u) * (n * u) * size + long_double_error);
}

TEST(Canonical, IntegersAddUpExactlyBeyond64Bits) {
  Philox rng(35, 0);
  for (const std::size_t size : {0U, 1U, 7U, 15U, 16U, 17U, 33U, 1000U, 4097U}) {
    std::vector<std::int64_t> x(size);
    Int128 want = 0;
    for (auto& value : x) {
      const auto draw = rng.next_below(4);
      value = draw == 0   ? std::numeric_limits<std::int64_t>::min()
              : draw == 1 ? std::numeric_limits<std::int64_t>::max()
                          : static_cast<std::int64_t>(rng.next_u64());
      want += value;
    }
    on_every_isa([&] { EXPECT_TRUE(exact_sum(x) == want) << size; });
  }
}

}  // namespace
}  // namespace weir::numeric
