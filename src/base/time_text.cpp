#include "base/time_text.hpp"

#include <cstdio>
#include <limits>

namespace weir {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes exactly `count` digits off the front of the text.
bool take_digits(std::string_view& text, unsigned count, unsigned& value) {
  if (text.size() < count) return false;
  value = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Takes a fraction's digits after the point; keeps six.
bool take_fraction(std::string_view& text, unsigned& micros) {
  if (text.empty() || !is_digit(text.front())) return false;
  micros = 0;
  unsigned digits = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits)
    if (digits < 6) micros = micros * 10 + static_cast<unsigned>(text.front() - '0');
  for (; digits < 6; ++digits) micros *= 10;
  return true;
}

bool take_clock(std::string_view& text, CivilTime& time) {
  if (!take_digits(text, 2, time.hour) || !take(text, ':') || !take_digits(text, 2, time.minute))
    return false;
  if (!take(text, ':')) return true;
  if (!take_digits(text, 2, time.second)) return false;
  return !take(text, '.') || take_fraction(text, time.micros);
}

}  // namespace

CivilTime to_civil(std::int64_t micros) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) rest += kMicrosPerDay, --days;
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(shifted - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  CivilTime time;
  time.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  time.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  time.year = static_cast<int>(year_of_era + era * 400) + (time.month <= 2 ? 1 : 0);
  const std::int64_t seconds = rest / kMicrosPerSecond;
  time.hour = static_cast<unsigned>(seconds / 3'600);
  time.minute = static_cast<unsigned>(seconds / 60 % 60);
  time.second = static_cast<unsigned>(seconds % 60);
  time.micros = static_cast<unsigned>(rest % kMicrosPerSecond);
  return time;
}

bool parse_zone(std::string_view text, std::int64_t& zone_s) {
  if (text == "Z" || text == "z" || text == "UTC") {
    zone_s = 0;
    return true;
  }
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const std::int64_t sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  unsigned hours = 0;
  unsigned minutes = 0;
  if (!take_digits(text, 2, hours)) return false;
  if (!text.empty()) {
    take(text, ':');
    if (!take_digits(text, 2, minutes)) return false;
  }
  if (!text.empty() || hours > 23 || minutes > 59) return false;
  zone_s = sign * (static_cast<std::int64_t>(hours) * 3'600 + minutes * 60);
  return true;
}

bool parse_time(std::string_view text, std::int64_t& micros, std::int64_t zone_s) {
  CivilTime time;
  unsigned year = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, time.month) ||
      !take(text, '-') || !take_digits(text, 2, time.day))
    return false;
  time.year = static_cast<int>(year);
  if (!text.empty()) {
    if (!take(text, 'T') && !take(text, ' ') && !take(text, 't')) return false;
    if (!take_clock(text, time)) return false;
  }
  if (!text.empty() && !parse_zone(text, zone_s)) return false;
  if (!is_valid(time)) return false;
  micros = to_micros(time) - zone_s * kMicrosPerSecond;
  return true;
}

bool parse_duration(std::string_view text, std::int64_t& micros) {
  std::int64_t count = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    if (digits == 18) return false;
    count = count * 10 + (text[digits] - '0');
  }
  if (digits == 0) return false;
  const std::string_view unit = text.substr(digits);
  struct Unit {
    std::string_view name;
    std::int64_t micros;
  };
  static constexpr Unit kUnits[] = {{"us", 1},
                                    {"ms", 1'000},
                                    {"s", kMicrosPerSecond},
                                    {"m", 60 * kMicrosPerSecond},
                                    {"h", 3'600 * kMicrosPerSecond},
                                    {"d", kMicrosPerDay},
                                    {"w", 7 * kMicrosPerDay}};
  for (const Unit& known : kUnits) {
    if (unit != known.name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / known.micros) return false;
    micros = count * known.micros;
    return true;
  }
  return false;
}

std::string format_time(std::int64_t micros) {
  const CivilTime time = to_civil(micros);
  char text[64];
  int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02u:%02u:%02u", time.year,
                           time.month, time.day, time.hour, time.minute, time.second);
  if (time.micros != 0)
    size += std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), ".%06u",
                          time.micros);
  return std::string(text, static_cast<std::size_t>(size)) + 'Z';
}

}  // namespace weir
