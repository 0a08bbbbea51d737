#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/histogram.hpp"
#include "base/log.hpp"
#include "main/bench/report.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/verbs.hpp"
#include "simulator/simulator.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"seconds", "N", "of the sustained phase, default 60"},
    {"accounts", "N", "default 1M"},
    {"zipf", "S", "popularity of rank r is r^-S, default 1.0"},
    {"rate", "N", "events per second of the latency phase, default 80 % of the sustained rate"},
    {"latency-seconds", "N", "of the latency phase, default 20; 0 leaves it out"},
    {"rules", "FILE", "default the 30 rules with 6 windows of the bench"},
    {"dir", "DIR", "where the log is written and removed again, default ./weir-bench-gate"},
    {"target", "N", "exit 5 below this many committed events per second"},
    {"rows", "", "also measure R2 (no log)"},
    {"json", "FILE", "write the figures as flat JSON"},
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kSetOption,
};

// The load of one phase: batches made beside the pass, on the same cores.
class Load {
 public:
  Load(gate::Gate& gate, wire::EventSource& source, std::uint32_t batch_events)
      : gate_(gate), source_(source), batch_events_(batch_events) {}

  // Sends until `events` were sent or `seconds` have passed, as fast as they are taken, or at
  // `rate` events per second with send times fixed in advance; waits for the answers. Returns
  // committed events per second.
  Result<double> run(std::uint64_t events, double seconds, double rate);

  std::int64_t generator_ns() const { return generator_ns_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t refused() const { return refused_; }
  const LatencyHistogram& latency_ns() const { return latency_ns_; }

 private:
  void answered(const gate::Reply& reply, std::int64_t due_ns);

  static constexpr unsigned kOpenMax = 16;
  gate::Gate& gate_;
  wire::EventSource& source_;
  std::uint32_t batch_events_;
  std::int64_t generator_ns_ = 0;
  std::uint64_t sent_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned open_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t committed_ = 0;
  Status status_;
  LatencyHistogram latency_ns_;
};

void Load::answered(const gate::Reply& reply, std::int64_t due_ns) {
  const std::int64_t latency_ns = system_clock().mono_ns() - due_ns;
  const std::lock_guard lock(mutex_);
  if (!reply.status.is_ok()) status_ = reply.status;
  refused_ += reply.refused.size();
  committed_ += reply.accepted;
  latency_ns_.record(latency_ns);
  --open_;
  changed_.notify_one();
}

Result<double> Load::run(std::uint64_t events, double seconds, double rate) {
  Clock& clock = system_clock();
  const std::int64_t started_ns = clock.mono_ns();
  const std::int64_t end_ns = started_ns + static_cast<std::int64_t>(seconds * 1e9);
  const double batch_ns = rate > 0 ? batch_events_ / rate * 1e9 : 0;
  const std::uint64_t committed_before = committed_;
  std::uint64_t sent = 0;
  for (std::uint64_t number = 0; sent < events; ++number) {
    std::int64_t due_ns =
        started_ns + static_cast<std::int64_t>(batch_ns * static_cast<double>(number));
    if (due_ns >= end_ns) break;
    gate::Submission submission;
    const std::int64_t making_ns = thread_cpu_ns();
    WEIR_ASSIGN(const std::size_t made, source_.read(submission.batch, batch_events_));
    generator_ns_ += thread_cpu_ns() - making_ns;
    if (made == 0) break;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return open_ < kOpenMax; });
      WEIR_TRY(status_);
      ++open_;
    }
    if (rate > 0) {
      while (clock.mono_ns() < due_ns) {
        std::this_thread::sleep_for(std::chrono::nanoseconds(due_ns - clock.mono_ns()));
      }
    } else {
      due_ns = clock.mono_ns();
      if (due_ns >= end_ns) {
        const std::lock_guard lock(mutex_);
        --open_;
        break;
      }
    }
    sent += made;
    submission.live = false;
    submission.done = [this, due_ns](gate::Reply&& reply) { answered(reply, due_ns); };
    WEIR_TRY(gate_.submit(std::move(submission)));
  }
  gate_.drain();
  sent_ += sent;
  const double took = static_cast<double>(clock.mono_ns() - started_ns) * 1e-9;
  const std::lock_guard lock(mutex_);
  WEIR_TRY(status_);
  return static_cast<double>(committed_ - committed_before) / took;
}

std::array<std::int64_t, gate::kStages> stage_ns(const gate::Gate& gate) {
  std::array<std::int64_t, gate::kStages> ns{};
  for (unsigned s = 0; s < gate::kStages; ++s) ns[s] = gate.stage_times().ns[s].load();
  return ns;
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
  Load load(gate, source, batch_events);
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
  report.set("generator_ns", generator_ns);
  report.set("ns_per_tx", sustained.busy_ns);
  report.set("budget_share", sustained.busy_ns / 571.0);
  report.set("committed_per_s", per_s);
  report.set("refused", load.refused());
  return sustained;
}

Status measure_latency(gate::Gate& gate, wire::EventSource& source, std::uint32_t batch_events,
                       double seconds, double rate, BenchReport& report) {
  Load load(gate, source, batch_events);
  WEIR_ASSIGN(const double per_s, load.run(UINT64_MAX, seconds, rate));
  const LatencyHistogram& ns = load.latency_ns();
  const auto ms = [&ns](double p) { return static_cast<double>(ns.percentile(p)) * 1e-6; };
  std::printf(
      "open loop at %.0f/s (%.0f/s committed): p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, p99.9 %.2f "
      "ms\n",
      rate, per_s, ms(50), ms(95), ms(99), ms(99.9));
  report.set("latency_rate_per_s", rate);
  report.set("p50_ms", ms(50));
  report.set("p95_ms", ms(95));
  report.set("p99_ms", ms(99));
  report.set("p999_ms", ms(99.9));
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
  Load warm(*gate, source, batch);
  WEIR_ASSIGN(const double per_s,
              warm.run(std::max<std::uint64_t>(2'200'000, accounts * 2), 600, 0));
  std::printf("warm-up: %llu events at %.0f/s; model set %u, rules %u\n",
              static_cast<unsigned long long>(warm.sent()), per_s, gate->pass().versions().models,
              gate->pass().versions().rules);
  return gate;
}

Result<int> run(const Arguments& args) {
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
  WEIR_ASSIGN(const auto gate, warm_gate(args, *config, dir, rules, *source));
  WEIR_ASSIGN(const Sustained sustained, measure_sustained(*gate, *source, batch, seconds, report));
  if (rate == 0) rate = 0.8 * sustained.per_s;
  if (latency_seconds > 0) {
    WEIR_TRY(measure_latency(*gate, *source, batch, latency_seconds, rate, report));
  }
  WEIR_TRY(gate->close());
  const std::uint64_t rss = resident_bytes_peak();
  std::printf("peak RSS %.0f MB\n", static_cast<double>(rss) * 1e-6);
  report.set("rss_bytes", rss);
  report.set("events", gate->pass().counters().events.load());
  report.set("alerted", gate->pass().counters().alerted.load());
  std::filesystem::remove_all(dir);
  if (args.has("rows")) {
    WEIR_ASSIGN(const auto again, make_load(args));
    WEIR_ASSIGN(const auto unlogged, warm_gate(args, *config, "", rules, *again));
    Load load(*unlogged, *again, batch);
    WEIR_ASSIGN(const double per_s, load.run(UINT64_MAX, std::min(seconds, 20.0), 0));
    std::printf("%-26s %10.0f events/s, nothing logged\n", "with state (R2)", per_s);
    report.set("r2_per_s", per_s);
    WEIR_TRY(unlogged->close());
  }
  WEIR_TRY(report.write(args.text("json")));
  return sustained.per_s < target ? kExitTargetMissed : kExitOk;
}

}  // namespace

const Command kBenchGateCommand = {
    "bench gate", "", "sustained rate and latency of the whole pass, committed", kOptions, run};

}  // namespace weir::main
