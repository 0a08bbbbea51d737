// Profile: the 128 bytes kept of a party, and how an event changes them.
//
//   const EventTime now(event.time_us);
//   const Aged aged = age_profile(profile, now);   // decayed to max(now, last)
//   ...                                            // read the values "before"
//   add_out(profile, aged, amount);                // counts and sums as debtor
//   ...                                            // read the values "after"
//
// The first line is sixteen decayed f32, aged by one vector multiply; lanes are in the order of the
// fields.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "profile/decay.hpp"

namespace weir::profile {

struct alignas(128) Profile {
  float c_out[5];  // counts as debtor: 1m 1h 1d 7d 30d
  float c_in[4];   // counts as creditor: 1h 1d 7d 30d
  float s_out[3];  // sums as debtor, major units: 1h 1d 30d
  float s_in[3];
  float f_in;  // fraud labels as creditor, 7d
  std::int64_t last_us;
  std::uint32_t
      age_out_ms;  // since it paid, as of last_us; saturates, and 2^32 - 1 also means never
  std::uint32_t age_in_ms;  // since it received
  float amount_mean;        // of log2(1 + amount) as debtor
  float amount_variance;
  std::uint32_t out_now;  // linear counters of payees and payers: this day and the day before
  std::uint32_t out_before;
  std::uint32_t in_now;
  std::uint32_t in_before;
  std::uint8_t hours[12];  // 24 four-bit counters; even hours in the low half
  std::uint16_t n_out;     // saturating
  std::uint16_t n_in;
  std::uint16_t first_day;  // days since 1970 UTC, saturating in 2149
  std::uint16_t seen;       // 1: touched at least once
  float f_out;              // fraud labels as debtor, 30d
};
static_assert(sizeof(Profile) == 128 && offsetof(Profile, f_in) == 60);
static_assert(offsetof(Profile, last_us) == 64 && offsetof(Profile, hours) == 104);
static_assert(offsetof(Profile, n_out) == 116 && offsetof(Profile, f_out) == 124);

inline constexpr std::uint32_t kNever = UINT32_MAX;

// An instant with the ticks of all windows; the day is a whole number of one-day ticks.
struct EventTime {
  EventTime() = default;
  explicit EventTime(std::int64_t time_us) : us(static_cast<std::uint64_t>(time_us)) {
    ms = us / 1000;
    // Written out: with the divisor a constant each is one multiplication, in a loop a division.
    ticks[kOneMinute] = us / kGrainUs[kOneMinute];
    ticks[kOneHour] = us / kGrainUs[kOneHour];
    ticks[kOneDay] = us / kGrainUs[kOneDay];
    ticks[kSevenDays] = us / kGrainUs[kSevenDays];
    ticks[kThirtyDays] = us / kGrainUs[kThirtyDays];
  }
  std::uint64_t day() const { return ticks[kOneDay] >> 8; }
  std::uint64_t us;
  std::uint64_t ms;
  std::uint64_t ticks[kWindows];
};
static_assert(kGrainUs[kOneDay] * 256 == std::uint64_t{86'400} * 1'000'000);

// What ageing found out; `weight` is what one event adds to each window: 1, less if it is late.
struct Aged {
  bool late = false;
  std::uint64_t late_us = 0;
  std::uint64_t late_ms = 0;
  std::uint64_t day = 0;  // of the later of event and profile
  float weight[kWindows] = {1, 1, 1, 1, 1};
};

namespace record_internal {

using Quad = float __attribute__((vector_size(16)));
using Mask = std::int32_t __attribute__((vector_size(16)));

inline Quad load_quad(const float* from) {
  Quad q;
  std::memcpy(&q, from, sizeof(q));
  return q;
}
inline void store_quad(float* to, Quad q) {
  std::memcpy(to, &q, sizeof(q));
}

// Spreads one value a window over the sixteen lanes of a profile.
struct Spread {
  explicit Spread(const float (&w)[kWindows]) {
    const Quad low = {w[0], w[1], w[2], w[3]};
    const Quad high = {w[1], w[2], w[3], w[4]};
    lanes[0] = low;
    lanes[1] = __builtin_shufflevector(high, high, 3, 0, 1, 2);
    lanes[2] = __builtin_shufflevector(high, high, 3, 0, 1, 3);
    lanes[3] = __builtin_shufflevector(high, high, 0, 1, 3, 2);
  }
  Quad lanes[4];
};

inline void decay_lanes(float* values, const float (&factors)[kWindows]) {
  const Spread factor(factors);
#pragma GCC unroll 4
  for (unsigned i = 0; i < 4; ++i) {
    const Quad v = load_quad(values + 4 * i) * factor.lanes[i];
    const Mask kept = v >= Quad{kVanish, kVanish, kVanish, kVanish};
    Mask bits;
    std::memcpy(&bits, &v, sizeof(bits));
    bits &= kept;
    std::memcpy(values + 4 * i, &bits, sizeof(bits));
  }
}

inline std::uint32_t grown(std::uint32_t age_ms, std::uint64_t by_ms) {
  const std::uint64_t sum = age_ms + by_ms;
  return sum > kNever ? kNever : static_cast<std::uint32_t>(sum);
}

inline void roll_counters(Profile& p, std::uint64_t days) {
  if (days == 0) return;
  p.out_before = days == 1 ? p.out_now : 0;
  p.in_before = days == 1 ? p.in_now : 0;
  p.out_now = 0;
  p.in_now = 0;
}

}  // namespace record_internal

// Brings a profile up to the later of its last event and `now`. A profile never seen starts here.
inline Aged age_profile(Profile& p, const EventTime& now) {
  Aged aged;
  if (p.seen == 0) [[unlikely]] {
    p.seen = 1;
    p.last_us = static_cast<std::int64_t>(now.us);
    p.age_out_ms = kNever;
    p.age_in_ms = kNever;
    p.first_day = static_cast<std::uint16_t>(std::min<std::uint64_t>(now.day(), 65'535));
  }
  const EventTime last(p.last_us);
  if (now.us < last.us) [[unlikely]] {
    aged.late = true;
    aged.late_us = last.us - now.us;
    aged.late_ms = last.ms - now.ms;
    aged.day = last.day();
    for (unsigned w = 0; w < kWindows; ++w) {
      aged.weight[w] = decay_factor(last.ticks[w] - now.ticks[w]);
    }
    // No time passes, but what a late event left below the vanishing point goes as it always would.
    record_internal::decay_lanes(p.c_out, {1, 1, 1, 1, 1});
    p.f_out = decayed(p.f_out, 1.0F);
    return aged;
  }
  aged.day = now.day();
  float factors[kWindows];
#pragma GCC unroll 5
  for (unsigned w = 0; w < kWindows; ++w) factors[w] = decay_factor(now.ticks[w] - last.ticks[w]);
  record_internal::decay_lanes(p.c_out, factors);
  p.f_out = decayed(p.f_out, factors[kThirtyDays]);
  record_internal::roll_counters(p, now.day() - last.day());
  p.age_out_ms = record_internal::grown(p.age_out_ms, now.ms - last.ms);
  p.age_in_ms = record_internal::grown(p.age_in_ms, now.ms - last.ms);
  p.last_us = static_cast<std::int64_t>(now.us);
  return aged;
}

namespace record_internal {

// Adds `add` to a quad of lanes, weighted window by window for a late event. Whole quads are loaded
// and stored, as ageing did just before: a load across two pending stores would wait for both.
inline void add_quad(float* values, Quad add, const Aged& aged, unsigned quad) {
  if (aged.late) [[unlikely]]
    add *= Spread(aged.weight).lanes[quad];
  store_quad(values + 4 * quad, load_quad(values + 4 * quad) + add);
}

}  // namespace record_internal

// Adds an event to the counts and sums of the debtor side.
inline void add_out(Profile& p, const Aged& aged, float amount) {
  using record_internal::Quad;
  record_internal::add_quad(p.c_out, Quad{1, 1, 1, 1}, aged, 0);
  record_internal::add_quad(p.c_out, Quad{1, 0, 0, 0}, aged, 1);
  record_internal::add_quad(p.c_out, Quad{0, amount, amount, amount}, aged, 2);
}

// The same for the creditor side.
inline void add_in(Profile& p, const Aged& aged, float amount) {
  using record_internal::Quad;
  record_internal::add_quad(p.c_out, Quad{0, 1, 1, 1}, aged, 1);
  record_internal::add_quad(p.c_out, Quad{1, 0, 0, 0}, aged, 2);
  record_internal::add_quad(p.c_out, Quad{amount, amount, amount, 0}, aged, 3);
}

// Moves the amount baseline towards `amount_log`; from the fifth event on a step is at most four
// standard deviations, so that one huge event cannot poison it.
inline void train_amount(Profile& p, float amount_log) {
  const float rate = std::max(1.0F / static_cast<float>(p.n_out + 1), 1.0F / 64.0F);
  float error = amount_log - p.amount_mean;
  if (p.n_out >= 5) {
    const float bound = 4.0F * std::max(std::sqrt(p.amount_variance), 0.25F);
    error = std::min(std::max(error, -bound), bound);
  }
  p.amount_mean += rate * error;
  p.amount_variance = (1.0F - rate) * (p.amount_variance + rate * error * error);
  if (p.n_out != UINT16_MAX) ++p.n_out;
}

inline unsigned hour_count(const Profile& p, unsigned hour) {
  return p.hours[hour / 2] >> (hour % 2 * 4) & 15U;
}

inline unsigned hour_total(const Profile& p) {
  constexpr std::uint64_t kLow = 0x0F0F0F0F0F0F0F0FULL;
  std::uint64_t a;
  std::uint32_t b;
  std::memcpy(&a, p.hours, 8);
  std::memcpy(&b, p.hours + 8, 4);
  const std::uint64_t sums = (a & kLow) + (a >> 4 & kLow);
  const std::uint64_t rest = (b & kLow) + (b >> 4 & kLow);
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  return static_cast<unsigned>((sums * kOnes >> 56) + (rest * kOnes >> 56));
}

// Counts an event in its hour; a full counter halves all of them first.
inline void train_hour(Profile& p, unsigned hour) {
  if (hour_count(p, hour) == 15) {
    std::uint64_t a;
    std::uint32_t b;
    std::memcpy(&a, p.hours, 8);
    std::memcpy(&b, p.hours + 8, 4);
    a = a >> 1 & 0x7777777777777777ULL;
    b = b >> 1 & 0x77777777U;
    std::memcpy(p.hours, &a, 8);
    std::memcpy(p.hours + 8, &b, 4);
  }
  p.hours[hour / 2] = static_cast<std::uint8_t>(p.hours[hour / 2] + (hour % 2 == 0 ? 1U : 16U));
}

inline float distinct_of(std::uint32_t now, std::uint32_t before) {
  return distinct_estimate(static_cast<unsigned>(std::popcount(~(now | before))));
}

}  // namespace weir::profile
