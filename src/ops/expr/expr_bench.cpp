// Rules over a batch of 8,192 events: programs against the tree walk, and where the time of a rule
// goes. A comparison reads 4 or 8 bytes a row from the second-level cache and writes one bit: about
// 0.1 ns; a rule of three comparisons is then about 0.3 ns, a hundred of them 30.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/rng.hpp"
#include "ops/expr/expr.hpp"

namespace weir::expr {
namespace {

constexpr std::size_t kRows = 8192;
constexpr unsigned kFeatures = 32;

struct Event {  // as wide as the record on the wire
  std::int64_t time;
  std::int64_t amount;
  std::uint64_t debtor;
  std::uint32_t category;
  std::uint16_t currency;
  std::uint8_t exponent;
  std::uint8_t type;
  char rest[96];
};
static_assert(sizeof(Event) == 128);

class Batch {
 public:
  Batch() : events_(kRows), features_(kFeatures * kRows) {
    Philox rng(1, 0);
    for (Event& event : events_) {
      event.time = 1'700'000'000'000'000 + rng.next_below(1'000'000'000);
      event.amount = rng.next_below(1'000'000);
      event.debtor = rng.next_below(100'000);
      event.category = 5000 + rng.next_below(1000);
      event.currency = static_cast<std::uint16_t>(rng.next_below(10) == 0 ? 392 : 840);
      event.exponent = event.currency == 392 ? 0 : 2;
      event.type = static_cast<std::uint8_t>(rng.next_below(8));
    }
    for (float& value : features_) value = static_cast<float>(rng.next_unit() * 10);
    const auto add = [&](std::string name, Type type, const ColumnView& view) {
      schema_.add(name, type, view.storage);
      inputs_.push_back(view);
    };
    const auto field = [&](const auto* first) { return ColumnView::strided(first, sizeof(Event)); };
    add("amount", Type::decimal_per_row(),
        field(&events_[0].amount).with_exponents(&events_[0].exponent, sizeof(Event)));
    add("time", Type::timestamp(), field(&events_[0].time));
    add("mcc", Type::i64(), field(&events_[0].category));
    add("currency", Type::i64(), field(&events_[0].currency));
    add("type", Type::i64(), field(&events_[0].type));
    for (unsigned f = 0; f < kFeatures; ++f)
      add("f" + std::to_string(f), Type::f64(), ColumnView::packed(&features_[f * kRows]));
  }
  const Schema& schema() const { return schema_; }
  std::span<const ColumnView> inputs() const { return inputs_; }

 private:
  std::vector<Event> events_;
  std::vector<float> features_;
  Schema schema_;
  std::vector<ColumnView> inputs_;
};

// Rules of three comparisons, or of six.
std::vector<std::string> simple_rules(unsigned count, bool wide) {
  std::vector<std::string> rules;
  for (unsigned n = 0; n < count; ++n) {
    const auto f = [&](unsigned k) { return "f" + std::to_string((n * 7 + k) % kFeatures); };
    const auto limit = [&](unsigned k) { return std::to_string((n * 13 + k * 5) % 90 + 1); };
    std::string rule = "amount > " + limit(1) + "00.50 and " + f(0) + " > " + limit(2) + " and " +
                       f(1) + " <= 0." + limit(3);
    if (wide)
      rule += " or type = " + std::to_string(n % 8) + " and mcc between 5" + limit(4) + " and 60" +
              limit(0);
    rules.push_back(std::move(rule));
  }
  return rules;
}

void run_rules(benchmark::State& state, const std::vector<std::string>& rules) {
  const Batch batch;
  Compiler compiler(batch.schema(), Options::rules());
  Ast ast;
  for (const std::string& rule : rules) {
    const auto root = parse(rule, ast);
    CHECK(root.has_value());
    CHECK(compiler.add(ast, *root).has_value());
  }
  const Program program = *compiler.finish();
  Scratch scratch(program);
  std::vector<std::uint64_t> bits(rules.size() * kRows / 64);
  std::vector<OutputView> outputs(rules.size());
  for (std::size_t o = 0; o < rules.size(); ++o) outputs[o].data = &bits[o * kRows / 64];
  for (auto _ : state) {
    CHECK(program.evaluate(batch.inputs(), kRows, scratch, outputs).is_ok());
    benchmark::DoNotOptimize(bits.data());
  }
  const auto events = static_cast<double>(kRows * state.iterations());
  state.counters["ns/event"] =
      benchmark::Counter(events / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["instructions"] = static_cast<double>(program.instructions());
}

void run_walk(benchmark::State& state, const std::string& rule) {
  const Batch batch;
  Ast ast;
  const auto root = parse(rule, ast);
  CHECK(root.has_value());
  std::vector<std::uint64_t> bits(kRows);
  std::vector<std::string> strings;
  for (auto _ : state) {
    CHECK(evaluate_reference(ast, *root, batch.schema(), Options::rules(), batch.inputs(), kRows,
                             {.data = bits.data()}, strings)
              .is_ok());
    benchmark::DoNotOptimize(bits.data());
  }
  const auto events = static_cast<double>(kRows * state.iterations());
  state.counters["ns/event"] =
      benchmark::Counter(events / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

const char* const kSamples[] = {
    "f0 > 3",
    "amount > 500",
    "amount > 500 and f1 > 3 and mcc between 5411 and 5912",
    "f0 * 2 + f1 / f2 > f3 - 1.5",
    "mcc in (5411, 5412, 5499, 5541, 5542, 5812, 5813, 5814, 5912, 5999, 7995)",
    "amount * 2 > 1000 and amount % 100 = 0",
    "hour(time) < 6 or ln(f0 + 1) > 2",
    "case when f0 > 5 then f1 else f2 end > 3",
};

void BM_HundredRules(benchmark::State& state) {
  run_rules(state, simple_rules(100, false));
}

void BM_HundredWideRules(benchmark::State& state) {
  run_rules(state, simple_rules(100, true));
}
void BM_ThousandRules(benchmark::State& state) {
  run_rules(state, simple_rules(1000, true));
}
void BM_Program(benchmark::State& state) {
  run_rules(state, {kSamples[state.range(0)]});
  state.SetLabel(kSamples[state.range(0)]);
}
void BM_TreeWalk(benchmark::State& state) {
  run_walk(state, kSamples[state.range(0)]);
  state.SetLabel(kSamples[state.range(0)]);
}
BENCHMARK(BM_HundredRules);
BENCHMARK(BM_HundredWideRules);
BENCHMARK(BM_ThousandRules);
BENCHMARK(BM_Program)->DenseRange(0, 7);
BENCHMARK(BM_TreeWalk)->DenseRange(0, 7);

}  // namespace
}  // namespace weir::expr
