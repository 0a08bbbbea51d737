#include "base/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "base/rng.hpp"

namespace weir {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonWriter, PlacesCommasAtEveryLevel) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("a").u64(1).key("b").begin_array().i64(-2).string("x").begin_object();
  json.end_object().null().end_array().key("c").boolean(true).key("d").raw("12.50").end_object();
  EXPECT_EQ(out, R"({"a":1,"b":[-2,"x",{},null],"c":true,"d":12.50})");
  EXPECT_TRUE(json.complete());
}

TEST(JsonWriter, AppendsToWhatTheCallerHas) {
  std::string out = "data: ";
  JsonWriter(out).begin_array().end_array();
  EXPECT_EQ(out, "data: []");
}

TEST(JsonWriter, EscapesWhatJsonForbids) {
  EXPECT_EQ(quoted(std::string_view("\"\\\b\f\n\r\t\x01\x1f\0/", 11)),
            R"("\"\\\b\f\n\r\t\u0001\u001f\u0000/")");
  EXPECT_EQ(quoted("\x7f"), "\"\\u007f\"");
  EXPECT_EQ(quoted("Z\xC3\xBCrich \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "\"Z\xC3\xBCrich \xE2\x82\xAC \xF0\x9F\x98\x80\"");
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"}) {
    std::string expected = "\"";
    for (std::size_t i = 0; i < std::strlen(bad); ++i) expected += "\xEF\xBF\xBD";
    EXPECT_EQ(quoted(bad), expected + "\"");
  }
  EXPECT_EQ(quoted("a\xE2z"), "\"a\xEF\xBF\xBDz\"");
}

TEST(JsonWriter, WritesIntegersExactly) {
  std::string out;
  JsonWriter json(out);
  json.begin_array().u64(std::numeric_limits<std::uint64_t>::max());
  json.i64(std::numeric_limits<std::int64_t>::min())
      .u64_string(9007199254740993U)
      .i64_string(-1)
      .end_array();
  EXPECT_EQ(out, R"([18446744073709551615,-9223372036854775808,"9007199254740993","-1"])");
}

TEST(JsonWriter, WritesShortestRoundTripDoubles) {
  std::string out;
  JsonWriter json(out);
  json.begin_array().f64(0.1).f64(-0.0).f64(1e300).f64(531.81).f32(0.1F);
  json.f64(std::nan("")).f64(std::numeric_limits<double>::infinity()).f32(-INFINITY).end_array();
  EXPECT_EQ(out, "[0.1,-0,1e+300,531.81,0.1,null,null,null]");
}

TEST(JsonWriter, ReadsBackEveryDoubleItWrites) {
  constexpr std::uint64_t kSeed = 20261121;
  Philox rng(kSeed, 0);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = rng.next_u64();
    double value;
    std::memcpy(&value, &bits, 8);
    if (!std::isfinite(value)) continue;
    std::string out;
    append_json_f64(out, value);
    ASSERT_EQ(std::strtod(out.c_str(), nullptr), value) << out << " seed " << kSeed << " at " << i;
  }
}

TEST(JsonWriterDeath, ChecksWrongNesting) {
  std::string out;
  EXPECT_DEATH({ JsonWriter(out).begin_object().u64(1); }, "CHECK failed");
  EXPECT_DEATH({ JsonWriter(out).begin_object().end_array(); }, "CHECK failed");
  EXPECT_DEATH({ JsonWriter(out).begin_object().key("a").end_object(); }, "CHECK failed");
  EXPECT_DEATH({ JsonWriter(out).u64(1).u64(2); }, "CHECK failed");
  EXPECT_DEATH({ JsonWriter(out).begin_array().key("a"); }, "CHECK failed");
}

}  // namespace
}  // namespace weir
