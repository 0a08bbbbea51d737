#include "server/auth/rate_limit.hpp"

#include <algorithm>

namespace weir::server {
namespace {
constexpr double kNsPerMinute = 60e9;

// Rounds up, and never to 0: that would say "now".
std::int64_t whole_ms(std::int64_t ns) {
  return std::max<std::int64_t>((ns + 999'999) / 1'000'000, 1);
}

}  // namespace

double RateLimit::refilled(const Bucket& bucket, std::int64_t now_ns) const {
  const double gained =
      static_cast<double>(now_ns - bucket.at_ns) * options_.per_minute / kNsPerMinute;
  return std::min(options_.burst, bucket.tokens + std::max(gained, 0.0));
}

std::int64_t RateLimit::take(std::string_view name, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= options_.names_max)
    std::erase_if(buckets_, [&](const auto& entry) {
      return refilled(entry.second, now_ns) >= options_.burst;
    });
  auto& bucket =
      buckets_.try_emplace(std::string(name), Bucket{options_.burst, now_ns}).first->second;
  bucket = {refilled(bucket, now_ns), now_ns};
  if (bucket.tokens >= 1.0) {
    bucket.tokens -= 1.0;
    return 0;
  }
  const double wait_ns = (1.0 - bucket.tokens) * kNsPerMinute / options_.per_minute;
  return whole_ms(static_cast<std::int64_t>(wait_ns));
}

std::int64_t Lockout::locked_ms(std::string_view name, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(std::string(name));
  if (found == entries_.end() || found->second.until_ns <= now_ns) return 0;
  return whole_ms(found->second.until_ns - now_ns);
}

void Lockout::failed(std::string_view name, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= 100'000)
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.until_ns <= now_ns; });
  Entry& entry = entries_.try_emplace(std::string(name), Entry{0, 0}).first->second;
  if (++entry.failures < failures_max_) return;
  entry.failures = 0;
  entry.until_ns = now_ns + lock_ns_;
}

void Lockout::succeeded(std::string_view name) {
  const std::lock_guard lock(mutex_);
  entries_.erase(std::string(name));
}

}  // namespace weir::server
