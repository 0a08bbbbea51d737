// The ways files write an event's time, and how to tell which one a column uses.
//
//   TimeFormatGuess guess;
//   for (value : sample) guess.see(value);
//   WEIR_ASSIGN(const TimeFormat format, guess.decide());
//   TimeReader reader({.format = format});
//   if (!reader.read("06/01/1998-07:55", time_us)) ...
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "base/time_text.hpp"

namespace weir::wire {

enum class TimeFormat : std::uint8_t {
  kAuto,        // decided from the first 1,000 rows
  kIso,         // 2026-11-21T04:00:00Z, 2026-11-21 04:00
  kYearSlash,   // 2026/11/21 04:00
  kDayFirst,    // 21/11/2026, time after a blank, T or -
  kMonthFirst,  // 11/21/2026
  kYymmdd,      // 930101 is 1993
  kEpoch,       // s, ms or us by magnitude
  kEpochS,
  kEpochMs,
  kEpochUs,
  kStep,  // integer steps from a start
};
// Returns "auto", "iso", "YYYY/MM/DD", "DD/MM/YYYY", "MM/DD/YYYY", "YYMMDD", "epoch", "epoch_s",
// "epoch_ms", "epoch_us", "step".
std::string_view time_format_name(TimeFormat format);
bool parse_time_format(std::string_view name, TimeFormat& format);

struct TimeRule {
  TimeFormat format = TimeFormat::kAuto;
  std::int64_t zone_s = 0;  // of times that name no zone
  std::int64_t step_us = 0;
  std::int64_t start_us = 0;
};

// Reads one column's times. Remembers the last date: rows of one day cost one comparison.
class TimeReader {
 public:
  TimeReader() = default;
  explicit TimeReader(const TimeRule& rule) : rule_(rule) {}
  // Returns false if the text is not a time of the rule's format.
  bool read(std::string_view text, std::int64_t& time_us);

 private:
  bool read_iso(std::string_view text, std::int64_t& time_us);
  bool read_slashes(std::string_view text, std::int64_t& time_us);
  bool read_yymmdd(std::string_view text, std::int64_t& time_us) const;
  bool read_integer(std::string_view text, std::int64_t& time_us) const;
  TimeRule rule_;
  char date_[10] = {};
  std::int64_t midnight_us_ = 0;
};

// Collects what the first values of a column could be.
class TimeFormatGuess {
 public:
  void see(std::string_view value);
  // Errors: invalid_argument/date_ambiguous (day or month first?), invalid_argument/date_format
  // (nothing fits nine values in ten). `step_given`: integers are steps.
  Result<TimeFormat> decide(bool step_given) const;

 private:
  std::uint64_t seen_ = 0;
  std::uint64_t iso_ = 0;
  std::uint64_t year_slash_ = 0;
  std::uint64_t day_first_ = 0;
  std::uint64_t month_first_ = 0;
  std::uint64_t yymmdd_ = 0;
  std::uint64_t integer_ = 0;
  std::uint64_t long_integer_ = 0;  // nine digits or more: an epoch
};

}  // namespace weir::wire
