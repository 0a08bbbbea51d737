// measure_cpu: short loops that do nothing but read, or nothing but multiply and add.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "device/calibration.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "device/calibration_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::device::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Returns a sum of all words, so that none may be left unread.
std::uint64_t read_all(const std::uint64_t* words, std::size_t count) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d);
  auto a = hn::Zero(d);
  auto b = hn::Zero(d);
  auto c = hn::Zero(d);
  auto e = hn::Zero(d);
  for (std::size_t i = 0; i + 4 * lanes <= count; i += 4 * lanes) {
    a = hn::Add(a, hn::LoadU(d, words + i));
    b = hn::Add(b, hn::LoadU(d, words + i + lanes));
    c = hn::Add(c, hn::LoadU(d, words + i + 2 * lanes));
    e = hn::Add(e, hn::LoadU(d, words + i + 3 * lanes));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
}

// Eight chains are enough for two units of four or five cycles each.
template <class T>
double multiply_add(std::size_t rounds, double* sink) {
  const hn::ScalableTag<T> d;
  const auto factor = hn::Set(d, static_cast<T>(0.999));
  const auto add = hn::Set(d, static_cast<T>(0.5));
  auto v0 = hn::Iota(d, 1), v1 = hn::Iota(d, 2), v2 = hn::Iota(d, 3), v3 = hn::Iota(d, 4);
  auto v4 = hn::Iota(d, 5), v5 = hn::Iota(d, 6), v6 = hn::Iota(d, 7), v7 = hn::Iota(d, 8);
  for (std::size_t i = 0; i < rounds; ++i) {
    v0 = hn::MulAdd(v0, factor, add);
    v1 = hn::MulAdd(v1, factor, add);
    v2 = hn::MulAdd(v2, factor, add);
    v3 = hn::MulAdd(v3, factor, add);
    v4 = hn::MulAdd(v4, factor, add);
    v5 = hn::MulAdd(v5, factor, add);
    v6 = hn::MulAdd(v6, factor, add);
    v7 = hn::MulAdd(v7, factor, add);
  }
  const auto low = hn::Add(hn::Add(v0, v1), hn::Add(v2, v3));
  const auto high = hn::Add(hn::Add(v4, v5), hn::Add(v6, v7));
  *sink = static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(low, high))));
  return 2.0 * 8.0 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
}

double multiply_add_f64(std::size_t rounds, double* sink) {
  return multiply_add<double>(rounds, sink);
}
double multiply_add_f32(std::size_t rounds, double* sink) {
  return multiply_add<float>(rounds, sink);
}

}  // namespace weir::device::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::device {
namespace {

HWY_EXPORT(read_all);
HWY_EXPORT(multiply_add_f64);
HWY_EXPORT(multiply_add_f32);

using Now = std::chrono::steady_clock;

double seconds_since(Now::time_point began) {
  return std::chrono::duration<double>(Now::now() - began).count();
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Words = std::unique_ptr<std::uint64_t, Free>;

// Returns memory that has pages of its own.
Words make_buffer(std::uint64_t bytes) {
  Words words(static_cast<std::uint64_t*>(std::aligned_alloc(4096, bytes)));
  if (words != nullptr) std::memset(words.get(), 1, bytes);
  return words;
}

// Reads a buffer over and over for about so long; returns the best rate of a pass, as others may
// have had the memory in the meantime.
double read_rate(const std::uint64_t* words, std::uint64_t bytes, double seconds,
                 std::atomic<std::uint64_t>& sink) {
  double best = 0;
  const auto began = Now::now();
  do {
    const auto pass = Now::now();
    sink.fetch_add(HWY_DYNAMIC_DISPATCH(read_all)(words, bytes / sizeof(std::uint64_t)),
                   std::memory_order_relaxed);
    best = std::max(best, static_cast<double>(bytes) / seconds_since(pass));
  } while (seconds_since(began) < seconds);
  return best;
}

// All cores at once; the sum of their rates.
Result<double> read_rate_all(unsigned cores, std::uint64_t bytes, double seconds,
                             std::atomic<std::uint64_t>& sink) {
  std::vector<Words> buffers;
  for (unsigned i = 0; i < cores; ++i) {
    buffers.push_back(make_buffer(bytes));
    if (buffers.back() == nullptr) {
      return fail(resource_exhausted("calibration", "no memory for " + std::to_string(cores) +
                                                        " buffers of " + std::to_string(bytes)));
    }
  }
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> passes{0};
  std::vector<std::thread> threads;
  const auto began = Now::now();
  for (unsigned i = 0; i < cores; ++i) {
    threads.emplace_back([&, i] {
      while (!stop.load(std::memory_order_relaxed)) {
        sink.fetch_add(
            HWY_DYNAMIC_DISPATCH(read_all)(buffers[i].get(), bytes / sizeof(std::uint64_t)),
            std::memory_order_relaxed);
        passes.fetch_add(1, std::memory_order_relaxed);
        if (seconds_since(began) >= seconds) stop = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(passes.load()) * static_cast<double>(bytes) / seconds_since(began);
}

double compute_rate(double (*run)(std::size_t, double*), double seconds) {
  constexpr std::size_t kRounds = 100'000;
  double best = 0;
  double sink = 0;
  const auto began = Now::now();
  do {
    const auto pass = Now::now();
    const double operations = run(kRounds, &sink);
    best = std::max(best, operations / seconds_since(pass));
  } while (seconds_since(began) < seconds);
  return sink == 0 ? 0 : best;  // the sink is never 0: the work cannot be left out
}

// The median time to hand a task to a waiting thread and to have its answer.
double hand_over_seconds(double seconds) {
  std::mutex mutex;
  std::condition_variable changed;
  int turn = 0;  // 0: nobody's, 1: the other's, 2: the end
  std::thread other([&] {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return turn != 0; });
      if (turn == 2) return;
      turn = 0;
      changed.notify_all();
    }
  });
  std::vector<double> times;
  const auto began = Now::now();
  do {
    const auto pass = Now::now();
    std::unique_lock lock(mutex);
    turn = 1;
    changed.notify_all();
    changed.wait(lock, [&] { return turn == 0; });
    times.push_back(seconds_since(pass));
  } while (seconds_since(began) < seconds);
  {
    const std::lock_guard lock(mutex);
    turn = 2;
  }
  changed.notify_all();
  other.join();
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

// The units of narrow products are not measured: they grow with the f32 unit, in the proportion of
// the built-in rates. Left at those, they would lie below f32.
void scale_narrow_rates(Rates& measured) {
  const Rates built_in;
  constexpr auto kF32 = static_cast<std::size_t>(Unit::kF32);
  const double grown = measured.cpu_ops_per_s[kF32] / built_in.cpu_ops_per_s[kF32];
  for (const Unit unit : {Unit::kBf16, Unit::kInt8}) {
    const auto at = static_cast<std::size_t>(unit);
    measured.cpu_ops_per_s[at] = built_in.cpu_ops_per_s[at] * grown;
  }
}

}  // namespace

Status measure_cpu(Rates& rates, const MeasureOptions& options) {
  constexpr std::uint64_t kBytesMin = std::uint64_t{1} << 20;
  const std::uint64_t bytes = std::max(options.buffer_bytes, kBytesMin) / 4096 * 4096;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const double part = options.seconds_max / 8;
  std::atomic<std::uint64_t> sink{0};
  Rates measured = rates;
  {
    const Words buffer = make_buffer(bytes);
    if (buffer == nullptr) {
      return resource_exhausted("calibration", "no memory for " + std::to_string(bytes) + " bytes");
    }
    measured.cpu_bytes_per_s = read_rate(buffer.get(), bytes, 2 * part, sink);
  }
  // Together as much as one core read: that is beyond the caches too.
  WEIR_ASSIGN(
      measured.cpu_bytes_per_s_all,
      read_rate_all(cores, std::max(bytes / cores / 4096 * 4096, kBytesMin), 2 * part, sink));
  measured.cpu_ops_per_s[static_cast<std::size_t>(Unit::kF64)] = compute_rate(
      [](std::size_t n, double* to) { return HWY_DYNAMIC_DISPATCH(multiply_add_f64)(n, to); },
      part);
  measured.cpu_ops_per_s[static_cast<std::size_t>(Unit::kF32)] = compute_rate(
      [](std::size_t n, double* to) { return HWY_DYNAMIC_DISPATCH(multiply_add_f32)(n, to); },
      part);
  scale_narrow_rates(measured);
  measured.cpu_overhead_s = hand_over_seconds(part / 4);
  rates = measured;
  return Status::ok();
}

}  // namespace weir::device
#endif
