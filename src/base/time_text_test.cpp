#include "base/time_text.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace weir {
namespace {

std::int64_t parsed(std::string_view text, std::int64_t zone_s = 0) {
  std::int64_t micros = -1;
  EXPECT_TRUE(parse_time(text, micros, zone_s)) << text;
  return micros;
}

TEST(TimeText, ParsesRfc3339) {
  EXPECT_EQ(parsed("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parsed("2026-11-21T04:00:00Z"), 1'795'233'600'000'000);
  EXPECT_EQ(parsed("2026-11-21T05:30:00+01:30"), 1'795'233'600'000'000);
  EXPECT_EQ(parsed("2026-11-20T20:00:00-0800"), 1'795'233'600'000'000);
  EXPECT_EQ(parsed("2026-11-21 04:00:00.25"), 1'795'233'600'250'000);
  EXPECT_EQ(parsed("2026-11-21T04:00:00.123456789Z"), 1'795'233'600'123'456);
  EXPECT_EQ(parsed("2026-11-21T04:00"), 1'795'233'600'000'000);
  EXPECT_EQ(parsed("2026-11-21"), 1'795'219'200'000'000);
  EXPECT_EQ(parsed("1969-12-31T23:59:59.5Z"), -500'000);
}

TEST(TimeText, UsesTheGivenZoneOnlyWhenTheTextHasNone) {
  EXPECT_EQ(parsed("1970-01-01T01:00:00", 3'600), 0);
  EXPECT_EQ(parsed("1970-01-01T00:00:00Z", 3'600), 0);
}

TEST(TimeText, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-29", "2026-00-10", "2026-01-32", "2026-01-01T24:00:00Z",
        "2026-01-01T10:60", "2026-01-01T10:00:61", "2026-01-01T10", "2026-01-01T10:00:00.",
        "2026-01-01T10:00:00+1", "2026-01-01T10:00:00Zx", "2026/01/01", "26-01-01", " 2026-01-01",
        "2026-01-01  10:00", "2026-01-01T10:00:00+24:00"}) {
    std::int64_t micros = 0;
    EXPECT_FALSE(parse_time(text, micros)) << text;
  }
}

TEST(TimeText, CountsLeapDays) {
  EXPECT_EQ(parsed("2000-02-29") + kMicrosPerDay, parsed("2000-03-01"));
  EXPECT_EQ(parsed("2100-02-28") + kMicrosPerDay, parsed("2100-03-01"));
  std::int64_t micros = 0;
  EXPECT_FALSE(parse_time("2100-02-29", micros));
}

TEST(TimeText, RoundTripsEveryDayFrom1600To2600) {
  std::int64_t day = days_from_civil(1600, 1, 1);
  for (int year = 1600; year < 2600; ++year)
    for (unsigned month = 1; month <= 12; ++month)
      for (unsigned d = 1; d <= days_in_month(year, month); ++d, ++day) {
        ASSERT_EQ(days_from_civil(year, month, d), day);
        const CivilTime back = to_civil(day * kMicrosPerDay + 1);
        ASSERT_TRUE(back.year == year && back.month == month && back.day == d) << day;
      }
}

TEST(TimeText, FormatsWhatItParses) {
  EXPECT_EQ(format_time(1'795'233'600'000'000), "2026-11-21T04:00:00Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
  Philox rng(7, 0);
  for (int i = 0; i < 10'000; ++i) {
    const auto micros = static_cast<std::int64_t>(rng.next_u64() % 7'289'654'400'000'000);
    EXPECT_EQ(parsed(format_time(micros)), micros);
  }
}

TEST(TimeText, ParsesDurations) {
  std::int64_t micros = 0;
  EXPECT_TRUE(parse_duration("7d", micros));
  EXPECT_EQ(micros, 7 * kMicrosPerDay);
  EXPECT_TRUE(parse_duration("250ms", micros));
  EXPECT_EQ(micros, 250'000);
  EXPECT_TRUE(parse_duration("1h", micros));
  EXPECT_EQ(micros, 3'600 * kMicrosPerSecond);
  for (const char* text : {"", "h", "1", "1x", "-1h", "1 h", "99999999999999999w", "1.5h"})
    EXPECT_FALSE(parse_duration(text, micros)) << text;
}

TEST(TimeText, ParsesZones) {
  std::int64_t zone = 1;
  EXPECT_TRUE(parse_zone("Z", zone));
  EXPECT_EQ(zone, 0);
  EXPECT_TRUE(parse_zone("-05:30", zone));
  EXPECT_EQ(zone, -19'800);
  for (const char* text : {"", "5", "+5", "+05:3", "+05:60", "Europe/Paris"})
    EXPECT_FALSE(parse_zone(text, zone)) << text;
}

}  // namespace
}  // namespace weir
