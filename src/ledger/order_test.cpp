#include "ledger/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "ledger/execute.hpp"
#include "ledger/fixture.hpp"

namespace weir::ledger {
namespace {

using fixture::account;
using fixture::transfer;

constexpr std::uint64_t kSeed = 20261121;

OrderOut ordered(std::span<const wire::Event> events, const OrderOptions& options = {},
                 const Accounts* accounts = nullptr) {
  Orderer orderer(options);
  OrderOut out;
  orderer.order(events, accounts, out);
  return out;
}

void expect_permutation(const OrderOut& out, std::size_t size) {
  ASSERT_EQ(out.order.size(), size);
  ASSERT_EQ(out.group.size(), size);
  std::vector<bool> seen(size);
  for (std::size_t place = 0; place < size; ++place) {
    ASSERT_FALSE(seen[out.order[place]]);
    seen[out.order[place]] = true;
    if (place != 0) {
      ASSERT_TRUE(out.group[place] == out.group[place - 1] ||
                  out.group[place] == out.group[place - 1] + 1);
    }
  }
  EXPECT_EQ(size == 0 ? 0 : out.group.back() + 1, out.groups);
}

// Share of pairs of events with a common account that stand in the order of `reference` rows.
void expect_arrival_order_inside_conflicts(std::span<const wire::Event> events,
                                           const OrderOut& out) {
  std::map<std::uint64_t, std::uint16_t> last;
  for (const std::uint16_t row : out.order) {
    for (const std::uint64_t entity : {events[row].debtor, events[row].creditor}) {
      const auto [at, fresh] = last.emplace(entity, row);
      ASSERT_TRUE(fresh || at->second <= row) << "rows " << at->second << " and " << row;
      at->second = row;
    }
  }
}

void expect_no_conflict_inside_groups(std::span<const wire::Event> events, const OrderOut& out) {
  std::map<std::uint64_t, std::uint32_t> group_of;
  for (std::size_t place = 0; place < out.order.size(); ++place) {
    const wire::Event& event = events[out.order[place]];
    for (const std::uint64_t entity : std::set<std::uint64_t>{event.debtor, event.creditor}) {
      const auto [at, fresh] = group_of.emplace(entity, out.group[place]);
      ASSERT_TRUE(fresh || at->second != out.group[place]) << "place " << place;
      at->second = out.group[place];
    }
  }
}

TEST(Orderer, KeepsArrivalOrderInsideConflictSetsAndSeparatesConflicts) {
  for (const double theta : {0.0, 0.8, 1.1, 2.0}) {
    for (const std::size_t count : {0u, 1u, 2u, 33u, 1023u, 1024u, 1025u, 5000u}) {
      const auto events = fixture::transfers(count, 300, theta, kSeed + count);
      const OrderOut out = ordered(events);
      expect_permutation(out, count);
      expect_arrival_order_inside_conflicts(events, out);
      expect_no_conflict_inside_groups(events, out);
    }
  }
}

TEST(Orderer, MovesNoEventByTheWindowOrMore) {
  const auto events = fixture::transfers(9000, 1000, 0.99, kSeed);
  for (const std::uint32_t window : {1u, 7u, 256u, 1024u}) {
    const OrderOut out = ordered(events, {.window = window});
    expect_permutation(out, events.size());
    for (std::size_t place = 0; place < out.order.size(); ++place) {
      const auto moved = static_cast<std::int64_t>(place) - out.order[place];
      ASSERT_LT(std::abs(moved), static_cast<std::int64_t>(window));
    }
  }
}

TEST(Orderer, ReachesTheLowerBoundOfTheMakespan) {
  for (const double theta : {0.0, 0.5, 0.8, 0.9, 0.99, 1.1}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const auto events = fixture::transfers(8192, 100'000, theta, kSeed + seed);
      const OrderOut out = ordered(events);
      for (const unsigned workers : {2u, 8u, 32u}) {
        const OrderReport report = order_report(events, out, workers);
        EXPECT_LE(report.makespan_ratio, 1.02)
            << "theta " << theta << " workers " << workers << " seed " << seed;
        EXPECT_GE(report.makespan_ratio, 1.0);
      }
    }
  }
}

TEST(Orderer, GivesPrefixesThatAreTheStartOfTheWhole) {
  const auto events = fixture::transfers(5000, 500, 0.9, kSeed);
  Executor executor({});
  for (const Accounts* state :
       {static_cast<const Accounts*>(nullptr), &std::as_const(executor).accounts()}) {
    const OrderOut whole = ordered(events, {}, state);
    for (const std::size_t size : {1024u, 2048u, 4096u}) {
      const OrderOut prefix = ordered(std::span(events).first(size), {}, state);
      EXPECT_TRUE(std::equal(prefix.order.begin(), prefix.order.end(), whole.order.begin()));
      EXPECT_TRUE(std::equal(prefix.group.begin(), prefix.group.end(), whole.group.begin()));
    }
  }
}

TEST(Orderer, RepairsNonceOrderInsideTheWindow) {
  auto events = fixture::transfers(3000, 40, 0.5, kSeed);
  std::map<std::uint64_t, std::uint32_t> nonce;
  for (auto& event : events) event.nonce = ++nonce[event.debtor];
  Philox rng(kSeed, 1);
  for (std::size_t i = 0; i + 20 < events.size(); ++i) {  // neighbours arrive in the wrong order
    std::swap(events[i], events[i + rng.next_below(20)]);
  }
  const OrderOut out = ordered(events);
  expect_permutation(out, events.size());
  expect_no_conflict_inside_groups(events, out);
  std::map<std::uint64_t, std::uint32_t> last;
  std::size_t window_start = 0;
  std::size_t risen = 0;
  for (std::size_t place = 0; place < out.order.size(); ++place) {
    if (place / 1024 * 1024 != window_start) {
      window_start = place / 1024 * 1024;
      last.clear();
    }
    const wire::Event& event = events[out.order[place]];
    ASSERT_LT(last[event.debtor], event.nonce);
    last[event.debtor] = event.nonce;
    ++risen;
  }
  EXPECT_EQ(risen, events.size());
}

// In fair mode a late payer must not buy its way past an earlier event of the same account.
TEST(Orderer, LetsFeesOvertakeOnlyBetweenSetsInFairMode) {
  std::vector<wire::Event> events = {transfer(1, 1, 2, 5), transfer(2, 3, 2, 5),
                                     transfer(3, 4, 5, 5)};
  events[1].fee = 1000;
  events[2].fee = 10;
  const OrderOut fair = ordered(events);
  expect_arrival_order_inside_conflicts(events, fair);
  EXPECT_EQ(fair.order[0], 2);  // another set, and it pays
  const OrderOut fee = ordered(events, {.mode = OrderMode::kFee});
  EXPECT_EQ(fee.order[0], 1);  // front-running, asked for
}

TEST(Orderer, KeepsEachDebtorsOrderInFeeMode) {
  auto events = fixture::transfers(4000, 60, 0.8, kSeed);
  Philox rng(kSeed, 2);
  for (auto& event : events) event.fee = rng.next_below(1 << 20);
  for (const OrderMode mode : {OrderMode::kFair, OrderMode::kFee}) {
    const OrderOut out = ordered(events, {.mode = mode});
    expect_permutation(out, events.size());
    expect_no_conflict_inside_groups(events, out);
    std::map<std::uint64_t, std::uint16_t> last;
    for (const std::uint16_t row : out.order) {
      const auto [at, fresh] = last.emplace(events[row].debtor, row);
      ASSERT_TRUE(fresh || at->second < row);
      at->second = row;
    }
  }
}

TEST(Orderer, DropsEdgesOfAccountsThatAreOnlyPaidInto) {
  std::vector<wire::Event> events;
  for (std::uint64_t i = 0; i < 1000; ++i) events.push_back(transfer(i + 1, i + 10, 1, 5));
  EXPECT_EQ(ordered(events).longest_chain, 1000U);
  const Executor executor({});
  EXPECT_EQ(ordered(events, {}, &executor.accounts()).longest_chain, 1U);
}

struct State {
  std::vector<Account> accounts;
  std::vector<std::uint8_t> statuses;
  std::size_t held;
  bool operator==(const State& other) const {
    return statuses == other.statuses && held == other.held &&
           std::ranges::equal(accounts, other.accounts, [](const Account& a, const Account& b) {
             return a.entity == b.entity && a.balance == b.balance && a.held == b.held &&
                    a.nonce == b.nonce;
           });
  }
};

// Executes with the events of each group in random order: if the groups are what they claim,
// nothing changes.
State run(std::span<const wire::Event> events, const OrderOut& out, const Executor& start,
          Philox* shuffle) {
  Executor executor(start.options());
  ByteWriter saved;
  start.save(saved);
  ByteReader in(saved.bytes());
  EXPECT_TRUE(executor.restore(in));
  std::vector<std::uint16_t> order = out.order;
  for (std::size_t begin = 0; shuffle != nullptr && begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && out.group[end] == out.group[begin]) ++end;
    for (std::size_t i = end; i > begin + 1; --i) {
      std::swap(order[i - 1],
                order[begin + shuffle->next_below(static_cast<std::uint32_t>(i - begin))]);
    }
    begin = end;
  }
  std::vector<wire::VerdictCore> verdicts(events.size());
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    verdicts[i] = {};
    verdicts[i].outcome = i % 17 == 0 ? 1 : i % 23 == 0 ? 2 : 0;
  }
  executor.execute(events, order, 1, verdicts);
  State state{executor.accounts().sorted(), {}, executor.held().size()};
  for (const auto& verdict : verdicts) state.statuses.push_back(verdict.ledger_status);
  return state;
}

TEST(Orderer, GivesGroupsThatMayRunInAnyOrder) {
  std::size_t weak_chains = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Philox rng(kSeed + seed, 3);
    auto events = fixture::transfers(2500, 50, 0.9, kSeed + seed);
    const bool fees = seed % 2 == 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
      wire::Event& event = events[i];
      if (fees) event.fee = rng.next_below(5);
      const std::uint32_t kind = rng.next_below(30);
      if (kind == 0) event.flags = wire::kReserve;
      if (kind == 1 && i > 0) {
        const wire::Event& earlier = events[rng.next_below(static_cast<std::uint32_t>(i))];
        event.flags = wire::kCapture;
        event.ref = earlier.id;
        event.debtor = earlier.debtor;
        event.creditor = rng.next_below(3) == 0 ? 0 : earlier.creditor;
      }
      if (kind == 2) event.exponent = 3;
      if (kind == 3) event.debtor = 0;
      if (kind == 4) event.nonce = 1 + rng.next_below(2);
    }
    Executor executor({.fee_account = account(7), .accounts_expected = 100});
    for (std::uint64_t a = 0; a < 50; ++a) {
      executor.accounts().open(account(a), 840, 2).balance =
          a % 3 == 0 ? 1'000'000 : rng.next_below(2000);
    }
    const OrderOptions options{.fee_account = account(7)};
    const OrderOut strict = ordered(events, options);
    const OrderOut out = ordered(events, options, &executor.accounts());
    weak_chains += strict.longest_chain > out.longest_chain;
    expect_permutation(out, events.size());
    const State straight = run(events, out, executor, nullptr);
    for (int trial = 0; trial < 3; ++trial) {
      ASSERT_TRUE(run(events, out, executor, &rng) == straight) << "seed " << kSeed + seed;
    }
  }
  EXPECT_GT(weak_chains, 20U);  // the commutation exception was at work
}

TEST(OrderBaseline, IsAlsoAValidOrderButWithoutBalance) {
  const auto events = fixture::transfers(3000, 300, 0.9, kSeed);
  OrderOut out;
  order_baseline(events, out);
  expect_permutation(out, events.size());
  expect_no_conflict_inside_groups(events, out);
  EXPECT_GT(order_report(events, out, 8).makespan_ratio,
            order_report(events, ordered(events), 8).makespan_ratio);
}

TEST(OrderReport, CountsInversionsAsDefined) {
  const auto events = fixture::transfers(300, 30, 0.5, kSeed);
  const OrderOut out = ordered(events);
  std::uint64_t inversions = 0;
  for (std::size_t a = 0; a < 300; ++a) {
    for (std::size_t b = a + 1; b < 300; ++b) inversions += out.order[a] > out.order[b];
  }
  EXPECT_EQ(order_report(events, out, 2).inversions, inversions);
}

}  // namespace
}  // namespace weir::ledger
