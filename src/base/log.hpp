// Structured log: one JSON object a line on stderr (or text for people), written by a thread of its
// own. A caller never waits: the queue is bounded and what does not fit is dropped and counted; one
// kind of message is written at most ten times a second, with a count of what was held back.
//
//   log_info("gate", "started", "listening", {{"listen", "127.0.0.1:8740"}, {"threads", 2}});
//   log_warning("storage", status);
//
// A kind is a (component, code) pair: codes are stable snake_case words. Never log per event.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/status.hpp"

namespace weir {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kJson, kText };

std::string_view log_level_name(LogLevel level);
Result<LogLevel> parse_log_level(std::string_view name);
Result<LogFormat> parse_log_format(std::string_view name);

// One named value of a line; it borrows the texts until the call returns.
class LogField {
 public:
  LogField(std::string_view name, std::string_view value)
      : name_(name), kind_(Kind::kText), text_(value) {}
  LogField(std::string_view name, const char* value) : LogField(name, std::string_view(value)) {}
  LogField(std::string_view name, const std::string& value)
      : LogField(name, std::string_view(value)) {}
  LogField(std::string_view name, bool value) : name_(name), kind_(Kind::kBool), bool_(value) {}
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  LogField(std::string_view name, T value) : name_(name) {
    if constexpr (std::is_floating_point_v<T>) {
      kind_ = Kind::kF64;
      f64_ = static_cast<double>(value);
    } else if constexpr (std::is_signed_v<T>) {
      kind_ = Kind::kI64;
      i64_ = value;
    } else {
      kind_ = Kind::kU64;
      u64_ = value;
    }
  }

  enum class Kind : std::uint8_t { kText, kBool, kI64, kU64, kF64 };
  std::string_view name() const { return name_; }
  Kind kind() const { return kind_; }
  std::string_view text() const { return text_; }
  bool boolean() const { return bool_; }
  std::int64_t i64() const { return i64_; }
  std::uint64_t u64() const { return u64_; }
  double f64() const { return f64_; }

 private:
  std::string_view name_;
  Kind kind_ = Kind::kText;
  bool bool_ = false;
  std::string_view text_;
  union {
    std::int64_t i64_ = 0;
    std::uint64_t u64_;
    double f64_;
  };
};

using LogFields = std::initializer_list<LogField>;

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kJson;
  int fd = 2;                            // where lines go; not closed
  std::uint32_t queue_lines_max = 1024;  // beyond: dropped and counted
  std::uint32_t kind_per_second_max = 10;
  Clock* clock = nullptr;  // null: the machine's
};

// A log with its queue and its writing thread. Thread-safe. The process has one, log(); tests make
// their own.
class Log {
 public:
  explicit Log(const LogOptions& options);
  ~Log();  // writes what is queued
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  void set_format(LogFormat format) { format_.store(format, std::memory_order_relaxed); }
  // Writes "redacted" for the values of fields with these names from now on.
  void set_redacted(std::vector<std::string> names);
  bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }

  // Formats and queues one line; returns without waiting for the disk or terminal.
  void write(LogLevel level, std::string_view component, std::string_view code,
             std::string_view message, LogFields fields = {});
  // Waits until all that was queued before the call is written.
  void flush();
  // Returns how many lines the full queue refused since the start
  // (weir_log_messages_dropped_total).
  std::uint64_t dropped() const;

 private:
  struct Impl;
  std::atomic<LogLevel> level_;
  std::atomic<LogFormat> format_;
  Impl* impl_;
};

// Returns the process's log: stderr, JSON, level info until set otherwise. Never destroyed, so that
// it can be used at any time; `weir` calls log().flush() before it exits.
Log& log();

void set_log_level(LogLevel level);
void set_log_format(LogFormat format);
void set_log_redacted(std::vector<std::string> names);

void log_debug(std::string_view component, std::string_view code, std::string_view message,
               LogFields fields = {});
void log_info(std::string_view component, std::string_view code, std::string_view message,
              LogFields fields = {});
void log_warning(std::string_view component, std::string_view code, std::string_view message,
                 LogFields fields = {});
void log_error(std::string_view component, std::string_view code, std::string_view message,
               LogFields fields = {});
// Logs a failure under its own reason, with its field, line and hint.
void log_warning(std::string_view component, const Status& status);
void log_error(std::string_view component, const Status& status);

}  // namespace weir
