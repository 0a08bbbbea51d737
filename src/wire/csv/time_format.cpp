#include "wire/csv/time_format.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>

namespace weir::wire {
namespace {

constexpr std::array<std::string_view, 11> kNames = {
    "auto",  "iso",     "YYYY/MM/DD", "DD/MM/YYYY", "MM/DD/YYYY", "YYMMDD",
    "epoch", "epoch_s", "epoch_ms",   "epoch_us",   "step"};

bool digits(std::string_view text, unsigned& value) {
  value = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned char>(c - '0');
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  return !text.empty();
}

bool integer(std::string_view text, std::int64_t& value) {
  if (text.empty() || text.size() > 18) return false;
  value = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned char>(c - '0');
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  return true;
}

// Reads HH:MM, HH:MM:SS or either with a fraction; micros of the day.
bool read_clock(std::string_view text, std::int64_t& micros) {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (text.size() < 5 || text[2] != ':' || !digits(text.substr(0, 2), hour) ||
      !digits(text.substr(3, 2), minute) || hour > 23 || minute > 59)
    return false;
  std::int64_t fraction = 0;
  if (text.size() > 5) {
    if (text.size() < 8 || text[5] != ':' || !digits(text.substr(6, 2), second) || second > 60)
      return false;
    if (text.size() > 8) {
      unsigned value = 0;
      const std::string_view tail = text.substr(9, 6);
      if (text[8] != '.' || text.size() > 18 || !digits(tail, value)) return false;
      unsigned rest = 0;
      if (text.size() > 15 && !digits(text.substr(15), rest)) return false;
      fraction = value;
      for (std::size_t i = tail.size(); i < 6; ++i) fraction *= 10;
    }
  }
  micros = (std::int64_t{hour} * 3'600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

bool midnight(unsigned year, unsigned month, unsigned day, std::int64_t& micros) {
  CivilTime time;
  time.year = static_cast<int>(year);
  time.month = month;
  time.day = day;
  if (!is_valid(time)) return false;
  micros = to_micros(time);
  return true;
}

// Splits a ten-character date and what follows its separator.
bool split_date(std::string_view text, std::string_view& date, std::string_view& clock) {
  if (text.size() < 10) return false;
  date = text.substr(0, 10);
  clock = {};
  if (text.size() == 10) return true;
  if (text[10] != ' ' && text[10] != 'T' && text[10] != '-') return false;
  clock = text.substr(11);
  return !clock.empty();
}

bool read_date(std::string_view date, TimeFormat format, std::int64_t& micros) {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  if (format == TimeFormat::kYearSlash) {
    return date[4] == '/' && date[7] == '/' && digits(date.substr(0, 4), a) &&
           digits(date.substr(5, 2), b) && digits(date.substr(8, 2), c) &&
           midnight(a, b, c, micros);
  }
  if (date[2] != '/' || date[5] != '/' || !digits(date.substr(0, 2), a) ||
      !digits(date.substr(3, 2), b) || !digits(date.substr(6, 4), c))
    return false;
  return format == TimeFormat::kDayFirst ? midnight(c, b, a, micros) : midnight(c, a, b, micros);
}

}  // namespace

std::string_view time_format_name(TimeFormat format) {
  return kNames[static_cast<std::size_t>(format)];
}

bool parse_time_format(std::string_view name, TimeFormat& format) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != name) continue;
    format = static_cast<TimeFormat>(i);
    return true;
  }
  return false;
}

bool TimeReader::read(std::string_view text, std::int64_t& time_us) {
  switch (rule_.format) {
    case TimeFormat::kAuto:
      return false;
    case TimeFormat::kIso:
      return read_iso(text, time_us);
    case TimeFormat::kYearSlash:
    case TimeFormat::kDayFirst:
    case TimeFormat::kMonthFirst:
      return read_slashes(text, time_us);
    case TimeFormat::kYymmdd:
      return read_yymmdd(text, time_us);
    default:
      return read_integer(text, time_us);
  }
}

bool TimeReader::read_iso(std::string_view text, std::int64_t& time_us) {
  // Most rows are `YYYY-MM-DD HH:MM:SS` on the date of the row before.
  std::int64_t clock = 0;
  const bool plain = text.size() == 19 && (text[10] == ' ' || text[10] == 'T');
  if (plain && std::memcmp(text.data(), date_, sizeof date_) == 0 &&
      read_clock(text.substr(11), clock)) {
    time_us = midnight_us_ + clock;
    return true;
  }
  if (!parse_time(text, time_us, rule_.zone_s)) return false;
  if (plain && read_clock(text.substr(11), clock)) {
    std::memcpy(date_, text.data(), sizeof date_);
    midnight_us_ = time_us - clock;
  }
  return true;
}

bool TimeReader::read_slashes(std::string_view text, std::int64_t& time_us) {
  std::string_view date;
  std::string_view clock_text;
  if (!split_date(text, date, clock_text)) return false;
  if (std::memcmp(date.data(), date_, sizeof date_) != 0) {
    std::int64_t day = 0;
    if (!read_date(date, rule_.format, day)) return false;
    std::memcpy(date_, date.data(), sizeof date_);
    midnight_us_ = day - rule_.zone_s * kMicrosPerSecond;
  }
  std::int64_t clock = 0;
  if (!clock_text.empty() && !read_clock(clock_text, clock)) return false;
  time_us = midnight_us_ + clock;
  return true;
}

bool TimeReader::read_yymmdd(std::string_view text, std::int64_t& time_us) const {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (text.size() != 6 || !digits(text.substr(0, 2), year) || !digits(text.substr(2, 2), month) ||
      !digits(text.substr(4, 2), day) || !midnight(1'900 + year, month, day, time_us))
    return false;
  time_us -= rule_.zone_s * kMicrosPerSecond;
  return true;
}

bool TimeReader::read_integer(std::string_view text, std::int64_t& time_us) const {
  std::int64_t value = 0;
  if (!integer(text, value)) return false;
  constexpr std::int64_t kMillisFrom = 100'000'000'000;      // as seconds: the year 5138
  constexpr std::int64_t kMicrosFrom = 100'000'000'000'000;  // as milliseconds: the same
  std::int64_t scale = 1;
  switch (rule_.format) {
    case TimeFormat::kStep:
      scale = rule_.step_us;
      break;
    case TimeFormat::kEpochS:
      scale = kMicrosPerSecond;
      break;
    case TimeFormat::kEpochMs:
      scale = 1'000;
      break;
    case TimeFormat::kEpoch:
      scale = value < kMillisFrom ? kMicrosPerSecond : value < kMicrosFrom ? 1'000 : 1;
      break;
    default:
      break;
  }
  const std::int64_t start = rule_.format == TimeFormat::kStep ? rule_.start_us : 0;
  if (scale != 0 && value > (std::numeric_limits<std::int64_t>::max() - kMicrosPerDay) / 2 / scale)
    return false;
  time_us = start + value * scale;
  return true;
}

void TimeFormatGuess::see(std::string_view value) {
  if (value.empty()) return;
  ++seen_;
  std::int64_t time_us = 0;
  const auto fits = [&](TimeFormat format) {
    return TimeReader({.format = format}).read(value, time_us) ? 1U : 0U;
  };
  iso_ += fits(TimeFormat::kIso);
  year_slash_ += fits(TimeFormat::kYearSlash);
  day_first_ += fits(TimeFormat::kDayFirst);
  month_first_ += fits(TimeFormat::kMonthFirst);
  yymmdd_ += fits(TimeFormat::kYymmdd);
  const unsigned is_integer = fits(TimeFormat::kEpoch);
  integer_ += is_integer;
  if (value.size() >= 9) long_integer_ += is_integer;
}

Result<TimeFormat> TimeFormatGuess::decide(bool step_given) const {
  // Some rows may be wrong; they are refused later, one by one.
  const auto fits = [&](std::uint64_t count) { return count != 0 && count * 10 >= seen_ * 9; };
  if (step_given && fits(integer_)) return TimeFormat::kStep;
  if (fits(iso_)) return TimeFormat::kIso;
  if (fits(year_slash_)) return TimeFormat::kYearSlash;
  if (fits(day_first_) && day_first_ == month_first_)
    return fail(
        invalid_argument("date_ambiguous", "the first rows do not tell DD/MM/YYYY from MM/DD/YYYY")
            .hint("set time.format in the mapping"));
  if (fits(std::max(day_first_, month_first_)))
    return day_first_ > month_first_ ? TimeFormat::kDayFirst : TimeFormat::kMonthFirst;
  if (fits(long_integer_)) return TimeFormat::kEpoch;
  if (fits(yymmdd_)) return TimeFormat::kYymmdd;
  if (fits(integer_))
    return fail(invalid_argument("date_format", "the times are small integers")
                    .hint("give their unit and origin: --step 1h --start 2026-01-01"));
  return fail(invalid_argument("date_format", seen_ == 0 ? "the first rows hold no time"
                                                         : "no known format fits the first rows")
                  .hint("set time.format in the mapping"));
}

}  // namespace weir::wire
