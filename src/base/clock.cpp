#include "base/clock.hpp"

#include <ctime>

namespace weir {
namespace {

std::int64_t read(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

class SystemClock final : public Clock {
 public:
  std::int64_t wall_us() const override { return read(CLOCK_REALTIME) / 1000; }
  std::int64_t mono_ns() const override { return read(CLOCK_MONOTONIC); }
};

}  // namespace

std::int64_t thread_cpu_ns() {
  return read(CLOCK_THREAD_CPUTIME_ID);
}

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace weir
