#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/isa.hpp"
#include "base/rng.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/sort/keys/sort_keys.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;
using Keys = std::vector<std::uint64_t>;

std::vector<std::uint32_t> argsort(const Keys& keys, std::size_t words, bool naive) {
  const Argsort::Args args{keys, words, keys.size() / words};
  std::vector<std::uint32_t> rows(args.rows);
  Argsort::Output out{rows};
  Workers workers(1);
  CpuRun run{workers};
  EXPECT_TRUE(Argsort::check(args).is_ok());
  EXPECT_TRUE((naive ? Argsort::reference(args, out) : Argsort::cpu(run, args, out)).is_ok());
  return rows;
}

void expect_parity(const Keys& keys, std::size_t words, const char* what) {
  EXPECT_EQ(argsort(keys, words, false), argsort(keys, words, true))
      << what << ", " << words << " words, " << keys.size() << " keys, seed " << kSeed;
}

Keys random_keys(std::size_t count, std::uint64_t stream, unsigned shift, std::uint64_t mask) {
  Philox rng(kSeed, stream);
  Keys keys(count);
  for (auto& key : keys) key = (rng.next_u64() & mask) << shift;
  return keys;
}

TEST(Argsort, EqualsTheStableSortOnEveryLengthTo130) {
  for (std::size_t n = 0; n <= 130; ++n) {
    expect_parity(random_keys(n, n, 0, ~std::uint64_t{0}), 1, "full range");
    expect_parity(random_keys(n, n, 60, 3), 1, "four values");
    expect_parity(random_keys(3 * n, n, 0, 3), 3, "three words");
  }
}

TEST(Argsort, KeepsTheOrderOfRowsWhereLeadingBitsTie) {
  constexpr std::size_t kRows = 20'000;
  // Keys that agree in the bits that fit beside a row: both rounds of a word are needed.
  Keys low = random_keys(kRows, 1, 0, 0xFFFF);
  low[7] = ~std::uint64_t{0};
  expect_parity(low, 1, "one outlier");
  Keys clusters = random_keys(kRows, 2, 62, 3);
  const Keys offsets = random_keys(kRows, 3, 0, 7);
  for (std::size_t i = 0; i < kRows; ++i) clusters[i] |= offsets[i];
  expect_parity(clusters, 1, "four clusters");
  expect_parity(Keys(kRows, 42), 1, "all equal");
  Keys words = random_keys(2 * kRows, 4, 0, 0xFF);
  expect_parity(words, 2, "two words");
  Keys wide = clusters;
  wide.insert(wide.end(), clusters.rbegin(), clusters.rend());
  expect_parity(wide, 2, "two words of clusters");
}

TEST(Argsort, GivesTheSameOrderOnEveryInstructionSet) {
  const Keys keys = random_keys(50'000, 5, 3, ~std::uint64_t{0});
  const auto expected = argsort(keys, 1, true);
  for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
    limit_isa(isa);
    EXPECT_EQ(argsort(keys, 1, false), expected) << isa_name(isa);
  }
  limit_isa(Isa::kAvx512);
}

TEST(Argsort, RefusesShapesThatDoNotFit) {
  const Keys keys(7);
  const Status status = Argsort::check({keys, 2, 4});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("7 keys for 2 words of 4 rows"), std::string::npos);
}

TEST(SortKeys, EqualsTheReference) {
  for (const std::size_t n : {0U, 1U, 2U, 31U, 32U, 33U, 65U, 1000U, 70'000U}) {
    Keys keys = random_keys(n, n, 0, ~std::uint64_t{0});
    if (n > 2) keys[1] = 0, keys[2] = ~std::uint64_t{0};
    Keys expected(n);
    Keys sorted(n);
    SortKeys::Output naive{expected};
    SortKeys::Output fast{sorted};
    Workers workers(1);
    CpuRun run{workers};
    ASSERT_TRUE(SortKeys::reference({keys}, naive).is_ok());
    ASSERT_TRUE(SortKeys::cpu(run, {keys}, fast).is_ok());
    EXPECT_EQ(sorted, expected) << n;
  }
}

TEST(Sort, RefusesOutputsOfAnotherLength) {
  const Keys keys = {3, 1, 2};
  Keys two(2);
  std::vector<std::uint32_t> rows(4);
  Workers workers(1);
  CpuRun run{workers};
  SortKeys::Output sorted{two};
  EXPECT_EQ(SortKeys::cpu(run, {keys}, sorted).message(), "room for 2 keys of 3");
  EXPECT_EQ(SortKeys::reference({keys}, sorted).code(), Code::kInvalidArgument);
  Argsort::Output order{rows};
  EXPECT_EQ(Argsort::cpu(run, {keys, 1, 3}, order).message(), "room for 4 rows of 3");
  EXPECT_EQ(Argsort::reference({keys, 1, 3}, order).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
