// Times as text and as microseconds since 1970 UTC, by our own calendar arithmetic: no libc, no
// locale, no time zone files, so that every machine reads and writes the same.
//
//   std::int64_t us = 0;
//   if (!parse_time("2026-11-21T04:00:00Z", us)) ...
//   format_time(us);                                 // "2026-11-21T04:00:00Z"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

struct CivilTime {
  int year = 1970;
  unsigned month = 1;  // 1..12
  unsigned day = 1;    // 1..31
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;  // 60 is a leap second and counts as the next minute's first
  unsigned micros = 0;
};

// Returns days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant's era arithmetic).
constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

constexpr unsigned days_in_month(int year, unsigned month) {
  constexpr unsigned char kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (month == 2 && leap ? 1U : 0U);
}

// Returns true if every member is in its calendar range and the year is 0 to 9999.
constexpr bool is_valid(const CivilTime& time) {
  return time.year >= 0 && time.year <= 9999 && time.month >= 1 && time.month <= 12 &&
         time.day >= 1 && time.day <= days_in_month(time.year, time.month) && time.hour < 24 &&
         time.minute < 60 && time.second <= 60 && time.micros < 1'000'000;
}

// Returns microseconds since 1970 of a valid UTC time.
constexpr std::int64_t to_micros(const CivilTime& time) {
  const std::int64_t seconds = days_from_civil(time.year, time.month, time.day) * 86'400 +
                               time.hour * 3'600 + time.minute * 60 + time.second;
  return seconds * kMicrosPerSecond + time.micros;
}

// Returns the UTC calendar time of microseconds since 1970.
CivilTime to_civil(std::int64_t micros);

// Parses RFC 3339 and what people write beside it: `T`, `t` or one blank between date and time;
// seconds and fraction may be absent (digits after the sixth are cut); `Z`, `+hh:mm`, `-hhmm`,
// `+hh`, or no zone, which then is `zone_s` seconds east of UTC; a date alone is its midnight.
// False if anything else.
bool parse_time(std::string_view text, std::int64_t& micros, std::int64_t zone_s = 0);

// Parses a zone alone: "Z", "UTC", "+05:30", "-0800". False if anything else.
bool parse_zone(std::string_view text, std::int64_t& zone_s);

// Parses a duration: an integer and us, ms, s, m, h, d or w. False if anything else or it
// overflows.
bool parse_duration(std::string_view text, std::int64_t& micros);

// Returns RFC 3339 in UTC; a fraction of six digits only when there is one.
std::string format_time(std::int64_t micros);

}  // namespace weir
