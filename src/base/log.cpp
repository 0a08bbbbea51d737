#include "base/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.hpp"
#include "base/json.hpp"

namespace weir {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kKindsMax = 4096;  // beyond, kinds share one budget: the map stays bounded

void append_padded(std::string& out, std::int64_t value, int width) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  for (auto n = end - digits.data(); n < width; ++n) out += '0';
  out.append(digits.data(), end);
}

// Appends "2026-11-21T04:00:00.123456Z"; civil date from days by Hinnant's algorithm.
void append_time(std::string& out, std::int64_t wall_us) {
  constexpr std::int64_t kDayUs = 86'400'000'000;
  std::int64_t days = wall_us / kDayUs;
  std::int64_t rest = wall_us % kDayUs;
  if (rest < 0) {
    rest += kDayUs;
    --days;
  }
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  append_padded(out, year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
  out += '-';
  append_padded(out, month, 2);
  out += '-';
  append_padded(out, day, 2);
  out += 'T';
  append_padded(out, rest / 3'600'000'000, 2);
  out += ':';
  append_padded(out, rest / 60'000'000 % 60, 2);
  out += ':';
  append_padded(out, rest / 1'000'000 % 60, 2);
  out += '.';
  append_padded(out, rest % 1'000'000, 6);
  out += 'Z';
}

void append_value(JsonWriter& json, const LogField& field,
                  const std::vector<std::string>& redacted) {
  if (std::find(redacted.begin(), redacted.end(), field.name()) != redacted.end()) {
    json.string("redacted");
    return;
  }
  switch (field.kind()) {
    case LogField::Kind::kText:
      json.string(field.text());
      return;
    case LogField::Kind::kBool:
      json.boolean(field.boolean());
      return;
    case LogField::Kind::kI64:
      json.i64(field.i64());
      return;
    case LogField::Kind::kU64:
      json.u64(field.u64());
      return;
    case LogField::Kind::kF64:
      json.f64(field.f64());
      return;
  }
}

struct Line {
  LogLevel level;
  std::string_view component;
  std::string_view code;
  std::string_view message;
  LogFields fields;
  std::uint64_t suppressed;
  std::int64_t wall_us;
  std::shared_ptr<const std::vector<std::string>> redacted;
};

std::string format_json(const Line& line) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ts");
  std::string time;
  append_time(time, line.wall_us);
  json.string(time).key("level").string(log_level_name(line.level)).key("msg").string(line.message);
  json.key("component").string(line.component).key("code").string(line.code);
  for (const LogField& field : line.fields) {
    json.key(field.name());
    append_value(json, field, *line.redacted);
  }
  if (line.suppressed != 0) json.key("suppressed").u64(line.suppressed);
  json.end_object();
  text += '\n';
  return text;
}

// Text lines escape as JSON does, so that a message from outside cannot forge a line or move the
// cursor.
std::string format_text(const Line& line) {
  std::string text;
  append_time(text, line.wall_us);
  text += ' ';
  text += log_level_name(line.level);
  text += ' ';
  text += line.component;
  text += '.';
  text += line.code;
  text += ' ';
  std::string message;
  append_json_string(message, line.message);
  text += std::string_view(message).substr(1, message.size() - 2);
  for (const LogField& field : line.fields) {
    text += ' ';
    text += field.name();
    text += '=';
    std::string value;
    JsonWriter json(value);
    append_value(json, field, *line.redacted);
    text += value;
  }
  if (line.suppressed != 0) text += " suppressed=" + std::to_string(line.suppressed);
  text += '\n';
  return text;
}

}  // namespace

struct Log::Impl {
  explicit Impl(const LogOptions& given)
      : options(given), clock(given.clock != nullptr ? *given.clock : system_clock()) {}

  // At most kind_per_second_max lines a kind and second; the next line after a pause tells how many
  // were held back. Returns false if this one is held back.
  bool admit(std::string_view component, std::string_view code, std::uint64_t& suppressed) {
    std::string key;
    key.reserve(component.size() + code.size() + 1);
    key.append(component).append(1, '.').append(code);
    auto found = kinds.find(key);
    if (found == kinds.end()) {
      found = kinds.try_emplace(kinds.size() < kKindsMax ? std::move(key) : std::string()).first;
    }
    Kind& kind = found->second;
    const std::int64_t now_ns = clock.mono_ns();
    if (!kind.started || now_ns - kind.second_started_ns >= kSecondNs) {
      kind.started = true;
      kind.second_started_ns = now_ns;
      kind.written = 0;
    }
    if (kind.written >= options.kind_per_second_max) {
      ++kind.suppressed;
      return false;
    }
    ++kind.written;
    suppressed = std::exchange(kind.suppressed, 0);
    return true;
  }

  void write_all(const std::string& text) const {
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t n = ::write(options.fd, text.data() + done, text.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;  // stderr is gone; there is nowhere left to say so
      done += static_cast<std::size_t>(n);
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stop || !queue.empty(); });
      if (queue.empty()) return;
      std::deque<std::string> taken;
      taken.swap(queue);
      lock.unlock();
      std::string text;
      for (const std::string& line : taken) text += line;
      write_all(text);
      lock.lock();
      written_lines += taken.size();
      written.notify_all();
    }
  }

  struct Kind {
    std::int64_t second_started_ns = 0;
    std::uint32_t written = 0;
    std::uint64_t suppressed = 0;
    bool started = false;
  };

  const LogOptions options;
  Clock& clock;
  std::mutex mutex;
  std::shared_ptr<const std::vector<std::string>> redacted =
      std::make_shared<const std::vector<std::string>>();
  std::condition_variable wake;
  std::condition_variable written;
  std::deque<std::string> queue;
  std::map<std::string, Kind, std::less<>> kinds;
  std::uint64_t queued_lines = 0;
  std::uint64_t written_lines = 0;
  std::uint64_t dropped_lines = 0;
  bool stop = false;
  std::thread thread;
};

Log::Log(const LogOptions& options)
    : level_(options.level), format_(options.format), impl_(new Impl(options)) {
  impl_->thread = std::thread([impl = impl_] { impl->run(); });
}

Log::~Log() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
  delete impl_;
}

void Log::write(LogLevel level, std::string_view component, std::string_view code,
                std::string_view message, LogFields fields) {
  if (!enabled(level)) return;
  Line line{level, component, code, message, fields, 0, 0, nullptr};
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->queue.size() >= impl_->options.queue_lines_max) {
      ++impl_->dropped_lines;
      return;
    }
    if (!impl_->admit(component, code, line.suppressed)) return;
    line.redacted = impl_->redacted;
  }
  line.wall_us = impl_->clock.wall_us();
  std::string text = format_.load(std::memory_order_relaxed) == LogFormat::kJson
                         ? format_json(line)
                         : format_text(line);
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->queue.push_back(std::move(text));
    ++impl_->queued_lines;
  }
  impl_->wake.notify_one();
}

void Log::set_redacted(std::vector<std::string> names) {
  auto redacted = std::make_shared<const std::vector<std::string>>(std::move(names));
  const std::lock_guard lock(impl_->mutex);
  impl_->redacted.swap(redacted);
}

void Log::flush() {
  std::unique_lock lock(impl_->mutex);
  const std::uint64_t target = impl_->queued_lines;
  impl_->written.wait(lock, [&] { return impl_->written_lines >= target; });
}

std::uint64_t Log::dropped() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->dropped_lines;
}

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

Result<LogLevel> parse_log_level(std::string_view name) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (log_level_name(level) == name) return level;
  }
  return fail(invalid_argument("log_level_unknown", "no log level \"" + std::string(name) + "\"")
                  .hint("use debug, info, warning or error"));
}

Result<LogFormat> parse_log_format(std::string_view name) {
  if (name == "json") return LogFormat::kJson;
  if (name == "text") return LogFormat::kText;
  return fail(invalid_argument("log_format_unknown", "no log format \"" + std::string(name) + "\"")
                  .hint("use json or text"));
}

Log& log() {
  static Log* const process_log =
      new Log(LogOptions{});  // never destroyed: usable until the very end
  return *process_log;
}

void set_log_level(LogLevel level) {
  log().set_level(level);
}
void set_log_format(LogFormat format) {
  log().set_format(format);
}
void set_log_redacted(std::vector<std::string> names) {
  log().set_redacted(std::move(names));
}

void log_debug(std::string_view component, std::string_view code, std::string_view message,
               LogFields fields) {
  log().write(LogLevel::kDebug, component, code, message, fields);
}
void log_info(std::string_view component, std::string_view code, std::string_view message,
              LogFields fields) {
  log().write(LogLevel::kInfo, component, code, message, fields);
}
void log_warning(std::string_view component, std::string_view code, std::string_view message,
                 LogFields fields) {
  log().write(LogLevel::kWarning, component, code, message, fields);
}
void log_error(std::string_view component, std::string_view code, std::string_view message,
               LogFields fields) {
  log().write(LogLevel::kError, component, code, message, fields);
}

namespace {
void log_status(LogLevel level, std::string_view component, const Status& status) {
  const Status::Error& error = status.error();
  log().write(level, component, error.reason, error.message,
              {{"status", code_name(error.code)},
               {"field", error.field},
               {"line", error.line},
               {"hint", error.hint}});
}
}  // namespace

void log_warning(std::string_view component, const Status& status) {
  log_status(LogLevel::kWarning, component, status);
}
void log_error(std::string_view component, const Status& status) {
  log_status(LogLevel::kError, component, status);
}

}  // namespace weir
