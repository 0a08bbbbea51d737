#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "main/bench/gate_load.hpp"
#include "main/bench/gate_rows.hpp"
#include "main/bench/report.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/verbs.hpp"
#include "simulator/simulator.hpp"

namespace weir::main {
namespace {

// What the bench sets unless --set says otherwise: the full pass with balances, and batches that
// two cores' second-level caches hold.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSettings = {{
    {"ledger.mode", "execute"},
    {"ledger.feature_rows", "sampled"},
    {"gate.batch_events", "2048"},
}};

constexpr Option kOptions[] = {
    {"seconds", "N", "of the sustained phase, default 60"},
    {"accounts", "N", "default 1M"},
    {"zipf", "S", "popularity of rank r is r^-S, default 1.0"},
    {"rate", "N", "events per second of the latency phase, default 80 % of the sustained rate"},
    {"latency-seconds", "N", "of the latency phase, default 20; 0 leaves it out"},
    {"rules", "FILE", "default the 30 rules with 6 windows of the bench"},
    {"dir", "DIR", "where the log is written and removed again, default ./weir-bench-gate"},
    {"target", "N", "exit 5 below this many committed events per second"},
    {"no-rows", "", "leave out the rows beside it: R2, R1, hash table, memcpy"},
    {"json", "FILE", "write the figures as flat JSON"},
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kSetOption,
};

std::array<std::int64_t, gate::kStages> stage_ns(const gate::Gate& gate) {
  std::array<std::int64_t, gate::kStages> ns{};
  for (unsigned s = 0; s < gate::kStages; ++s) ns[s] = gate.stage_times().ns[s].load();
  return ns;
}

// What the pass has decided and written so far.
struct Tally {
  double events = 0;
  double alerted = 0;
  double stopped = 0;  // held or blocked
  double applied = 0;  // by the ledger
  double log_bytes = 0;
};

Tally tally_of(const gate::Gate& gate) {
  const auto value = [](const std::atomic<std::uint64_t>& of) {
    return static_cast<double>(of.load());
  };
  const gate::PassCounters& counters = gate.pass().counters();
  Tally tally;
  tally.events = value(counters.events);
  tally.alerted = value(counters.alerted);
  tally.stopped = value(counters.held) + value(counters.blocked);
  tally.applied =
      value(counters.by_ledger_status[static_cast<std::size_t>(wire::LedgerStatus::kApplied)]);
  if (gate.log() != nullptr) {
    tally.log_bytes = static_cast<double>(gate.log()->segments().end().linear());
  }
  return tally;
}

void print_tally(const Tally& before, const Tally& after, BenchReport& report) {
  const double events = after.events - before.events;
  const double alerted = (after.alerted - before.alerted) / events;
  const double stopped = (after.stopped - before.stopped) / events;
  const double applied = (after.applied - before.applied) / events;
  const double log_bytes = (after.log_bytes - before.log_bytes) / events;
  std::printf(
      "  of the events %.2f %% alert, %.2f %% are held or blocked, %.2f %% change balances; %.0f "
      "bytes of log each\n",
      100 * alerted, 100 * stopped, 100 * applied, log_bytes);
  report.set("alerted_share", alerted);
  report.set("stopped_share", stopped);
  report.set("applied_share", applied);
  report.set("log_bytes_per_event", log_bytes);
}

struct Sustained {
  double per_s = 0;
  double busy_ns = 0;  // core time of all stages and the generator, per event
};

// The sustained phase, with core time per stage.
Result<Sustained> measure_sustained(gate::Gate& gate, wire::EventSource& source,
                                    std::uint32_t batch_events, double seconds,
                                    BenchReport& report) {
  const auto before = stage_ns(gate);
  const Tally tally_before = tally_of(gate);
  GateLoad load(gate, source, batch_events);
  WEIR_ASSIGN(const double per_s, load.run(UINT64_MAX, seconds, 0));
  const auto after = stage_ns(gate);
  const auto events = static_cast<double>(load.sent());
  Sustained sustained{per_s, 0};
  std::printf("%-26s %10.0f events/s committed, %.0f s\n", "sustained (R3)", per_s, seconds);
  for (unsigned s = 0; s < gate::kStages; ++s) {
    const double ns = static_cast<double>(after[s] - before[s]) / events;
    sustained.busy_ns += ns;
    const std::string name(gate::stage_name(static_cast<gate::Stage>(s)));
    std::printf("  %-24s %10.1f ns/event\n", name.c_str(), ns);
    report.set("stage_" + name + "_ns", ns);
  }
  const double generator_ns = static_cast<double>(load.generator_ns()) / events;
  sustained.busy_ns += generator_ns;
  std::printf("  %-24s %10.1f ns/event\n", "generator", generator_ns);
  std::printf("  %-24s %10.1f ns of core time per event, %.0f %% of the 571 ns budget of 3.5 M/s\n",
              "sum", sustained.busy_ns, sustained.busy_ns / 5.71);
  print_tally(tally_before, tally_of(gate), report);
  report.set("generator_ns", generator_ns);
  report.set("ns_per_tx", sustained.busy_ns);
  report.set("budget_share", sustained.busy_ns / 571.0);
  report.set("committed_per_s", per_s);
  report.set("refused", load.refused());
  return sustained;
}

// An open loop at `rate`; keys begin with `prefix`.
Status measure_latency(gate::Gate& gate, wire::EventSource& source, std::uint32_t batch_events,
                       double seconds, double rate, const std::string& prefix,
                       BenchReport& report) {
  GateLoad load(gate, source, batch_events);
  WEIR_ASSIGN(const double per_s, load.run(UINT64_MAX, seconds, rate));
  const LatencyHistogram& ns = load.latency_ns();
  const auto ms = [&ns](double p) { return static_cast<double>(ns.percentile(p)) * 1e-6; };
  std::printf(
      "  open loop at %.0f/s (%.0f/s decided): p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, p99.9 %.2f "
      "ms\n",
      rate, per_s, ms(50), ms(95), ms(99), ms(99.9));
  report.set(prefix + "latency_rate_per_s", rate);
  report.set(prefix + "p50_ms", ms(50));
  report.set(prefix + "p95_ms", ms(95));
  report.set(prefix + "p99_ms", ms(99));
  report.set(prefix + "p999_ms", ms(99.9));
  return Status::ok();
}

Result<std::unique_ptr<simulator::Simulator>> make_load(const Arguments& args) {
  simulator::SimulatorOptions options;
  WEIR_ASSIGN(const std::uint64_t accounts, args.u64("accounts", 1'000'000));
  WEIR_ASSIGN(options.zipf, args.f64("zipf", 1.0));
  options.accounts = static_cast<std::uint32_t>(accounts);
  options.events = std::uint64_t{1} << 50;
  return simulator::make_simulator("ledger", options);
}

// Opens a gate, plays the opening deposits and the fits, and gives it back warm.
Result<std::unique_ptr<gate::Gate>> warm_gate(const Arguments& args, const Config& config,
                                              const std::string& dir, const std::string& rules,
                                              wire::EventSource& source) {
  WEIR_ASSIGN(gate::GateOptions options, gate_options(config, args, dir));
  WEIR_ASSIGN(const std::uint64_t accounts, args.u64("accounts", 1'000'000));
  options.pass.profile.accounts = std::max<std::uint64_t>(accounts + accounts / 8, 1U << 16);
  options.pass.execute.accounts_expected = accounts;
  const std::uint32_t batch = options.admission.batch_events;
  WEIR_ASSIGN(auto gate, start_pass(std::move(options), config, rules, "bench"));
  GateLoad warm(*gate, source, batch);
  WEIR_ASSIGN(const double per_s,
              warm.run(std::max<std::uint64_t>(2'200'000, accounts * 2), 600, 0));
  std::printf("warm-up: %llu events at %.0f/s; model set %u, rules %u\n",
              static_cast<unsigned long long>(warm.sent()), per_s, gate->pass().versions().models,
              gate->pass().versions().rules);
  return gate;
}

// R2: the whole pass but for the log.
Status measure_unlogged(const Arguments& args, const Config& config, const std::string& rules,
                        double seconds, BenchReport& report) {
  WEIR_ASSIGN(const auto source, make_load(args));
  WEIR_ASSIGN(const auto gate, warm_gate(args, config, "", rules, *source));
  const auto batch = static_cast<std::uint32_t>(config.u64("gate.batch_events"));
  GateLoad load(*gate, *source, batch);
  WEIR_ASSIGN(const double per_s, load.run(UINT64_MAX, seconds, 0));
  std::printf("%-26s %10.0f events/s, nothing logged\n", "with state (R2)", per_s);
  report.set("r2_per_s", per_s);
  WEIR_TRY(measure_latency(*gate, *source, batch, seconds / 2, 0.8 * per_s, "r2_", report));
  return gate->close();
}

Result<int> run(const Arguments& given) {
  Arguments args = given;
  for (const auto& [key, value] : kSettings) {
    args.add_first("set", std::string(key) + "=" + std::string(value));
  }
  WEIR_ASSIGN(const auto config, load_configuration(args));
  const std::string dir = args.text("dir", "weir-bench-gate");
  if (std::filesystem::exists(dir)) {
    return fail(failed_precondition("dir_exists", dir + " exists").hint("remove it or use --dir"));
  }
  WEIR_ASSIGN(const double seconds, args.f64("seconds", 60));
  WEIR_ASSIGN(const double latency_seconds, args.f64("latency-seconds", 20));
  WEIR_ASSIGN(double rate, args.f64("rate", 0));
  WEIR_ASSIGN(const double target, args.f64("target", 0));
  std::string rules = bench_rules();
  if (args.has("rules")) {
    WEIR_ASSIGN(rules, read_text_file(args.text("rules")));
  }
  const auto batch = static_cast<std::uint32_t>(config->u64("gate.batch_events"));
  BenchReport report("gate");
  std::printf("%s; durability %s, ledger %s, feature rows %s, batch %u\n",
              machine_description().c_str(),
              std::string(config->text("storage.durability")).c_str(),
              std::string(config->text("ledger.mode")).c_str(),
              std::string(config->text("ledger.feature_rows")).c_str(), batch);
  WEIR_ASSIGN(const auto source, make_load(args));
  WEIR_ASSIGN(auto gate, warm_gate(args, *config, dir, rules, *source));
  WEIR_ASSIGN(const Sustained sustained, measure_sustained(*gate, *source, batch, seconds, report));
  if (rate == 0) rate = 0.8 * sustained.per_s;
  if (latency_seconds > 0) {
    WEIR_TRY(measure_latency(*gate, *source, batch, latency_seconds, rate, "", report));
  }
  WEIR_TRY(gate->close());
  const std::uint64_t rss = resident_bytes_peak();
  std::printf("peak RSS %.0f MB\n", static_cast<double>(rss) * 1e-6);
  report.set("rss_bytes", rss);
  std::filesystem::remove_all(dir);
  if (!args.has("no-rows")) {
    const unsigned threads = gate->options().threads;
    WEIR_TRY(measure_lesser_rows(gate->pass(), *source, batch, threads, report));
    gate.reset();
    WEIR_TRY(measure_unlogged(args, *config, rules, std::min(seconds, 20.0), report));
  }
  WEIR_TRY(report.write(args.text("json")));
  return sustained.per_s < target ? kExitTargetMissed : kExitOk;
}

}  // namespace

const Command kBenchGateCommand = {
    "bench gate", "", "sustained rate and latency of the whole pass, committed", kOptions, run};

}  // namespace weir::main
