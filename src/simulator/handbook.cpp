#include "simulator/handbook.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/rng.hpp"
#include "base/time_text.hpp"
#include "simulator/sampler.hpp"

namespace weir::simulator {
namespace {

constexpr std::int64_t kStartUs = 1'522'540'800'000'000;  // 2018-04-01
constexpr std::uint32_t kCustomersMax = 20'000;           // the terminal lists grow with the square
constexpr double kSide = 100.0;
constexpr double kRadius = 5.0;
constexpr std::int64_t kFraudAmount = 22'000;  // scenario 1: above this many minor units
constexpr unsigned kBadTerminalDays = 28;
constexpr unsigned kLeakDays = 14;
constexpr std::int64_t kLabelDelayUs = 7 * kMicrosPerDay;
constexpr std::int64_t kRiskWindowUs = 30 * kMicrosPerDay;

enum Purpose : std::uint8_t { kCustomers = 1, kTerminals, kPayments, kBadTerminals, kLeaks };

struct Customer {
  Customer(double x_, double y_, double mean, double per_day)
      : x(x_), y(y_), mean_amount(mean), payments(per_day) {}
  double x;
  double y;
  double mean_amount;
  Poisson payments;
  std::vector<std::uint32_t> terminals;  // within reach
  std::vector<std::uint32_t> leaked;     // day << 12 | index of payments that scenario 3 takes
};

// One payment before it becomes an event.
struct Draft {
  std::uint32_t second;
  std::uint32_t customer;
  std::uint32_t terminal;
  std::uint32_t index;  // among the customer's payments of the day
  std::int64_t amount;
};

class Handbook final : public Simulator {
 public:
  explicit Handbook(const SimulatorOptions& options)
      : options_(options),
        days_(options.days == 0 ? 183 : options.days),
        start_us_(options.start_us < 0 ? kStartUs : options.start_us) {
    const std::uint32_t count = options.accounts == 0 ? 5'000 : options.accounts;
    place(count, 2 * count);
  }

  Result<std::size_t> read(wire::EventBatch& batch, std::size_t events_max) override {
    batch.clear();
    marks_.clear();
    while (batch.size() < events_max) {
      if (options_.events != 0 && emitted_ == options_.events) break;
      if (next_ == today_.size()) {
        if (day_ == days_) break;
        play_day(day_++);
        continue;
      }
      emit(batch, today_[next_++]);
    }
    return batch.size();
  }

  std::span<const Mark> marks() const override { return marks_; }

  double terminals_per_customer() const {
    std::size_t sum = 0;
    for (const Customer& customer : customers_) sum += customer.terminals.size();
    return static_cast<double>(sum) / static_cast<double>(customers_.size());
  }

 private:
  void place(std::uint32_t customers, std::uint32_t terminals) {
    Philox rng(options_.seed, stream_of(kTerminals, 0));
    std::vector<std::pair<double, double>> at;
    for (std::uint32_t i = 0; i < terminals; ++i) {
      const double x = kSide * rng.next_unit();
      at.emplace_back(x, kSide * rng.next_unit());
    }
    bad_until_.resize(terminals);
    for (std::uint32_t i = 0; i < customers; ++i) {
      Philox own(options_.seed, stream_of(kCustomers, 0, i));
      const double x = kSide * own.next_unit();
      const double y = kSide * own.next_unit();
      const double mean = 5.0 + 95.0 * own.next_unit();
      Customer& customer = customers_.emplace_back(x, y, mean, 4.0 * own.next_unit());
      for (std::uint32_t t = 0; t < terminals; ++t) {
        const double dx = at[t].first - x;
        const double dy = at[t].second - y;
        if (dx * dx + dy * dy < kRadius * kRadius) customer.terminals.push_back(t);
      }
    }
  }

  // A customer's day is a function of (seed, customer, day), so that scenario 3 can look ahead.
  void draft_day(std::uint32_t number, std::uint32_t day, std::vector<Draft>& out) const {
    const Customer& customer = customers_[number];
    if (customer.terminals.empty()) return;
    Philox rng(options_.seed, stream_of(kPayments, day, number));
    const unsigned count = customer.payments.draw(rng);
    for (unsigned i = 0; i < count; ++i) {
      const double second = 43'200.0 + 20'000.0 * standard_normal(rng);
      if (second <= 0.0 || second >= 86'400.0) continue;
      double amount = customer.mean_amount * (1.0 + 0.5 * standard_normal(rng));
      if (amount < 0.0) amount = 2.0 * customer.mean_amount * rng.next_unit();
      const auto reach = static_cast<std::uint32_t>(customer.terminals.size());
      const std::uint32_t terminal = customer.terminals[rng.next_below(reach)];
      out.push_back({static_cast<std::uint32_t>(second), number, terminal, i,
                     static_cast<std::int64_t>(amount * 100.0 + 0.5)});
    }
  }

  void turn_terminals_bad(std::uint32_t day) {
    Philox rng(options_.seed, stream_of(kBadTerminals, day));
    const auto terminals = static_cast<std::uint32_t>(bad_until_.size());
    const std::uint32_t first = rng.next_below(terminals);
    std::uint32_t second = rng.next_below(terminals);
    while (second == first) second = rng.next_below(terminals);
    bad_until_[first] = bad_until_[second] = day + kBadTerminalDays;
  }

  // Takes a third of the payments of three customers over the coming days, by selection sampling.
  void leak_cards(std::uint32_t day) {
    Philox rng(options_.seed, stream_of(kLeaks, day));
    const auto customers = static_cast<std::uint32_t>(customers_.size());
    std::uint32_t chosen[3];
    for (unsigned i = 0; i < 3; ++i) {
      do {
        chosen[i] = rng.next_below(customers);
      } while (std::find(chosen, chosen + i, chosen[i]) != chosen + i);
      lookahead_.clear();
      std::vector<std::uint32_t> keys;
      for (std::uint32_t d = day; d < std::min(day + kLeakDays, days_); ++d) {
        lookahead_.clear();
        draft_day(chosen[i], d, lookahead_);
        for (const Draft& draft : lookahead_) keys.push_back(d << 12 | draft.index);
      }
      std::size_t wanted = keys.size() / 3;
      std::vector<std::uint32_t>& leaked = customers_[chosen[i]].leaked;
      for (std::size_t k = 0; k < keys.size() && wanted > 0; ++k) {
        if (rng.next_below(static_cast<std::uint32_t>(keys.size() - k)) < wanted) {
          leaked.push_back(keys[k]);
          --wanted;
        }
      }
    }
  }

  void play_day(std::uint32_t day) {
    turn_terminals_bad(day);
    leak_cards(day);
    today_.clear();
    next_ = 0;
    for (std::uint32_t i = 0; i < customers_.size(); ++i) draft_day(i, day, today_);
    std::sort(today_.begin(), today_.end(), [](const Draft& a, const Draft& b) {
      const std::uint64_t left = std::uint64_t{a.second} << 32 | a.customer;
      const std::uint64_t right = std::uint64_t{b.second} << 32 | b.customer;
      return left != right ? left < right : a.index < b.index;
    });
  }

  void emit(wire::EventBatch& batch, const Draft& draft) {
    const std::uint32_t day = day_ - 1;
    std::int64_t amount = draft.amount;
    std::uint8_t scenario = amount > kFraudAmount ? 1 : 0;
    if (day < bad_until_[draft.terminal]) scenario = 2;
    const std::vector<std::uint32_t>& leaked = customers_[draft.customer].leaked;
    if (std::find(leaked.begin(), leaked.end(), day << 12 | draft.index) != leaked.end()) {
      scenario = 3;
      amount *= 5;
    }
    wire::Event event{};
    stamp_id(event, stream_of(kPayments, 0) ^ options_.seed, emitted_++);
    event.time_us = start_us_ + (std::int64_t{day} * 86'400 + draft.second) * kMicrosPerSecond;
    event.debtor = wire::EntityId::number(wire::EntityKind::kCustomer, draft.customer).word;
    event.creditor = wire::EntityId::number(wire::EntityKind::kTerminal, draft.terminal).word;
    event.amount = amount;
    event.currency = wire::kUnknownCurrency;
    event.exponent = 2;
    event.type = static_cast<std::uint8_t>(wire::EventType::kPayment);
    const auto row = static_cast<std::uint32_t>(batch.size());
    batch.events.push_back(event);
    batch.labels.push_back({row, scenario != 0});
    if (scenario != 0) marks_.push_back({row, 0, scenario, false, 0});
  }

  SimulatorOptions options_;
  std::uint32_t days_;
  std::int64_t start_us_;
  std::vector<Customer> customers_;
  std::vector<std::uint32_t> bad_until_;  // by terminal: first day on which it is sound again
  std::vector<Draft> today_;
  std::vector<Draft> lookahead_;
  std::vector<Mark> marks_;
  std::size_t next_ = 0;
  std::uint32_t day_ = 0;
  std::uint64_t emitted_ = 0;
};

// Precision of an all-knowing ranking: on each day of the week the fraud cards not yet known or
// caught fill as many of the hundred places as there are. Known: those seen in the training week,
// and whatever became known before the delay of a week.
class CardPrecision {
 public:
  static constexpr std::uint32_t kTrain = 115;  // 2018-07-25
  static constexpr std::uint32_t kTest = 129;   // 2018-08-08

  explicit CardPrecision(std::uint32_t customers) : first_fraud_(customers, 0) {}
  void see(std::uint32_t day, std::uint32_t customer) {
    if (day < kTrain || day >= kTest + 7) return;
    by_day_[day - kTrain].push_back(customer);
  }
  double value() {
    std::vector<std::uint8_t> gone(first_fraud_.size());
    for (std::uint32_t day = 0; day < 7; ++day) remove(by_day_[day], gone);
    double sum = 0;
    for (std::uint32_t day = 0; day < 7; ++day) {
      // Labels of the day a week earlier have arrived.
      if (day > 0) remove(by_day_[7 + day - 1], gone);
      std::vector<std::uint32_t> fresh;
      for (const std::uint32_t customer : by_day_[14 + day]) {
        if (gone[customer] == 0) fresh.push_back(customer);
      }
      std::sort(fresh.begin(), fresh.end());
      fresh.erase(std::unique(fresh.begin(), fresh.end()), fresh.end());
      if (fresh.size() > 100) fresh.resize(100);
      sum += static_cast<double>(fresh.size()) / 100.0;
      remove(fresh, gone);
    }
    return sum / 7.0;
  }

 private:
  static void remove(const std::vector<std::uint32_t>& customers, std::vector<std::uint8_t>& gone) {
    for (const std::uint32_t customer : customers) gone[customer] = 1;
  }
  std::vector<std::uint32_t> first_fraud_;
  std::array<std::vector<std::uint32_t>, 21> by_day_;
};

}  // namespace

Result<std::unique_ptr<Simulator>> make_handbook(const SimulatorOptions& options) {
  if (options.accounts > kCustomersMax || (options.accounts != 0 && options.accounts < 10)) {
    return fail(invalid_argument("accounts_range", "handbook plays 10 to 20,000 customers, not " +
                                                       std::to_string(options.accounts)));
  }
  if (options.days > 4'000) {
    return fail(invalid_argument(
        "days_range", "handbook plays at most 4,000 days, not " + std::to_string(options.days)));
  }
  return std::make_unique<Handbook>(options);
}

Result<HandbookFacts> measure_handbook(const SimulatorOptions& options) {
  WEIR_ASSIGN(std::unique_ptr<Simulator> simulator, make_handbook(options));
  const auto& handbook = static_cast<const Handbook&>(*simulator);
  const std::int64_t start = options.start_us < 0 ? kStartUs : options.start_us;
  const std::uint32_t customers = options.accounts == 0 ? 5'000 : options.accounts;
  HandbookFacts facts;
  facts.terminals_per_customer = handbook.terminals_per_customer();
  std::vector<std::vector<std::int64_t>> frauds_at(2 *
                                                   std::size_t{customers});  // times, by terminal
  std::uint64_t unlabelled = 0;
  CardPrecision cards(customers);
  wire::EventBatch batch;
  std::uint32_t day = 0;
  while (true) {
    WEIR_ASSIGN(const std::size_t rows, simulator->read(batch, 8192));
    if (rows == 0) break;
    facts.events += rows;
    for (const Mark& mark : simulator->marks()) {
      const wire::Event& event = batch.events[mark.row];
      day = static_cast<std::uint32_t>((event.time_us - start) / kMicrosPerDay);
      ++facts.frauds;
      ++facts.by_scenario[mark.scenario];
      cards.see(day, static_cast<std::uint32_t>(wire::EntityId{event.debtor}.value()));
      std::vector<std::int64_t>& times = frauds_at[wire::EntityId{event.creditor}.value()];
      const bool known = std::any_of(times.begin(), times.end(), [&](std::int64_t time_us) {
        const std::int64_t age_us = event.time_us - time_us;
        return age_us >= kLabelDelayUs && age_us < kLabelDelayUs + kRiskWindowUs;
      });
      if (mark.scenario == 2 && !known) ++unlabelled;
      times.push_back(event.time_us);
    }
  }
  if (facts.by_scenario[2] != 0) {
    facts.unlabelled_terminal_share =
        static_cast<double>(unlabelled) / static_cast<double>(facts.by_scenario[2]);
  }
  if (day >= CardPrecision::kTest + 7) facts.card_precision_100 = cards.value();
  return facts;
}

std::string HandbookFacts::to_text() const {
  char text[640];
  std::snprintf(
      text, sizeof(text),
      "events %llu, frauds %llu (%.3f %%): scenario 1 %llu, 2 %llu, 3 %llu\n"
      "terminals within reach of a customer: %.1f\n"
      "ceiling: %.1f %% of scenario 2 frauds are at terminals without a usable label\n",
      static_cast<unsigned long long>(events), static_cast<unsigned long long>(frauds),
      events == 0 ? 0.0 : 100.0 * static_cast<double>(frauds) / static_cast<double>(events),
      static_cast<unsigned long long>(by_scenario[1]),
      static_cast<unsigned long long>(by_scenario[2]),
      static_cast<unsigned long long>(by_scenario[3]), terminals_per_customer,
      100.0 * unlabelled_terminal_share);
  std::string out = text;
  if (card_precision_100 >= 0) {
    std::snprintf(text, sizeof(text), "ceiling: card precision at 100 a day %.3f\n",
                  card_precision_100);
    out += text;
  }
  return out;
}

void append_handbook_csv(std::string& out, std::uint64_t number, const wire::Event& event,
                         std::int64_t start_us, unsigned scenario) {
  const CivilTime t = to_civil(event.time_us);
  const std::int64_t seconds = (event.time_us - start_us) / kMicrosPerSecond;
  char line[192];
  const int size = std::snprintf(
      line, sizeof(line),
      "%llu,%04d-%02u-%02u %02u:%02u:%02u,%llu,%llu,%lld.%02lld,%lld,%lld,%u,%u\n",
      static_cast<unsigned long long>(number), t.year, t.month, t.day, t.hour, t.minute, t.second,
      static_cast<unsigned long long>(wire::EntityId{event.debtor}.value()),
      static_cast<unsigned long long>(wire::EntityId{event.creditor}.value()),
      static_cast<long long>(event.amount / 100), static_cast<long long>(event.amount % 100),
      static_cast<long long>(seconds), static_cast<long long>(seconds / 86'400),
      scenario != 0 ? 1U : 0U, scenario);
  out.append(line, static_cast<std::size_t>(size));
}

}  // namespace weir::simulator
