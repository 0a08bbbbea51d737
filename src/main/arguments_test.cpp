#include "main/arguments.hpp"

#include <gtest/gtest.h>

namespace weir::main {
namespace {

constexpr Option kOptions[] = {{"seconds", "N", ""}, {"no-open", "", ""}, {"out", "FILE", ""}};

Result<Arguments> parse(std::vector<std::string> words) {
  return Arguments::parse(words, kOptions);
}

TEST(Arguments, ReadsOptionsSwitchesAndWordsInAnyOrder) {
  const auto args =
      parse({"a.csv", "--seconds", "30", "--no-open", "--out=x", "b.csv", "--", "--out"});
  ASSERT_TRUE(args) << args.error().to_string();
  EXPECT_EQ(args->positional(), (std::vector<std::string>{"a.csv", "b.csv", "--out"}));
  EXPECT_EQ(*args->u64("seconds", 1), 30U);
  EXPECT_TRUE(args->has("no-open"));
  EXPECT_EQ(args->text("out"), "x");
}

TEST(Arguments, NamesTheNearestOptionWhenOneIsUnknown) {
  const auto args = parse({"--second", "3"});
  ASSERT_FALSE(args);
  EXPECT_NE(args.error().to_string().find("did you mean --seconds?"), std::string::npos);
}

TEST(Arguments, RefusesAMissingOrSuperfluousValue) {
  EXPECT_FALSE(parse({"--seconds"}));
  EXPECT_FALSE(parse({"--no-open=1"}));
}

TEST(Arguments, ReadsNumbersWithSuffixesAndRefusesOthers) {
  EXPECT_EQ(*parse({"--seconds=2M"})->u64("seconds", 0), 2'000'000U);
  EXPECT_FALSE(parse({"--seconds=2x"})->u64("seconds", 0));
  EXPECT_FALSE(parse({"--seconds=99999999999G"})->u64("seconds", 0));
  EXPECT_FALSE(parse({"--seconds=-1"})->u64("seconds", 0));
  EXPECT_EQ(*parse({"--seconds=0.5"})->f64("seconds", 0), 0.5);
  EXPECT_FALSE(parse({"--seconds=nan"})->f64("seconds", 0));
}

}  // namespace
}  // namespace weir::main
