// Decide of the pass: 30 rules and 6 windows of bench/rules30.rules, batches of 8,192 events.
//   bytes moved: an event is 128, a window slot 32 to 64; 6 windows of 3 keys touch 9 lines.
#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>

#include "base/check.hpp"
#include "base/rng.hpp"
#include "decide/decider.hpp"
#include "decide/trial.hpp"

namespace weir::decide {
namespace {

struct Stream {
  std::vector<wire::Event> events;
  std::vector<std::uint32_t> tails;
  profile::FeatureMatrix features;
  profile::EventColumns columns{};

  Stream(std::size_t rows, std::uint32_t accounts, std::uint64_t batch) {
    Philox rng(7, batch);
    features.resize(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      wire::Event event{};
      const auto account = [&] {
        return wire::EntityId::number(wire::EntityKind::kAccount, 1 + rng.next_below(accounts))
            .word;
      };
      event.time_us =
          kDay * 20'000 + static_cast<std::int64_t>(batch * rows + i) * step_us(accounts);
      event.debtor = account();
      event.creditor = account();
      event.instrument = account();
      event.amount = rng.next_below(100'000);
      event.exponent = 2;
      event.currency = 840;
      event.type = 2;
      event.category = 5411;
      events.push_back(event);
      tails.push_back(rng.next_below(3'000'000));
      for (unsigned f = 0; f < profile::kFeatures; ++f) {
        features.column(static_cast<profile::Feature>(f))[i] = static_cast<float>(rng.next_unit());
      }
    }
    columns.events = events;
  }
  // An account pays about four times a day, whatever their number: few rules fire, as in real
  // streams.
  static std::int64_t step_us(std::uint32_t accounts) { return 6 * kHour / accounts; }
  void advance(std::int64_t by_us) {
    for (wire::Event& event : events) event.time_us += by_us;
  }
  DecideInput input() const {
    DecideInput in;
    in.columns = &columns;
    in.features = &features;
    in.tail_e6 = tails;
    return in;
  }
};

std::string rules30() {
  std::ifstream in("bench/rules30.rules");
  std::ostringstream text;
  text << in.rdbuf();
  CHECK(!text.str().empty());  // run from the root of the repository
  return text.str();
}

void run(benchmark::State& state, const std::string& rules, bool with_sides = true) {
  constexpr std::size_t kRows = 8192;
  constexpr std::size_t kBatches = 8;  // in the pass, a batch is in cache when decide sees it
  const auto accounts = static_cast<std::uint32_t>(state.range(0));
  std::vector<std::unique_ptr<Stream>> batches;
  for (std::size_t b = 0; b < kBatches; ++b) {
    batches.push_back(std::make_unique<Stream>(kRows, accounts, b));
  }
  Decider decider(DeciderOptions{});
  auto compiled = compile_rules(rules, {});
  CHECK(compiled.has_value());
  CHECK(decider.set_rules(1, *compiled).is_ok());
  std::vector<wire::VerdictCore> verdicts(kRows);
  std::vector<RuleHit> hits;
  std::vector<HitSides> sides;
  std::vector<HitSides>* const kept = with_sides ? &sides : nullptr;
  for (const auto& batch : batches) {
    CHECK(decider.decide(batch->input(), {verdicts, &hits, kept}).is_ok());
  }
  std::size_t b = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Stream& batch = *batches[b++ % kBatches];
    batch.advance(static_cast<std::int64_t>(kBatches * kRows) * Stream::step_us(accounts));
    state.ResumeTiming();
    CHECK(decider.decide(batch.input(), {verdicts, &hits, kept}).is_ok());
    benchmark::DoNotOptimize(verdicts.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
  state.counters["hits_per_event"] = static_cast<double>(hits.size()) / static_cast<double>(kRows);
  state.counters["sides_per_event"] =
      static_cast<double>(sides.size()) / static_cast<double>(kRows);
}

void BM_Decide30Rules(benchmark::State& state) {
  run(state, rules30());
}
BENCHMARK(BM_Decide30Rules)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

// Every tenth event alerts and shows what two rules compared; without (0) and with (1) the sides.
void BM_DecideTenPercentAlert(benchmark::State& state) {
  run(state, "alert if amount > 900 and feature.amount_z > 0\nscore 9 if feature.amount_z < 1",
      state.range(1) != 0);
}
BENCHMARK(BM_DecideTenPercentAlert)->Args({10'000, 0})->Args({10'000, 1});

void BM_DecideNoRules(benchmark::State& state) {
  run(state, "");
}
BENCHMARK(BM_DecideNoRules)->Arg(10'000);

void BM_Decide24RulesNoWindows(benchmark::State& state) {
  std::istringstream in(rules30());
  std::string text;
  for (std::string line; std::getline(in, line);) {
    const bool windowed = line.find("c1") != line.npos || line.find("c2") != line.npos ||
                          line.find("c3") != line.npos || line.find("s1") != line.npos ||
                          line.find("s2") != line.npos || line.find("d1") != line.npos;
    if (!windowed) text += line + "\n";
  }
  run(state, text);
}
BENCHMARK(BM_Decide24RulesNoWindows)->Arg(10'000);

// A candidate of two rules over a million events, as `weir rules try` runs it.
void BM_TryOneMillion(benchmark::State& state) {
  constexpr std::size_t kRows = 8192;
  std::vector<std::unique_ptr<Stream>> batches;
  for (std::size_t b = 0; b < 122; ++b) {
    batches.push_back(std::make_unique<Stream>(kRows, 100'000U, b));
  }
  const std::vector<wire::VerdictCore> previous(kRows);
  auto rules = compile_rules(
      "alert if amount > 900 and count(debtor, 1h) > 3\nhold if feature.amount_z > 0.99", {});
  CHECK(rules.has_value());
  for (auto _ : state) {
    RuleTrial trial(*rules, {});
    for (const auto& batch : batches) CHECK(trial.add({batch->input(), previous, {}, 1}).is_ok());
    benchmark::DoNotOptimize(trial.report());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(122 * kRows));
}
BENCHMARK(BM_TryOneMillion)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::decide
