// What one decision over HTTP costs from the socket to the reply: a real server with a real log,
// and an open-loop client on the same machine. Latency counts from times fixed in advance.
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "base/time_text.hpp"
#include "main/bench/disk_probe.hpp"
#include "main/bench/report.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/service/live_server.hpp"
#include "main/verbs.hpp"
#include "server/http/load_client.hpp"
#include "simulator/simulator.hpp"
#include "wire/writer.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"rate", "N", "measure one row only: requests per second, default 5000 (batches: 20)"},
    {"batch", "N", "measure one row only: events per request, default 1"},
    {"ack", "NAME", "measure one row only: received, decided or committed (default)"},
    {"connections", "N", "kept alive, default 64; a request waits for a free one"},
    {"seconds", "N", "of each row, default 10"},
    {"accounts", "N", "default 100k"},
    {"rules", "FILE", "default the 30 rules with 6 windows of the bench"},
    {"dir", "DIR", "where the log is written and removed again, default ./weir-bench-http"},
    {"target", "MS", "exit 5 if the first row's p99 is above it or a request failed"},
    {"target-p50", "MS", "exit 5 if the first row's p50 is above it or a request failed"},
    {"json", "FILE", "write the figures as flat JSON"},
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kSetOption,
};

constexpr unsigned kProbesPerRow = 100;
constexpr double kWarmSeconds = 0.5;
constexpr double kSingleRate = 5'000;
constexpr double kBusyRate = 20'000;
constexpr double kBatchRate = 20;
constexpr std::uint64_t kBatch = 1'000;
constexpr std::uint64_t kBatchMax = 10'000;

// One row of the table.
struct Row {
  std::string prefix;  // of its keys
  double per_s = 0;    // requests; 0: as fast as they are answered
  std::uint64_t batch = 1;
  std::string ack = "committed";
  unsigned connections = 64;
};

// Core time and context switches of the whole process.
struct Usage {
  double cpu_s = 0;
  double switches = 0;
};

Usage usage_now() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime),
          static_cast<double>(usage.ru_nvcsw + usage.ru_nivcsw)};
}

// Makes requests out of the simulated stream: every event is new.
class Requests {
 public:
  Requests(wire::EventSource& source, std::string key)
      : source_(source),
        writer_(wire::make_event_writer(wire::EventFormat::kNdjson, {})),
        key_(std::move(key)) {}

  std::string make(const Row& row) {
    CHECK(source_.read(batch_, row.batch).value_or(0) == row.batch);
    body_.clear();
    CHECK(writer_->write(batch_, body_).is_ok());
    const std::string_view type = row.batch == 1 ? "application/json" : "application/x-ndjson";
    std::string text =
        "POST /v1/decisions?ack=" + row.ack + " HTTP/1.1\r\nhost: bench\r\nx-api-key: ";
    text.reserve(text.size() + key_.size() + body_.size() + 128);
    text += key_;
    text += "\r\ncontent-type: ";
    text += type;
    text += "\r\ncontent-length: ";
    text += std::to_string(body_.size());
    text += "\r\n\r\n";
    text += body_;
    return text;
  }

 private:
  wire::EventSource& source_;
  std::unique_ptr<wire::EventWriter> writer_;
  const std::string key_;
  wire::EventBatch batch_;
  std::string body_;
};

// The server under test with the stream that feeds it.
struct Subject {
  std::unique_ptr<simulator::Simulator> source;
  std::unique_ptr<LiveServer> server;
  std::unique_ptr<Requests> requests;
  std::unique_ptr<DiskProbe> disk;
};

// Plays opening deposits and payments into the pass until the models are fitted.
Status warm_up(gate::Gate& gate, wire::EventSource& source, std::uint64_t events,
               std::uint32_t batch_events) {
  constexpr unsigned kAtOnce = 16;
  unsigned queued = 0;
  for (std::uint64_t sent = 0; sent < events;) {
    gate::Submission submission;
    WEIR_ASSIGN(const std::size_t made, source.read(submission.batch, batch_events));
    sent += made;
    submission.live = false;
    submission.ack = gate::Ack::kDecided;
    WEIR_TRY(gate.submit(std::move(submission)));
    if (++queued % kAtOnce == 0) gate.drain();
  }
  gate.drain();
  std::printf("warm-up: %llu events; model set %u, rules %u\n",
              static_cast<unsigned long long>(events), gate.versions().models,
              gate.versions().rules);
  return gate.health();
}

Result<Subject> start(const Arguments& args, const std::shared_ptr<const Config>& config,
                      const std::string& dir) {
  Subject subject;
  WEIR_ASSIGN(const std::uint64_t accounts, args.u64("accounts", 100'000));
  simulator::SimulatorOptions options;
  options.accounts = static_cast<std::uint32_t>(accounts);
  options.events = std::uint64_t{1} << 50;
  options.start_us = system_clock().wall_us() - kMicrosPerDay;
  WEIR_ASSIGN(subject.source, simulator::make_simulator("ledger", options));
  LiveServerSettings settings;
  settings.config = config;
  WEIR_ASSIGN(settings.gate, gate_options(*config, args, dir));
  settings.gate.pass.profile.accounts = std::max<std::uint64_t>(accounts + accounts / 8, 1U << 16);
  settings.gate.pass.execute.accounts_expected = accounts;
  settings.http = "127.0.0.1:0";
  settings.rules = bench_rules();
  if (args.has("rules")) {
    WEIR_ASSIGN(settings.rules, read_text_file(args.text("rules")));
  }
  const std::uint32_t batch = settings.gate.admission.batch_events;
  const std::string log_dir = settings.gate.dir;  // empty: nothing is logged
  WEIR_ASSIGN(subject.server, LiveServer::start(std::move(settings)));
  WEIR_TRY(warm_up(subject.server->pass().gate(), *subject.source,
                   2 * accounts + config->u64("detect.fit_events"), batch));
  WEIR_ASSIGN(std::string key, subject.server->make_key("bench", server::Role::kAnalyst));
  subject.requests = std::make_unique<Requests>(*subject.source, std::move(key));
  if (!log_dir.empty()) {
    WEIR_ASSIGN(subject.disk, DiskProbe::open(log_dir));
  }
  return subject;
}

struct Measured {
  double p50_ms = 0;
  double p99_ms = 0;
  std::uint64_t errors = 0;
};

void print_row(const Row& row, const server::LoadReport& load, const Usage& used) {
  const auto ms = [&load](double p) {
    return static_cast<double>(load.latency_ns.percentile(p)) * 1e-6;
  };
  const double replies = std::max(1.0, static_cast<double>(load.ok));
  const std::string rate = row.per_s == 0 ? "closed" : std::to_string(std::llround(row.per_s));
  std::printf("%6llu %-10s %10s %10.0f %7.3f %7.3f %7.3f %8.3f %6llu %5.0f%% %5.0f%% %6.1f\n",
              static_cast<unsigned long long>(row.batch), row.ack.c_str(), rate.c_str(),
              static_cast<double>(load.ok * row.batch) / load.elapsed_s, ms(50), ms(95), ms(99),
              ms(99.9), static_cast<unsigned long long>(load.refused + load.lost),
              100 * load.cpu_s / used.cpu_s, 100 * load.cpu_s / load.elapsed_s,
              used.switches / replies);
}

void report_row(const Row& row, const server::LoadReport& load, const Usage& used,
                BenchReport& report) {
  const auto set = [&](std::string_view key, auto value) {
    report.set(row.prefix + std::string(key), value);
  };
  const auto ms = [&load](double p) {
    return static_cast<double>(load.latency_ns.percentile(p)) * 1e-6;
  };
  set("p50_ms", ms(50));
  set("p95_ms", ms(95));
  set("p99_ms", ms(99));
  set("p999_ms", ms(99.9));
  set("rate_per_s", static_cast<double>(load.ok) / load.elapsed_s);
  set("asked_per_s", row.per_s);
  set("events_per_s", static_cast<double>(load.ok * row.batch) / load.elapsed_s);
  set("errors", load.refused + load.lost);
  set("late_sends", load.late_sends);
  set("generator_share", load.cpu_s / used.cpu_s);
  set("switches_per_request", used.switches / std::max(1.0, static_cast<double>(load.ok)));
}

Result<Measured> measure(Subject& subject, const Row& row, double seconds, BenchReport& report) {
  const auto make = [&](std::uint64_t) { return subject.requests->make(row); };
  server::LoadOptions options;
  options.port = subject.server->port();
  options.connections = row.connections;
  options.per_s = row.per_s;
  options.seconds = std::min(seconds / 4, kWarmSeconds);
  WEIR_TRY(server::run_load(options, make));
  if (subject.disk != nullptr) WEIR_TRY(subject.disk->measure(kProbesPerRow));
  options.seconds = seconds;
  const Usage before = usage_now();
  WEIR_ASSIGN(const server::LoadReport load, server::run_load(options, make));
  const Usage after = usage_now();
  const Usage used{after.cpu_s - before.cpu_s, after.switches - before.switches};
  print_row(row, load, used);
  report_row(row, load, used, report);
  return Measured{static_cast<double>(load.latency_ns.percentile(50)) * 1e-6,
                  static_cast<double>(load.latency_ns.percentile(99)) * 1e-6,
                  load.refused + load.lost};
}

void report_disk(const DiskProbe* disk, BenchReport& report) {
  if (disk == nullptr) {
    report.not_measured("disk_fdatasync_p50_ms", "nothing is logged");
    report.not_measured("disk_fdatasync_p99_ms", "nothing is logged");
    return;
  }
  const auto ms = [disk](double p) {
    return static_cast<double>(disk->latency_ns().percentile(p)) * 1e-6;
  };
  std::printf("disk: 4 KiB write + fdatasync alone, between the rows: p50 %.3f ms, p99 %.3f ms\n",
              ms(50), ms(99));
  report.set("disk_fdatasync_p50_ms", ms(50));
  report.set("disk_fdatasync_p99_ms", ms(99));
}

// The rows asked for: one of its own if its shape was given, else the standard ones.
Result<std::vector<Row>> rows_of(const Arguments& args) {
  WEIR_ASSIGN(const std::uint64_t connections, args.u64("connections", 64));
  WEIR_ASSIGN(const std::uint64_t batch, args.u64("batch", 1));
  WEIR_ASSIGN(const double rate, args.f64("rate", batch == 1 ? kSingleRate : kBatchRate));
  if (connections < 1 || connections > 4096 || batch < 1 || batch > kBatchMax || !(rate > 0)) {
    return fail(invalid_argument(
        "usage", "--connections takes 1 to 4096, --batch 1 to 10000, --rate more than 0"));
  }
  const auto open = static_cast<unsigned>(connections);
  const std::string ack = args.text("ack", "committed");
  if (ack != "received" && ack != "decided" && ack != "committed") {
    return fail(invalid_argument(
        "usage", "--ack takes received, decided or committed, not \"" + ack + "\""));
  }
  if (args.has("rate") || args.has("batch") || args.has("ack")) {
    return std::vector<Row>{{"", rate, batch, ack, open}};
  }
  return std::vector<Row>{
      {"", kSingleRate, 1, "committed", open},
      {"busy_", kBusyRate, 1, "committed", open},
      {"decided_", kSingleRate, 1, "decided", open},
      {"batch_", kBatchRate, kBatch, "committed", open},
      {"batch_full_", 0, kBatch, "committed", 4},
  };
}

Result<int> run(const Arguments& args) {
  block_signals();
  WEIR_ASSIGN(const auto config, load_configuration(args));
  set_log_level(LogLevel::kWarning);
  const std::string dir = args.text("dir", "weir-bench-http");
  if (std::filesystem::exists(dir)) {
    return fail(failed_precondition("dir_exists", dir + " exists").hint("remove it or use --dir"));
  }
  WEIR_ASSIGN(const auto rows, rows_of(args));
  WEIR_ASSIGN(const double seconds, args.f64("seconds", 10));
  WEIR_ASSIGN(const double target_p50, args.f64("target-p50", 0));
  WEIR_ASSIGN(const double target_p99, args.f64("target", 0));
  BenchReport report("http");
  const std::string durability(config->text("storage.durability"));
  const std::string mode(config->text("ledger.mode"));
  std::printf("%s; durability %s, ledger %s; the generator runs on the same machine\n",
              machine_description().c_str(), durability.c_str(), mode.c_str());
  report.set("durability", durability);
  report.set("ledger", mode);
  report.set("generator", "same machine, one thread of the same process");
  WEIR_ASSIGN(Subject subject, start(args, config, dir));
  std::printf("%6s %-10s %10s %10s %7s %7s %7s %8s %6s %6s %6s %6s\n", "events", "ack",
              "requests/s", "events/s", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms", "errors", "gen",
              "gen/el", "switch");
  std::vector<Measured> measured;
  for (const Row& row : rows) {
    WEIR_ASSIGN(const Measured one, measure(subject, row, seconds, report));
    measured.push_back(one);
  }
  std::printf(
      "gen: the generator's share of the process's core time; gen/el: of one core; switch: "
      "context switches a request\n");
  report_disk(subject.disk.get(), report);
  subject.disk.reset();
  WEIR_TRY(subject.server->stop());
  std::filesystem::remove_all(dir);
  WEIR_TRY(report.write(args.text("json")));
  const Measured& first = measured.front();
  const bool targets = target_p50 > 0 || target_p99 > 0;
  const bool missed = (target_p50 > 0 && first.p50_ms > target_p50) ||
                      (target_p99 > 0 && first.p99_ms > target_p99) ||
                      (targets && first.errors != 0);
  return missed ? kExitTargetMissed : kExitOk;
}

}  // namespace

const Command kBenchHttpCommand = {
    "bench http", "", "latency of decisions over HTTP, durable and not, one by one and in batches",
    kOptions, run};

}  // namespace weir::main
