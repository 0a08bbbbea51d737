#include "simulator/simulator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/numeric/elementary.hpp"
#include "simulator/handbook.hpp"
#include "simulator/ledger_stream.hpp"
#include "simulator/rings.hpp"
#include "simulator/sampler.hpp"

namespace weir::simulator {
namespace {

using wire::EntityId;
using wire::Event;

struct Stream {
  std::vector<Event> events;
  std::vector<wire::Label> labels;  // rows counted over the whole stream
  std::vector<Mark> marks;
};

Stream play(std::string_view profile, const SimulatorOptions& options,
            std::size_t batch_rows = 8192, std::size_t events_max = SIZE_MAX) {
  auto simulator = make_simulator(profile, options);
  EXPECT_TRUE(simulator.has_value());
  Stream stream;
  wire::EventBatch batch;
  while (stream.events.size() < events_max) {
    const auto rows =
        (*simulator)->read(batch, std::min(batch_rows, events_max - stream.events.size()));
    EXPECT_TRUE(rows.has_value());
    if (*rows == 0) break;
    EXPECT_EQ(*rows, batch.size());
    const auto offset = static_cast<std::uint32_t>(stream.events.size());
    for (wire::Label label : batch.labels)
      stream.labels.push_back({label.row + offset, label.fraud});
    for (Mark mark : (*simulator)->marks()) {
      mark.row += offset;
      stream.marks.push_back(mark);
    }
    stream.events.insert(stream.events.end(), batch.events.begin(), batch.events.end());
  }
  return stream;
}

std::uint64_t fingerprint(const Stream& stream) {
  return xxh3_64({reinterpret_cast<const std::uint8_t*>(stream.events.data()),
                  stream.events.size() * sizeof(Event)});
}

SimulatorOptions seeded(std::uint64_t seed) {
  SimulatorOptions options;
  options.seed = seed;
  options.accounts = 2'000;
  return options;
}

// The first 10,000 events of each profile, as every platform must make them.
TEST(Simulator, MakesTheGoldenBytes) {
  struct Golden {
    const char* profile;
    std::uint64_t seed;
    std::uint64_t xxh3;
  };
  for (const Golden& golden :
       {Golden{"handbook", 1, 0x823B7803122BF320ULL}, Golden{"handbook", 2, 0x9AE4140385602FC2ULL},
        Golden{"rings", 1, 0xC08BDB3EEFA2CF72ULL}, Golden{"rings", 2, 0x90BE3D6F4EDB2A4EULL},
        Golden{"ledger", 1, 0xB712C3BC907119E9ULL}, Golden{"ledger", 2, 0x085AAE92064E97B8ULL}}) {
    const Stream stream = play(golden.profile, seeded(golden.seed), 8192, 10'000);
    ASSERT_EQ(stream.events.size(), 10'000U);
    EXPECT_EQ(fingerprint(stream), golden.xxh3)
        << golden.profile << " " << golden.seed << std::hex << " 0x" << fingerprint(stream);
  }
}

TEST(Simulator, DoesNotDependOnBatchSizes) {
  for (const char* profile : {"handbook", "rings", "ledger"}) {
    SimulatorOptions options = seeded(5);
    options.events = 7'000;
    const Stream whole = play(profile, options);
    const Stream cut = play(profile, options, 77);
    EXPECT_EQ(fingerprint(whole), fingerprint(cut)) << profile;
    ASSERT_EQ(whole.labels.size(), cut.labels.size());
    for (std::size_t i = 0; i < whole.labels.size(); ++i) {
      ASSERT_EQ(whole.labels[i].fraud, cut.labels[i].fraud);
    }
    EXPECT_EQ(whole.marks.size(), cut.marks.size());
  }
}

TEST(Simulator, KeepsTimeOrderAndUniqueIds) {
  for (const char* profile : {"handbook", "rings", "ledger"}) {
    SimulatorOptions options = seeded(6);
    options.events = 20'000;
    const Stream stream = play(profile, options);
    std::set<wire::EventKey> ids;
    for (std::size_t i = 0; i < stream.events.size(); ++i) {
      ASSERT_TRUE(ids.insert(stream.events[i].id).second);
      ASSERT_NE(stream.events[i].id, wire::EventKey{});
      ASSERT_GE(stream.events[i].amount, 0);
      if (i > 0) {
        ASSERT_GE(stream.events[i].time_us, stream.events[i - 1].time_us) << profile;
      }
    }
  }
}

TEST(Simulator, RefusesImpossibleOptions) {
  SimulatorOptions options;
  EXPECT_EQ(make_simulator("nothing", options).error().reason(), "profile_unknown");
  options.zipf = -1;
  EXPECT_EQ(make_simulator("ledger", options).error().reason(), "zipf_range");
  options.zipf = 1;
  options.accounts = 5;
  EXPECT_EQ(make_simulator("rings", options).error().reason(), "accounts_range");
  options.accounts = 1'000'000;
  EXPECT_EQ(make_simulator("handbook", options).error().reason(), "accounts_range");
  options.rate = 0;
  EXPECT_EQ(make_simulator("ledger", options).error().reason(), "rate_range");
}

TEST(Handbook, StaysInItsPublishedBands) {
  for (const std::uint64_t seed : {1U, 2U}) {
    SimulatorOptions options;
    options.seed = seed;
    const auto facts = measure_handbook(options);
    ASSERT_TRUE(facts.has_value());
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + facts->to_text());
    EXPECT_GE(facts->events, 1'700'000U);
    EXPECT_LE(facts->events, 1'850'000U);
    const double share = static_cast<double>(facts->frauds) / static_cast<double>(facts->events);
    EXPECT_GE(share, 0.0075);
    EXPECT_LE(share, 0.0092);
    EXPECT_NEAR(facts->terminals_per_customer, 75.0, 2.0);
    EXPECT_NEAR(facts->unlabelled_terminal_share, 0.30, 0.05);
    EXPECT_GT(facts->card_precision_100, 0.25);
    EXPECT_LT(facts->card_precision_100, 0.45);
    if (seed == 1) std::printf("%s", facts->to_text().c_str());
  }
}

TEST(Handbook, MarksWhatItsScenariosSay) {
  SimulatorOptions options;
  options.seed = 3;
  options.days = 30;
  options.accounts = 1'000;
  const Stream stream = play("handbook", options);
  std::vector<std::uint8_t> scenario(stream.events.size());
  for (const Mark& mark : stream.marks) scenario[mark.row] = mark.scenario;
  ASSERT_EQ(stream.labels.size(), stream.events.size());
  std::map<std::uint64_t, std::set<bool>> by_terminal_day;
  for (std::size_t i = 0; i < stream.events.size(); ++i) {
    const Event& e = stream.events[i];
    EXPECT_EQ(stream.labels[i].fraud, scenario[i] != 0);
    if (scenario[i] == 1) {
      EXPECT_GT(e.amount, 22'000);
    }
    if (scenario[i] == 0) {
      EXPECT_LE(e.amount, 22'000);
    }
    if (scenario[i] == 3) {
      EXPECT_EQ(e.amount % 5, 0);
    }
    EXPECT_LT(EntityId{e.debtor}.value(), 1'000U);
    EXPECT_EQ(EntityId{e.creditor}.kind(), wire::EntityKind::kTerminal);
    const std::uint64_t day = static_cast<std::uint64_t>(e.time_us / 86'400'000'000);
    by_terminal_day[day << 32 | EntityId{e.creditor}.value()].insert(scenario[i] == 2);
  }
  // A bad terminal takes everything that day, but for cards that leak at the same time.
  std::size_t mixed = 0;
  for (const auto& [key, kinds] : by_terminal_day) mixed += kinds.size() == 2 ? 1 : 0;
  EXPECT_LE(mixed, 3U);
}

TEST(Handbook, WritesTheCsvLine) {
  Event e{};
  e.time_us = 1'522'540'831'000'000;
  e.debtor = EntityId::number(wire::EntityKind::kCustomer, 596).word;
  e.creditor = EntityId::number(wire::EntityKind::kTerminal, 3156).word;
  e.amount = 5'706;
  std::string line;
  append_handbook_csv(line, 0, e, 1'522'540'800'000'000, 0);
  EXPECT_EQ(line, "0,2018-04-01 00:00:31,596,3156,57.06,31,0,0,0\n");
  line.clear();
  e.time_us += 86'400'000'000;
  e.amount = 22'103;
  append_handbook_csv(line, 9, e, 1'522'540'800'000'000, 1);
  EXPECT_EQ(line, "9,2018-04-02 00:00:31,596,3156,221.03,86431,1,1,1\n");
}

TEST(Rings, EveryFamilyHasItsShape) {
  Philox rng(9, 9);
  for (unsigned f = 1; f <= kRingFamilies; ++f) {
    const auto family = static_cast<RingFamily>(f);
    for (int repeat = 0; repeat < 200; ++repeat) {
      const unsigned accounts = 5 + rng.next_below(6);
      const unsigned count = 5 + rng.next_below(16);
      const std::vector<RingStep> steps = ring_shape(family, accounts, count, rng);
      ASSERT_EQ(steps.size(), count) << ring_family_name(family);
      std::set<unsigned> payers;
      std::set<unsigned> payees;
      for (std::size_t i = 0; i < steps.size(); ++i) {
        ASSERT_NE(steps[i].from, steps[i].to);
        ASSERT_LT(std::max(steps[i].from, steps[i].to), accounts);
        ASSERT_LT(steps[i].parent, static_cast<int>(i));
        if (steps[i].parent >= 0) {
          EXPECT_EQ(steps[static_cast<std::size_t>(steps[i].parent)].to, steps[i].from);
        }
        payers.insert(steps[i].from);
        payees.insert(steps[i].to);
      }
      if (family == RingFamily::kFanOut) {
        EXPECT_EQ(payers.size(), 1U);
      }
      if (family == RingFamily::kFanIn) {
        EXPECT_EQ(payees.size(), 1U);
      }
      if (family == RingFamily::kCycle) {
        for (std::size_t i = 1; i < steps.size(); ++i) EXPECT_EQ(steps[i].from, steps[i - 1].to);
      }
      if (family == RingFamily::kScatterGather) {
        EXPECT_EQ(steps.front().from, 0U);
        EXPECT_EQ(steps.back().to, accounts - 1);
      }
    }
  }
}

TEST(Rings, PassOnNinetyPercentAndHaveFiveTwinsEach) {
  SimulatorOptions options;
  options.seed = 4;
  options.events = 300'000;
  const Stream stream = play("rings", options);
  EXPECT_EQ(stream.events.size(), 300'000U);
  std::map<std::uint32_t, std::vector<const Mark*>> instances;
  for (const Mark& mark : stream.marks) instances[mark.instance].push_back(&mark);
  std::size_t attacks = 0;
  std::size_t attack_events = 0;
  std::map<std::uint8_t, int> families;
  for (const auto& [number, marks] : instances) {
    if (marks.front()->benign) continue;
    ++attacks;
    ++families[marks.front()->scenario];
    attack_events += marks.size();
    EXPECT_GE(marks.size(), 5U);
    EXPECT_LE(marks.size(), 20U);
    if (marks.front()->scenario != static_cast<std::uint8_t>(RingFamily::kCycle)) continue;
    for (std::size_t i = 1; i < marks.size(); ++i) {
      const Event& before = stream.events[marks[i - 1]->row];
      const Event& after = stream.events[marks[i]->row];
      EXPECT_EQ(after.debtor, before.creditor);
      EXPECT_EQ(after.amount, before.amount * 9 / 10);
    }
  }
  EXPECT_EQ(families.size(), kRingFamilies);
  EXPECT_EQ(instances.size(), attacks * 6);
  EXPECT_LE(static_cast<double>(attack_events), 0.0012 * 300'000);
  std::size_t frauds = 0;
  for (const wire::Label& label : stream.labels) frauds += label.fraud ? 1 : 0;
  EXPECT_EQ(frauds, attack_events);
}

// Area under the ROC curve of `score` (attack above everything else).
double auroc(std::vector<std::pair<double, bool>> rows) {
  std::sort(rows.begin(), rows.end());
  double below = 0;
  double wins = 0;
  double attacks = 0;
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t end = i;
    double benign = 0;
    double bad = 0;
    for (; end < rows.size() && rows[end].first == rows[i].first; ++end) {
      (rows[end].second ? bad : benign) += 1;
    }
    wins += bad * (below + benign / 2);
    below += benign;
    attacks += bad;
    i = end;
  }
  return wins / (attacks * below);
}

// A split on amount and hour must not find the rings: it would measure the simulator, not the
// detector.
TEST(Rings, DoNotLeakThroughAmountOrHour) {
  SimulatorOptions options;
  options.seed = 12;
  options.events = 400'000;
  options.rings = 320;
  const Stream stream = play("rings", options);
  constexpr int kCells = 16;
  std::vector<std::int64_t> amounts;
  for (const Event& e : stream.events) amounts.push_back(e.amount);
  std::sort(amounts.begin(), amounts.end());
  const auto cell = [&](const Event& e, int amount_cut, int hour_cut) {
    const bool high =
        e.amount > amounts[amounts.size() * static_cast<std::size_t>(amount_cut) / kCells];
    const bool late = e.time_us / 3'600'000'000 % 24 >= hour_cut;
    return (high ? 2 : 0) + (late ? 1 : 0);
  };
  double worst = 0;
  for (int amount_cut = 1; amount_cut < kCells; ++amount_cut) {
    for (int hour_cut = 1; hour_cut < 24; ++hour_cut) {
      double all[4] = {};
      double bad[4] = {};
      for (std::size_t i = 0; i < stream.events.size(); ++i) {
        const int c = cell(stream.events[i], amount_cut, hour_cut);
        all[c] += 1;
        bad[c] += stream.labels[i].fraud ? 1 : 0;
      }
      // The leaves ranked by their share of attacks: AUROC of this depth-2 tree from four counts.
      std::vector<int> order = {0, 1, 2, 3};
      std::sort(order.begin(), order.end(), [&](int a, int b) {
        return bad[a] * std::max(all[b], 1.0) < bad[b] * std::max(all[a], 1.0);
      });
      double below = 0;
      double wins = 0;
      double attacks = 0;
      for (const int c : order) {
        wins += bad[c] * (below + (all[c] - bad[c]) / 2);
        below += all[c] - bad[c];
        attacks += bad[c];
      }
      worst = std::max(worst, wins / (attacks * below));
    }
  }
  EXPECT_LE(worst, 0.60);
  std::vector<std::pair<double, bool>> rows;
  for (std::size_t i = 0; i < stream.events.size(); ++i) {
    rows.emplace_back(static_cast<double>(stream.events[i].amount), stream.labels[i].fraud);
  }
  EXPECT_NEAR(auroc(rows), 0.5, 0.06);
}

TEST(Ledger, NumbersEachDebtorAndFundsEachAccount) {
  SimulatorOptions options = seeded(8);
  options.events = 30'000;
  const Stream stream = play("ledger", options);
  ASSERT_EQ(stream.events.size(), 32'000U);
  std::map<std::uint64_t, std::uint32_t> nonces;
  std::set<std::uint64_t> funded;
  for (const Event& e : stream.events) {
    if (e.event_type() == wire::EventType::kCashIn) {
      EXPECT_TRUE(funded.insert(e.creditor).second);
      EXPECT_EQ(EntityId{e.debtor}.kind(), wire::EntityKind::kExternal);
      continue;
    }
    EXPECT_EQ(e.nonce, ++nonces[e.debtor]);
    EXPECT_TRUE(funded.contains(e.debtor));
    EXPECT_TRUE(funded.contains(e.creditor));
    EXPECT_NE(e.debtor, e.creditor);
    EXPECT_GE(e.fee, 10U);
    EXPECT_GT(e.amount, 0);
  }
  EXPECT_EQ(funded.size(), 2'000U);
}

TEST(Ledger, IsZipfAndLocalToCommunities) {
  SimulatorOptions options = seeded(10);
  options.accounts = 10'000;
  options.events = 200'000;
  options.funding = false;
  options.communities = 16;
  const Stream stream = play("ledger", options);
  std::vector<double> debits(10'000);
  std::size_t local = 0;
  for (std::size_t i = 0; i < stream.events.size(); ++i) {
    const auto from = static_cast<std::uint32_t>(EntityId{stream.events[i].debtor}.value() - 1);
    const auto to = static_cast<std::uint32_t>(EntityId{stream.events[i].creditor}.value() - 1);
    ++debits[from];
    const std::uint64_t epoch = i / 100'000;
    local += ledger_community(from, epoch, 16, options.drift) ==
                     ledger_community(to, epoch, 16, options.drift)
                 ? 1
                 : 0;
  }
  double harmonic = 0;
  for (int i = 1; i <= 10'000; ++i) harmonic += 1.0 / i;
  EXPECT_NEAR(debits[0] / 200'000, 1.0 / harmonic, 0.003);
  EXPECT_NEAR(debits[9] / 200'000, 0.1 / harmonic, 0.001);
  EXPECT_NEAR(static_cast<double>(local) / 200'000, 0.8 + 0.2 / 16, 0.03);
}

TEST(Ledger, CommunitiesDrift) {
  std::size_t moved = 0;
  for (std::uint32_t rank = 0; rank < 100'000; ++rank) {
    moved += ledger_community(rank, 5, 64, 0.02) != ledger_community(rank, 6, 64, 0.02) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(moved) / 100'000, 0.02, 0.012);
}

TEST(Sampler, NormalAndPoissonHaveTheirMoments) {
  Philox rng(2, 2);
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 400'000;
  for (int i = 0; i < kDraws; ++i) {
    const double z = standard_normal(rng);
    sum += z;
    squares += z * z;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 0.008);
  EXPECT_NEAR(squares / kDraws, 1.0, 0.012);
  for (const double mean : {0.0, 0.3, 4.0, 60.0}) {
    const Poisson poisson(mean);
    double total = 0;
    double total_squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double k = poisson.draw(rng);
      total += k;
      total_squares += k * k;
    }
    const double found = total / kDraws;
    EXPECT_NEAR(found, mean, 0.006 * (1 + mean));
    EXPECT_NEAR(total_squares / kDraws - found * found, mean, 0.02 * (1 + mean));
  }
}

TEST(Sampler, AliasTableGivesTheWeights) {
  const std::vector<double> weights = {5, 0, 1, 3, 0.5, 0.5};
  const AliasTable table(weights);
  Philox rng(3, 8);
  std::vector<double> counts(weights.size());
  constexpr int kDraws = 1'000'000;
  for (int i = 0; i < kDraws; ++i) ++counts[table.pick(rng.next_u64())];
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_NEAR(counts[i] / kDraws, weights[i] / 10.0, 0.002);
  }
  EXPECT_EQ(counts[1], 0);
}

}  // namespace
}  // namespace weir::simulator
