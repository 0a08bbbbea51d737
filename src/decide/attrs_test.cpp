#include "decide/attrs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/rng.hpp"
#include "decide/distance.hpp"

namespace weir::decide {
namespace {

AttrValue find(std::string_view json, std::string_view name) {
  static std::string scratch;
  return find_attr(json, name, scratch);
}

TEST(Attrs, FindMembersOfTheOutermostObject) {
  EXPECT_EQ(find(R"({"a":1})", "a").number, 1);
  EXPECT_EQ(find(R"( { "b" : [1,{"a":2},"]}"] , "a" : -1.5e2 } )", "a").number, -150);
  EXPECT_EQ(find(R"({"b":{"a":"in\"ner"},"a":"x"})", "a").text, "x");
  EXPECT_EQ(find(R"({"a":"\u00e9\ud83d\ude00\n\/"})", "a").text, "\xC3\xA9\xF0\x9F\x98\x80\n/");
  EXPECT_EQ(find(R"({"\u0061":true})", "a").kind, AttrValue::kBool);
  EXPECT_EQ(find(R"({"a":null})", "a").kind, AttrValue::kNull);
  EXPECT_EQ(find(R"({"a":[1]})", "a").kind, AttrValue::kOther);
  EXPECT_EQ(find(R"({"a":1})", "b").kind, AttrValue::kAbsent);
  EXPECT_EQ(find("[1]", "a").kind, AttrValue::kAbsent);
  EXPECT_EQ(find("{}", "a").kind, AttrValue::kAbsent);
}

TEST(Attrs, SurviveEveryCutAndRandomDamage) {
  const std::string json = R"({"b":[1,{"a":2},"]}\\"],"c":"\ud83d\u0041\u12","a":tru,"x":1e999})";
  std::string scratch;
  for (std::size_t size = 0; size <= json.size(); ++size) {
    find_attr(std::string_view(json).substr(0, size), "x", scratch);
  }
  Philox rng(5, 0);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = json;
    for (int i = 0; i < 3; ++i) {
      damaged[rng.next_below(static_cast<std::uint32_t>(json.size()))] =
          R"({}[]":,\u0 a)"[rng.next_below(13)];
    }
    EXPECT_LE(find_attr(damaged, "x", scratch).text.size(), damaged.size());
  }
}

TEST(Distance, IsThatOfTheSphere) {
  EXPECT_NEAR(distance_km(52.52, 13.405, 48.137, 11.575), 504.4, 0.3);
  EXPECT_NEAR(distance_km(0, 179.5, 0, -179.5), 111.195, 0.001);  // across the date line
  EXPECT_NEAR(distance_km(0, 0, 0, 180), 20015.115, 0.001);
  EXPECT_NEAR(distance_km(90, 0, -90, 77), 20015.115, 0.001);
  EXPECT_EQ(distance_km(10, 20, 10, 20), 0);
  EXPECT_NE(distance_km(91, 0, 0, 0), distance_km(91, 0, 0, 0));  // NaN
}

}  // namespace
}  // namespace weir::decide
