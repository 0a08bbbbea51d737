// RateLimit: token buckets by name (a key, an address), refilled evenly.
//
//   RateLimit limit({.per_minute = 1000, .burst = 100});
//   if (const std::int64_t wait_ms = limit.take("key:1a2b3c4d", clock.mono_ns())) refuse(wait_ms);
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::server {

struct RateLimitOptions {
  double per_minute = 1000;
  double burst = 100;               // tokens a full bucket holds
  std::size_t names_max = 100'000;  // full buckets are forgotten beyond this
};

// Thread-safe.
class RateLimit {
 public:
  explicit RateLimit(const RateLimitOptions& options) : options_(options) {}
  // Takes one token; returns 0, or the milliseconds until one is there.
  std::int64_t take(std::string_view name, std::int64_t now_ns);

 private:
  struct Bucket {
    double tokens;
    std::int64_t at_ns;
  };
  double refilled(const Bucket& bucket, std::int64_t now_ns) const;

  const RateLimitOptions options_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

// Locks a name out after repeated failures. Thread-safe.
class Lockout {
 public:
  Lockout(unsigned failures_max, std::int64_t lock_ms)
      : failures_max_(failures_max), lock_ns_(lock_ms * 1'000'000) {}
  // Returns 0, or the milliseconds the name is still locked out.
  std::int64_t locked_ms(std::string_view name, std::int64_t now_ns);
  void failed(std::string_view name, std::int64_t now_ns);
  void succeeded(std::string_view name);

 private:
  struct Entry {
    unsigned failures;
    std::int64_t until_ns;
  };
  const unsigned failures_max_;
  const std::int64_t lock_ns_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace weir::server
