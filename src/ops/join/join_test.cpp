#include <gtest/gtest.h>

#include <vector>

#include "base/rng.hpp"
#include "ops/join/match/join_match.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;
constexpr JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kLeft, JoinKind::kSemi, JoinKind::kAnti};

struct Rows {
  std::vector<std::uint32_t> left;
  std::vector<std::uint32_t> right;
  bool operator==(const Rows&) const = default;
};

Rows match(const JoinMatch::Args& args, unsigned threads) {
  JoinMatch::Output out;
  Workers workers(threads == 0 ? 1 : threads);
  CpuRun run{workers};
  EXPECT_TRUE(JoinMatch::check(args).is_ok());
  EXPECT_TRUE(
      (threads == 0 ? JoinMatch::reference(args, out) : JoinMatch::cpu(run, args, out)).is_ok());
  return {{out.left_rows.begin(), out.left_rows.end()},
          {out.right_rows.begin(), out.right_rows.end()}};
}

void expect_parity(JoinMatch::Args args, const char* what) {
  for (const JoinKind kind : kKinds) {
    args.kind = kind;
    const Rows expected = match(args, 0);
    for (const unsigned threads : {1U, 2U}) {
      ASSERT_EQ(match(args, threads), expected)
          << what << ", kind " << static_cast<int>(kind) << ", " << args.left.size() << " and "
          << args.right.size() << " rows, seed " << kSeed;
    }
  }
}

std::vector<std::uint64_t> random_words(std::size_t count, std::uint64_t below,
                                        std::uint64_t stream) {
  Philox rng(kSeed, stream);
  std::vector<std::uint64_t> words(count);
  for (auto& word : words) word = rng.next_u64() % below;
  return words;
}

TEST(JoinMatch, EqualsTheReference) {
  for (const std::size_t left : {0U, 1U, 31U, 32U, 33U, 65U, 1000U}) {
    for (const std::size_t right : {0U, 1U, 31U, 32U, 33U, 65U, 500U}) {
      const auto l = random_words(left, 300, left);
      const auto r = random_words(right, 300, 1000 + right);
      expect_parity({l, r}, "no nulls");
      const auto lv = random_words(left / 64 + 1, ~std::uint64_t{0}, 5);
      const auto rv = random_words(right / 64 + 1, ~std::uint64_t{0}, 6);
      expect_parity({l, r, lv, rv}, "nulls");
    }
  }
}

TEST(JoinMatch, EqualsTheReferenceOnManyRanges) {
  const auto left = random_words(200'000, 150'000, 1);
  std::vector<std::uint64_t> right(100'000);
  for (std::size_t i = 0; i < right.size(); ++i) right[i] = (i * 7919) % right.size();
  expect_parity({left, right}, "unique right keys");
  expect_parity({left, random_words(100'000, 150'000, 2)}, "repeated right keys");
}

TEST(JoinMatch, RefusesShapesThatDoNotFit) {
  const std::vector<std::uint64_t> keys(65);
  const std::vector<std::uint64_t> validity(1);
  EXPECT_EQ(JoinMatch::check({keys, keys, validity}).reason(), "shape_mismatch");
}

}  // namespace
}  // namespace weir::ops
