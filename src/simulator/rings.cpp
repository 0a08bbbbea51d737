#include "simulator/rings.hpp"

#include <algorithm>
#include <string>

#include "base/numeric/elementary.hpp"
#include "base/time_text.hpp"
#include "simulator/sampler.hpp"

namespace weir::simulator {
namespace {

constexpr std::int64_t kStartUs = 1'767'571'200'000'000;  // 2026-01-05
constexpr double kDayUs = 86'400e6;
constexpr std::uint32_t kAccountsMax = 1U << 24;
constexpr std::uint16_t kEuro = 978;
constexpr unsigned kRounds = 2;  // a twin happens this often before the round it is compared in
constexpr double kStepsPerRing = 12.5;  // mean of 5..20
constexpr std::uint32_t kRegulars = 8;  // payees an account keeps coming back to

enum Purpose : std::uint8_t { kBackground = 32, kInstances, kHabits, kSpend };

// Share of a day's payments by hour: quiet nights, a peak at noon and one in the evening.
constexpr double kHourWeights[24] = {1, .6, .5, .5, .6, 1, 2, 4, 6, 7, 7, 8,
                                     9, 8,  7,  7,  7,  8, 9, 8, 6, 4, 3, 2};

// Maps the share of a day's payments that are past to the share of the day that is past.
class DayShape {
 public:
  DayShape() {
    double sum = 0;
    for (const double w : kHourWeights) sum += w;
    for (unsigned h = 0; h < 24; ++h) past_[h + 1] = past_[h] + kHourWeights[h] / sum;
    past_[24] = 1.0;
  }
  double time_of(double share) const {
    unsigned h = 0;
    while (h < 23 && share >= past_[h + 1]) ++h;
    return (h + (share - past_[h]) / (past_[h + 1] - past_[h])) / 24.0;
  }
  // The same for a number of days with a fraction.
  double warp(double shares) const {
    const double day = numeric::floor(shares);
    return day + time_of(shares - day);
  }

 private:
  double past_[25] = {};
};

struct Planned {
  std::int64_t time_us;
  std::int64_t amount;
  std::uint32_t debtor;
  std::uint32_t creditor;
  std::uint32_t instance;
  RingFamily family;
  bool benign;
  std::uint16_t step;
};

class Rings final : public Simulator {
 public:
  explicit Rings(const SimulatorOptions& options)
      : options_(options),
        accounts_(options.accounts == 0 ? 20'000 : options.accounts),
        days_(options.days == 0 ? 60 : options.days),
        start_us_(options.start_us < 0 ? kStartUs : options.start_us),
        popularity_(AliasTable::zipf(accounts_, options.zipf)) {
    levels_.reserve(accounts_);
    Philox spend(options.seed, stream_of(kSpend, 0));
    for (std::uint32_t i = 0; i < accounts_; ++i) {
      levels_.push_back(static_cast<float>(4.0 + 0.7 * standard_normal(spend)));
    }
    const std::uint64_t total = options.events == 0 ? 1'000'000 : options.events;
    std::uint32_t rings = options.rings;
    if (rings == 0) {
      rings = std::max(kRingFamilies, static_cast<std::uint32_t>(static_cast<double>(total) / 1000 /
                                                                 kStepsPerRing));
    }
    std::uint32_t instance = 0;
    for (std::uint32_t i = 0; i < rings; ++i) {
      const auto family = static_cast<RingFamily>(1 + i % kRingFamilies);
      plan(++instance, family, false);
      for (std::uint32_t k = 0; k < options.twins; ++k) plan(++instance, family, true);
    }
    std::sort(planned_.begin(), planned_.end(), [](const Planned& a, const Planned& b) {
      if (a.time_us != b.time_us) return a.time_us < b.time_us;
      return a.instance != b.instance ? a.instance < b.instance : a.step < b.step;
    });
    background_ = total > planned_.size() ? total - planned_.size() : 0;
  }

  Result<std::size_t> read(wire::EventBatch& batch, std::size_t events_max) override {
    batch.clear();
    marks_.clear();
    while (batch.size() < events_max) {
      const bool more = drawn_ < background_;
      if (!more && next_ == planned_.size()) break;
      const std::int64_t time = more ? background_time() : INT64_MAX;
      if (next_ < planned_.size() && planned_[next_].time_us <= time) {
        emit_planned(batch, planned_[next_++]);
      } else {
        emit_background(batch, time);
      }
    }
    return batch.size();
  }

  std::span<const Mark> marks() const override { return marks_; }

 private:
  // An account's payments are lognormal about its own level; so are those of rings and twins.
  std::int64_t amount_of(std::uint32_t account, Philox& rng) const {
    const double value = numeric::exp(levels_[account] + 0.8 * standard_normal(rng));
    return 1 + static_cast<std::int64_t>(std::min(value, 1e9) * 100.0);
  }

  // The i-th of n background payments comes at the (i + u) / n share of the period: sorted by
  // itself.
  std::int64_t background_time() {
    if (time_of_ != drawn_) {
      rng_ = Philox(options_.seed, stream_of(kBackground, 0));
      rng_.seek(drawn_ * 64);
      const double at =
          (static_cast<double>(drawn_) + rng_.next_unit()) / static_cast<double>(background_);
      time_ = start_us_ + static_cast<std::int64_t>(shape_.warp(at * days_) * kDayUs);
      time_of_ = drawn_;
    }
    return time_;
  }

  void emit_background(wire::EventBatch& batch, std::int64_t time) {
    const std::uint32_t debtor = popularity_.pick(rng_.next_u64());
    std::uint32_t creditor = 0;
    if (rng_.next_below(5) != 0) {
      // A regular payee: the k-th habit of the debtor, the first ones most often.
      const std::uint32_t k = std::min(rng_.next_below(kRegulars), rng_.next_below(kRegulars));
      const std::uint64_t habit = scrambled(std::uint64_t{debtor} << 8 | k) ^ options_.seed;
      creditor = popularity_.pick(scrambled(habit + kHabits));
    } else {
      creditor = popularity_.pick(rng_.next_u64());
    }
    if (creditor == debtor) creditor = (debtor + 1) % accounts_;
    emit(batch, time, debtor, creditor, amount_of(debtor, rng_), false);
    ++drawn_;
  }

  void emit_planned(wire::EventBatch& batch, const Planned& p) {
    const auto row = static_cast<std::uint32_t>(batch.size());
    emit(batch, p.time_us, p.debtor, p.creditor, p.amount, !p.benign);
    marks_.push_back({row, p.instance, static_cast<std::uint8_t>(p.family), p.benign, p.step});
  }

  void emit(wire::EventBatch& batch, std::int64_t time, std::uint32_t debtor,
            std::uint32_t creditor, std::int64_t amount, bool fraud) {
    using wire::EntityId;
    wire::Event event{};
    stamp_id(event, stream_of(kBackground, 0) ^ options_.seed, emitted_++);
    event.time_us = time;
    event.debtor = EntityId::number(wire::EntityKind::kAccount, std::uint64_t{debtor} + 1).word;
    event.creditor = EntityId::number(wire::EntityKind::kAccount, std::uint64_t{creditor} + 1).word;
    event.amount = amount;
    event.currency = kEuro;
    event.exponent = 2;
    event.type = static_cast<std::uint8_t>(wire::EventType::kTransfer);
    event.channel = static_cast<std::uint16_t>(1 + (scrambled(debtor) & 3));
    batch.labels.push_back({static_cast<std::uint32_t>(batch.size()), fraud});
    batch.events.push_back(event);
  }

  // Plans a ring, or a twin with its earlier rounds.
  void plan(std::uint32_t instance, RingFamily family, bool benign) {
    Philox rng(options_.seed, stream_of(kInstances, 0, instance));
    const unsigned count = 5 + rng.next_below(6);
    const unsigned steps = 5 + rng.next_below(16);
    std::vector<std::uint32_t> accounts;
    while (accounts.size() < count) {
      const std::uint32_t account = rng.next_below(accounts_);
      if (std::find(accounts.begin(), accounts.end(), account) == accounts.end()) {
        accounts.push_back(account);
      }
    }
    const std::vector<RingStep> shape = ring_shape(family, count, steps, rng);
    // In shares of payments, not hours, so that the steps fall where the background's payments
    // fall.
    const double period = static_cast<double>(days_);
    const double span = benign ? 0.5 + 1.5 * rng.next_unit() : 0.02 + 0.3 * rng.next_unit();
    const double gap = std::min(7.0, period / (kRounds + 2));
    const double lead = benign ? gap * kRounds : 0.0;
    const double begin = lead + rng.next_unit() * std::max(0.0, period - lead - span);
    for (unsigned round = 0; round <= (benign ? kRounds : 0); ++round) {
      play(instance, family, benign, shape, accounts, begin - gap * round, span, rng);
    }
  }

  void play(std::uint32_t instance, RingFamily family, bool benign,
            const std::vector<RingStep>& shape, const std::vector<std::uint32_t>& accounts,
            double begin, double span, Philox& rng) {
    std::vector<double> times(shape.size());
    for (double& t : times) t = begin + span * rng.next_unit();
    std::sort(times.begin(), times.end());
    unsigned depth = 0;
    for (const RingStep& s : shape) depth = std::max<unsigned>(depth, s.layer);
    std::vector<std::int64_t> amounts(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const RingStep& s = shape[i];
      const std::uint32_t debtor = accounts[s.from];
      if (s.parent >= 0 && !benign) {
        amounts[i] =
            std::max<std::int64_t>(1, amounts[static_cast<std::size_t>(s.parent)] * 9 / 10);
      } else {
        amounts[i] = amount_of(debtor, rng);
        // What will shrink hop by hop starts higher, so that the middle hop is an ordinary payment.
        if (!benign) amounts[i] += amounts[i] * depth / 20;
      }
      const double day = std::max(0.0, times[i]);
      planned_.push_back({start_us_ + static_cast<std::int64_t>(shape_.warp(day) * kDayUs),
                          amounts[i], debtor, accounts[s.to], instance, family, benign,
                          static_cast<std::uint16_t>(i)});
    }
  }

  SimulatorOptions options_;
  std::uint32_t accounts_;
  std::uint32_t days_;
  std::int64_t start_us_;
  AliasTable popularity_;
  DayShape shape_;
  std::vector<float> levels_;  // mean of ln(amount) of each account
  std::vector<Planned> planned_;
  std::vector<Mark> marks_;
  std::size_t next_ = 0;
  std::uint64_t background_ = 0;
  std::uint64_t drawn_ = 0;
  std::uint64_t time_of_ = UINT64_MAX;  // which background payment rng_ and time_ stand for
  std::int64_t time_ = 0;
  Philox rng_{0, 0};
  std::uint64_t emitted_ = 0;
};

}  // namespace

Result<std::unique_ptr<Simulator>> make_rings(const SimulatorOptions& options) {
  if (options.accounts > kAccountsMax || (options.accounts != 0 && options.accounts < 100)) {
    return fail(invalid_argument("accounts_range", "rings plays 100 to 2^24 accounts, not " +
                                                       std::to_string(options.accounts)));
  }
  if (options.rings > 10'000'000 || options.twins > 1000) {
    return fail(invalid_argument("rings_range", "at most 10,000,000 rings with 1,000 twins each"));
  }
  if (options.days > 4'000) {
    return fail(invalid_argument(
        "days_range", "rings plays at most 4,000 days, not " + std::to_string(options.days)));
  }
  return std::make_unique<Rings>(options);
}

}  // namespace weir::simulator
