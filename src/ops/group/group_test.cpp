#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/rng.hpp"
#include "ops/group/assign/group_assign.hpp"
#include "ops/group/sum/group_sum.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;

struct Case {
  std::vector<std::uint64_t> keys;
  std::vector<double> values;
  std::vector<std::uint64_t> validity;
};

Case make_case(std::size_t rows, std::uint64_t groups, bool nulls, std::uint64_t stream) {
  Philox rng(kSeed, stream);
  Case made;
  for (std::size_t i = 0; i < rows; ++i) {
    made.keys.push_back((rng.next_u64() % groups) * 0x9E3779B97F4A7C15U);
    made.values.push_back((rng.next_unit() - 0.5) * 1e6);
  }
  if (nulls) {
    for (std::size_t i = 0; i < rows / 64 + 1; ++i) made.validity.push_back(rng.next_u64());
  }
  return made;
}

struct Assigned {
  std::vector<std::uint32_t> ids;
  std::vector<std::uint32_t> first_rows;
  bool operator==(const Assigned&) const = default;
};

Assigned assign(const Case& made, unsigned threads) {
  Assigned result{std::vector<std::uint32_t>(made.keys.size()), {}};
  GroupAssign::Output out{result.ids};
  Workers workers(threads == 0 ? 1 : threads);
  CpuRun run{workers};
  EXPECT_TRUE((threads == 0 ? GroupAssign::reference({made.keys}, out)
                            : GroupAssign::cpu(run, {made.keys}, out))
                  .is_ok());
  result.first_rows.assign(out.first_rows.begin(), out.first_rows.end());
  return result;
}

std::vector<double> sums(const Case& made, const Assigned& groups, unsigned threads) {
  std::vector<double> result(groups.first_rows.size());
  GroupSum::Output out{result};
  Workers workers(threads == 0 ? 1 : threads);
  CpuRun run{workers};
  const GroupSum::Args args{groups.ids, made.values,
                            static_cast<std::uint32_t>(groups.first_rows.size()), made.validity};
  EXPECT_TRUE(GroupSum::check(args).is_ok());
  EXPECT_TRUE(
      (threads == 0 ? GroupSum::reference(args, out) : GroupSum::cpu(run, args, out)).is_ok());
  return result;
}

void expect_parity(const Case& made, const char* what) {
  const Assigned expected = assign(made, 0);
  const std::vector<double> expected_sums = sums(made, expected, 0);
  for (const unsigned threads : {1U, 2U, 3U, 6U}) {
    ASSERT_EQ(assign(made, threads), expected) << what << ", " << threads << " threads";
    const std::vector<double> got = sums(made, expected, threads);
    const bool same = got.empty() || std::memcmp(got.data(), expected_sums.data(),
                                                 got.size() * sizeof(double)) == 0;
    ASSERT_TRUE(same) << what << ", " << made.keys.size() << " rows, " << threads
                      << " threads, seed " << kSeed;
  }
}

TEST(Group, EqualsTheReferenceOnSmallTables) {
  for (std::size_t rows = 0; rows <= 66; ++rows) {
    expect_parity(make_case(rows, 1 + rows / 2, rows % 3 == 0, rows), "small");
  }
}

TEST(Group, EqualsTheReferenceOnManyBlocksForAnyNumberOfThreads) {
  expect_parity(make_case(300'001, 1, false, 1), "one group");
  expect_parity(make_case(300'001, 700, true, 2), "few groups");
  expect_parity(make_case(300'001, 5'000, false, 3), "some groups");
  expect_parity(make_case(300'001, 20'000, true, 9), "groups of a few rows");
  expect_parity(make_case(300'001, 100'000, true, 4), "many groups");
  expect_parity(make_case(600'001, 3'000'000, false, 10), "more groups than stay near");
  expect_parity(make_case(70'000, ~std::uint64_t{0}, false, 5), "all different");
}

TEST(Group, NumbersKeysThatLieCloseTogether) {
  for (const std::uint64_t groups : {1U, 900U, 5'000U, 40'000U, 250'000U}) {
    Case made = make_case(300'001, groups, groups == 5'000, 7 + groups);
    Philox rng(kSeed, groups);
    for (std::uint64_t& key : made.keys) key = ~groups + rng.next_u64() % groups;
    expect_parity(made, "dense keys");
  }
  // One key far away, behind what tells whether keys are dense.
  Case far = make_case(10'000, 50, false, 8);
  for (std::size_t i = 0; i < far.keys.size(); ++i) far.keys[i] = i % 50;
  far.keys.back() = ~std::uint64_t{0};
  expect_parity(far, "dense but for one");
}

TEST(Group, NumbersGroupsThatAppearLate) {
  Case made = make_case(200'000, 100, false, 6);
  for (std::size_t i = 100'000; i < 200'000; ++i) made.keys[i] = i;
  expect_parity(made, "late groups");
}

TEST(Group, SumsKeepWhatAPlainSumLoses) {
  Case made;
  made.keys.assign(4 * kGroupBlockRows, 7);
  made.values.assign(4 * kGroupBlockRows, 0.0);
  made.values[0] = 1;
  made.values[kGroupBlockRows] = 1e100;
  made.values[2 * kGroupBlockRows] = 1;
  made.values[3 * kGroupBlockRows] = -1e100;
  EXPECT_EQ(sums(made, assign(made, 1), 1).at(0), 2.0);
}

TEST(Group, SumsOfInfinitiesAndNanAreThoseOfIeee) {
  const double inf = std::numeric_limits<double>::infinity();
  Case made;
  made.keys = {1, 2, 3, 1, 2, 3, 4};
  made.values = {inf, inf, std::nan("0x123"), 1, -inf, 1, -0.0};
  expect_parity(made, "specials");
  const std::vector<double> got = sums(made, assign(made, 1), 1);
  EXPECT_EQ(got[0], inf);
  EXPECT_TRUE(std::isnan(got[1]));
  EXPECT_TRUE(std::isnan(got[2]));
  EXPECT_FALSE(std::signbit(got[3]));
}

TEST(Group, RefusesWhatDoesNotFit) {
  const std::vector<std::uint32_t> ids{0, 3, 1};
  const std::vector<double> values(3);
  const Status range = GroupSum::check({ids, values, 3});
  EXPECT_EQ(range.reason(), "group_range");
  EXPECT_EQ(range.message(), "row 1 is of group 3 of 3");
  EXPECT_EQ(GroupSum::check({ids, std::span(values).first(2), 4}).reason(), "shape_mismatch");
}

TEST(Group, RefusesOutputsOfAnotherLength) {
  const std::vector<std::uint64_t> keys = {3, 1, 2};
  const std::vector<double> values = {1, 2, 3};
  std::vector<std::uint32_t> ids(2);
  std::vector<double> sums(1);
  Workers workers(1);
  CpuRun run{workers};
  GroupAssign::Output assigned{ids};
  EXPECT_EQ(GroupAssign::cpu(run, {keys}, assigned).message(), "room for 2 ids of 3");
  EXPECT_EQ(GroupAssign::reference({keys}, assigned).code(), Code::kInvalidArgument);
  const std::vector<std::uint32_t> groups = {0, 1, 0};
  GroupSum::Output summed{sums};
  const GroupSum::Args args{groups, values, 2};
  EXPECT_EQ(GroupSum::cpu(run, args, summed).message(), "room for 1 sums of 2");
  EXPECT_EQ(GroupSum::reference(args, summed).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace weir::ops
