// NaiveProfiles: profiles and features written once more, as plainly as they can be: std::map keyed
// by EntityId, one number after the other, no slots, lanes, columns or batches. Tests and the bench
// compare the fast form with it, bit for bit.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/hash.hpp"
#include "base/numeric/log2.hpp"
#include "profile/decay.hpp"
#include "profile/profiles.hpp"

namespace weir::profile {

struct NaiveProfile {
  bool seen = false;
  std::int64_t last = 0;
  float out_count[5] = {}, in_count[5] = {}, out_sum[5] = {}, in_sum[5] = {};  // by Window
  float fraud_in = 0, fraud_out = 0;
  std::int64_t age_out = -1, age_in = -1;  // ms; -1: never
  float mean = 0, variance = 0;
  int hours[24] = {};
  std::uint32_t out_days[2] = {}, in_days[2] = {};
  int n_out = 0, n_in = 0;
  std::int64_t first_day = 0;
};

struct NaiveEdge {
  std::uint32_t fingerprint = 0, last = 0;
  float up = 0, down = 0;
};

class NaiveProfiles {
 public:
  explicit NaiveProfiles(ProfileOptions options) : options_(std::move(options)) {
    lines_ = 16;
    while (lines_ * 4 < options_.edges) lines_ *= 2;
  }

  struct Answer {
    std::array<float, kFeatures> features{};
    bool late = false;
  };

  Answer apply(const wire::Event& e) {
    for (const std::uint64_t id : {e.debtor, e.creditor}) {
      if (id != 0 && !slots_.contains(id))
        slots_.emplace(id, static_cast<std::uint32_t>(slots_.size()));
    }
    Answer answer;
    std::array<float, kFeatures>& f = answer.features;
    const std::set<std::uint8_t> quiet = {6, 7, 8, 11, 13};
    const bool touch = !quiet.contains(e.type);
    double scale = 1;
    for (int i = 0; i < e.exponent; ++i) scale *= 10;
    const float x = static_cast<float>(static_cast<double>(e.amount) / scale);
    const float lx = numeric::log2f(1.0F + x);
    put(f, Feature::kAmountLog, lx);
    put(f, Feature::kAmountRound, zeros(e.amount));
    put(f, Feature::kNearLimit, near(x));
    const std::int64_t local = e.time_us / 1'000'000 + options_.tz_offset_s;
    const std::int64_t day = local >= 0 ? local / 86'400 : -((-local + 86'399) / 86'400);
    const std::int64_t second = local - day * 86'400;
    put(f, Feature::kHour, static_cast<float>(second) / 3600.0F);
    put(f, Feature::kWeekday, static_cast<float>(((day + 3) % 7 + 7) % 7));
    const int hour = static_cast<int>(second / 3600);
    if (e.debtor != 0) answer.late |= debtor(e, touch, x, lx, hour, f);
    if (e.creditor != 0) answer.late |= creditor(e, touch, x, f);
    if (e.debtor != 0 && e.creditor != 0) edge(e, touch, f);
    return answer;
  }

  void label(const LabelUpdate& u) {
    if (profiles_.contains(u.creditor.word)) {
      NaiveProfile& p = profiles_[u.creditor.word];
      relabel(p, kSevenDays, u, p.fraud_in);
    }
    if (profiles_.contains(u.debtor.word)) {
      NaiveProfile& p = profiles_[u.debtor.word];
      relabel(p, kThirtyDays, u, p.fraud_out);
    }
  }

 private:
  static void put(std::array<float, kFeatures>& f, Feature feature, float value) {
    f[static_cast<std::size_t>(feature)] = value;
  }
  static float log2_plus1(float x) { return numeric::log2f(1.0F + x); }
  static float log_ratio(float a, float b) { return numeric::log2f((a + 1.0F) / (b + 1.0F)); }
  static float clamp(float x) { return std::max(-16.0F, std::min(16.0F, x)); }
  static float factor(unsigned w, std::int64_t from, std::int64_t to) {
    const auto g = static_cast<std::int64_t>(kGrainUs[w]);
    return decay_factor(static_cast<std::uint64_t>(to / g - from / g));
  }
  static float zeros(std::int64_t amount) {
    int n = 0;
    for (; amount != 0 && amount % 10 == 0 && n < 9; amount /= 10) ++n;
    return static_cast<float>(n);
  }
  float near(float x) const {
    float best = 0;
    for (const double limit : options_.near_limits) {
      const float share = x / static_cast<float>(limit);
      if (share >= 0.8F && share < 1.0F) best = std::max(best, share);
    }
    return best;
  }
  static float ms_feature(std::int64_t ms) {
    if (ms < 0 || ms > 4'294'967'295) ms = 4'294'967'295;
    return log2_plus1(static_cast<float>(ms));
  }
  static float distinct(const std::uint32_t (&days)[2]) {
    int zero = 0;
    for (int bit = 0; bit < 32; ++bit) zero += ((days[0] | days[1]) >> bit & 1) == 0 ? 1 : 0;
    return distinct_estimate(static_cast<unsigned>(zero));
  }
  static int bit_of(std::uint64_t id) {
    std::uint8_t bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(id >> (8 * i));
    return static_cast<int>(xxh3_64(bytes) % 32);
  }

  // Ages `p` to max(t, last), which it returns; `weight` becomes what one event adds.
  static std::int64_t age(NaiveProfile& p, std::int64_t t, float (&weight)[5]) {
    if (!p.seen) {
      p.seen = true;
      p.last = t;
      p.first_day = std::min<std::int64_t>(t / 86'400'000'000, 65'535);
    }
    const std::int64_t now = std::max(t, p.last);
    for (unsigned w = 0; w < kWindows; ++w) {
      const float e = factor(w, p.last, now);
      for (float* v : {&p.out_count[w], &p.in_count[w], &p.out_sum[w], &p.in_sum[w]}) {
        *v *= e;
        if (*v < kVanish) *v = 0;
      }
      weight[w] = factor(w, t, now);
    }
    p.fraud_in *= factor(kSevenDays, p.last, now);
    if (p.fraud_in < kVanish) p.fraud_in = 0;
    p.fraud_out *= factor(kThirtyDays, p.last, now);
    if (p.fraud_out < kVanish) p.fraud_out = 0;
    const std::int64_t days = now / 86'400'000'000 - p.last / 86'400'000'000;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(days, 2); ++i) {
      for (auto* counter : {&p.out_days, &p.in_days}) {
        (*counter)[1] = (*counter)[0];
        (*counter)[0] = 0;
      }
    }
    for (std::int64_t* ms : {&p.age_out, &p.age_in}) {
      if (*ms >= 0) *ms += now / 1000 - p.last / 1000;
    }
    p.last = now;
    return now;
  }

  bool debtor(const wire::Event& e, bool touch, float x, float lx, int hour,
              std::array<float, kFeatures>& f) {
    NaiveProfile copy = profiles_[e.debtor];
    NaiveProfile& p = touch ? profiles_[e.debtor] : copy;
    const bool known = p.seen;
    const std::int64_t lateness = known ? std::max<std::int64_t>(0, p.last - e.time_us) : 0;
    float weight[5];
    const std::int64_t now = age(p, e.time_us, weight);
    const float count30 = p.out_count[kThirtyDays];
    const float sum30 = p.out_sum[kThirtyDays];
    if (p.n_out >= 5) {
      put(f, Feature::kAmountZ, clamp((lx - p.mean) / std::max(std::sqrt(p.variance), 0.25F)));
      put(f, Feature::kAmountVsUsual, clamp(log_ratio(x, count30 > 0 ? sum30 / count30 : 0.0F)));
      int total = 0;
      for (const int h : p.hours) total += h;
      const float share =
          (static_cast<float>(p.hours[hour]) + 0.5F) / (static_cast<float>(total) + 12.0F);
      put(f, Feature::kHourSurprise, 0.0F - numeric::log2f(share));
    }
    put(f, Feature::kOutGap, ms_feature(p.age_out));
    put(f, Feature::kDwell, ms_feature(p.age_in));
    put(f, Feature::kDebtorRisk, p.fraud_out / (count30 + 8.0F));
    put(f, Feature::kDebtorAge, log2_plus1(static_cast<float>(now / 86'400'000'000 - p.first_day)));
    if (touch) {
      for (unsigned w = 0; w < kWindows; ++w) {
        p.out_count[w] += weight[w];
        p.out_sum[w] += weight[w] * x;
      }
      if (lateness <= std::int64_t{options_.lateness_max_s} * 1'000'000) train(p, lx, hour);
      if (e.creditor != 0) p.out_days[0] |= 1U << bit_of(e.creditor);
      const std::int64_t since = now / 1000 - e.time_us / 1000;
      if (p.age_out < 0 || since < p.age_out) p.age_out = since;
    }
    put(f, Feature::kOutCount1m, log2_plus1(p.out_count[kOneMinute]));
    put(f, Feature::kOutCount1h, log2_plus1(p.out_count[kOneHour]));
    put(f, Feature::kOutCount1d, log2_plus1(p.out_count[kOneDay]));
    put(f, Feature::kOutBurst, log_ratio(p.out_count[kOneHour], count30 / 720.0F));
    put(f, Feature::kOutWeek,
        log_ratio(p.out_count[kSevenDays], p.out_count[kThirtyDays] * 7.0F / 30.0F));
    put(f, Feature::kOutSum1d, log2_plus1(p.out_sum[kOneDay]));
    put(f, Feature::kOutSumVsUsual, log_ratio(p.out_sum[kOneDay], sum30 / 30.0F));
    put(f, Feature::kFlow1h, flow(p.in_sum[kOneHour], p.out_sum[kOneHour]));
    put(f, Feature::kOutShare1d,
        p.out_sum[kOneDay] / (p.out_sum[kOneDay] + p.in_sum[kOneDay] + 1.0F));
    put(f, Feature::kFanOut, log2_plus1(distinct(p.out_days)));
    return lateness > 0;
  }

  static float flow(float a, float b) { return std::min(a, b) / std::max(std::max(a, b), 1.0F); }

  static void train(NaiveProfile& p, float lx, int hour) {
    const float a = std::max(1.0F / static_cast<float>(p.n_out + 1), 1.0F / 64.0F);
    float err = lx - p.mean;
    if (p.n_out >= 5) {
      const float bound = 4.0F * std::max(std::sqrt(p.variance), 0.25F);
      err = std::max(-bound, std::min(bound, err));
    }
    p.mean += a * err;
    p.variance = (1.0F - a) * (p.variance + a * err * err);
    p.n_out = std::min(p.n_out + 1, 65'535);
    if (p.hours[hour] == 15) {
      for (int& h : p.hours) h /= 2;
    }
    ++p.hours[hour];
  }

  bool creditor(const wire::Event& e, bool touch, float x, std::array<float, kFeatures>& f) {
    NaiveProfile copy = profiles_[e.creditor];
    NaiveProfile& p = touch ? profiles_[e.creditor] : copy;
    const bool late = p.seen && p.last > e.time_us;
    float weight[5];
    const std::int64_t now = age(p, e.time_us, weight);
    const float count30 = p.in_count[kThirtyDays];
    const float sum30 = p.in_sum[kThirtyDays];
    if (p.n_in >= 5) {
      put(f, Feature::kAmountVsPayee, clamp(log_ratio(x, count30 > 0 ? sum30 / count30 : 0.0F)));
    }
    put(f, Feature::kPayeeRisk, p.fraud_in / (p.in_count[kSevenDays] + 8.0F));
    put(f, Feature::kCreditorAge,
        log2_plus1(static_cast<float>(now / 86'400'000'000 - p.first_day)));
    if (touch) {
      for (unsigned w = kOneHour; w < kWindows; ++w) {
        p.in_count[w] += weight[w];
        p.in_sum[w] += weight[w] * x;
      }
      p.n_in = std::min(p.n_in + 1, 65'535);
      if (e.debtor != 0) p.in_days[0] |= 1U << bit_of(e.debtor);
      const std::int64_t since = now / 1000 - e.time_us / 1000;
      if (p.age_in < 0 || since < p.age_in) p.age_in = since;
    }
    put(f, Feature::kFanIn, log2_plus1(distinct(p.in_days)));
    put(f, Feature::kInCount1h, log2_plus1(p.in_count[kOneHour]));
    put(f, Feature::kInSumVsUsual, log_ratio(p.in_sum[kOneDay], sum30 / 30.0F));
    put(f, Feature::kPayeeFlow1d, flow(p.in_sum[kOneDay], p.out_sum[kOneDay]));
    return late;
  }

  void edge(const wire::Event& e, bool touch, std::array<float, kFeatures>& f) {
    const std::uint32_t a = slots_[e.debtor];
    const std::uint32_t b = slots_[e.creditor];
    std::uint8_t key[8];
    const std::uint32_t pair[2] = {std::min(a, b), std::max(a, b)};
    for (int i = 0; i < 8; ++i) key[i] = static_cast<std::uint8_t>(pair[i / 4] >> (8 * (i % 4)));
    const std::uint64_t h = xxh3_64(key);
    std::array<NaiveEdge, 4>& line = edges_[h % lines_];
    const std::uint32_t print = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(h >> 32));
    const auto t =
        static_cast<std::uint32_t>(std::min<std::int64_t>(e.time_us / 1'000'000, 4'294'967'295));
    float forward = 0;
    float backward = 0;
    auto found = std::find_if(line.begin(), line.end(),
                              [&](const NaiveEdge& x) { return x.fingerprint == print; });
    if (found != line.end()) {
      const std::uint32_t now = std::max(t, found->last);
      const float d = decay_factor(now / kEdgeGrainS - found->last / kEdgeGrainS);
      const float up = found->up * d < kVanish ? 0 : found->up * d;
      const float down = found->down * d < kVanish ? 0 : found->down * d;
      forward = a <= b ? up : down;
      backward = a <= b ? down : up;
      if (touch) {
        const float w = decay_factor(now / kEdgeGrainS - t / kEdgeGrainS);
        *found = {print, now, up + (a <= b ? w : 0), down + (a <= b ? 0 : w)};
      }
    } else if (touch) {
      auto victim = std::min_element(line.begin(), line.end(),
                                     [](const auto& x, const auto& y) { return x.last < y.last; });
      *victim = {print, t, a <= b ? 1.0F : 0.0F, a <= b ? 0.0F : 1.0F};
    }
    put(f, Feature::kNewEdge, forward == 0 ? 1.0F : 0.0F);
    put(f, Feature::kEdgeCount, log2_plus1(forward));
    put(f, Feature::kReciprocal, log2_plus1(backward));
  }

  static void relabel(const NaiveProfile& p, Window w, const LabelUpdate& u, float& value) {
    if (!p.seen) return;
    const auto weight = [&](std::int64_t at) {
      return at >= p.last ? 1.0F : factor(w, std::max<std::int64_t>(at, 0), p.last);
    };
    if (u.previous_fraud) value = std::max(0.0F, value - weight(u.previous_at_us));
    if (u.fraud) value += weight(u.at_us);
  }

  ProfileOptions options_;
  std::uint64_t lines_;
  std::map<std::uint64_t, std::uint32_t> slots_;
  std::map<std::uint64_t, NaiveProfile> profiles_;
  std::map<std::uint64_t, std::array<NaiveEdge, 4>> edges_;
};

}  // namespace weir::profile
