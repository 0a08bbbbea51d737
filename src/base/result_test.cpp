#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/check.hpp"

namespace weir {
namespace {

Result<int> parse(const std::string& text) {
  if (text.empty()) return fail(invalid_argument("empty", "nothing there"));
  return static_cast<int>(text.size());
}

Result<std::string> twice(const std::string& text) {
  WEIR_ASSIGN(const int size, parse(text));
  WEIR_ASSIGN(const int again, parse(text));
  return std::to_string(size + again);
}

Status check_all(const std::string& a, const std::string& b) {
  WEIR_TRY(parse(a));
  WEIR_TRY(twice(b));
  return Status::ok();
}

Result<std::unique_ptr<int>> boxed(const std::string& text) {
  WEIR_TRY(check_all(text, text));
  return std::make_unique<int>(7);
}

TEST(Result, PassesValuesAndFailuresOn) {
  EXPECT_EQ(*twice("abc"), "6");
  EXPECT_EQ(twice("").error().reason(), "empty");
  EXPECT_TRUE(check_all("a", "b").is_ok());
  EXPECT_EQ(check_all("a", "").reason(), "empty");
}

TEST(Result, CarriesValuesThatOnlyMove) {
  auto box = boxed("x");
  ASSERT_TRUE(box.has_value());
  EXPECT_EQ(**box, 7);
  EXPECT_FALSE(boxed("").has_value());
}

TEST(CheckDeath, PrintsTheOperands) {
  const int two = 2;
  EXPECT_DEATH(CHECK_EQ(two, 3), "two == 3 \\(2 vs 3\\)");
  EXPECT_DEATH(CHECK(two > 3), "CHECK failed: two > 3");
  CHECK_LE(two, 2);
  CHECK_NE(two, 3);
}

}  // namespace
}  // namespace weir
