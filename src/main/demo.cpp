#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "base/log.hpp"
#include "main/bench/report.hpp"
#include "main/gate_options.hpp"
#include "main/merged_source.hpp"
#include "main/pass_start.hpp"
#include "main/run_directory.hpp"
#include "main/service/live_server.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"seconds", "N", "stop after N seconds, default at Ctrl-C"},
    {"rate", "N", "events per second after the warm-up, default 2000"},
    {"no-open", "", "do not open the page in a browser"},
    {"http", "ADDR", "listen here, default 127.0.0.1:8740 or any free port"},
    {"dir", "DIR", "data directory, default a new weir-demo-NNN"},
    {"seed", "N", "of the simulated world, default 1"},
    kThreadsOption,
    kIsaOption,
};

constexpr std::uint32_t kWarmDays = 60;

// The demo is small, so that it runs beside everything else on a laptop.
constexpr std::string_view kDemoSettings[] = {
    "dedup.events=262144",
    "profile.edges=262144",
    "profile.accounts=65536",
    "windows.keys_max=65536",
    "storage.segment_bytes=268435456",
};

Result<std::shared_ptr<const Config>> demo_configuration() {
  ConfigInputs inputs;
  for (const std::string_view setting : kDemoSettings) inputs.flags.emplace_back(setting);
  ConfigLoad load = load_config(inputs);
  if (!load.problems.empty()) return fail(config_status(load.problems));
  return load.config;
}

void open_page(const std::string& link) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
  if (fork() == 0) {
    execlp("xdg-open", "xdg-open", link.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
}

// Feeds the simulated world: at full speed, then at a fixed rate.
class Player {
 public:
  Player(LivePass& pass, wire::EventSource& source) : pass_(pass), source_(source) {}

  // Sends everything before `until_us` of event time. False if the stream or the pass ended, or a
  // signal came.
  Result<bool> warm(std::int64_t until_us);
  // Sends `rate` events per second until `stop` says so.
  Status play(double rate, const std::function<bool()>& stop);

 private:
  Result<std::size_t> send(std::size_t events, std::int64_t& last_us);
  LivePass& pass_;
  wire::EventSource& source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned open_ = 0;
  Status status_;
};

Result<std::size_t> Player::send(std::size_t events, std::int64_t& last_us) {
  server::Submission submission;
  WEIR_ASSIGN(const std::size_t made, source_.read(submission.batch, events));
  if (made == 0) return made;
  last_us = submission.batch.events.back().time_us;
  submission.done = [this](server::SubmitReply&& reply) {
    const std::lock_guard lock(mutex_);
    if (!reply.status.is_ok()) status_ = reply.status;
    --open_;
    changed_.notify_one();
  };
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ < 8; });
    WEIR_TRY(status_);
    ++open_;
  }
  pass_.submit(std::move(submission));
  return made;
}

Result<bool> Player::warm(std::int64_t until_us) {
  std::int64_t now_us = 0;
  while (now_us < until_us) {
    WEIR_ASSIGN(const std::size_t made, send(8192, now_us));
    if (made == 0 || wait_for_signal(0) != 0) {
      pass_.gate().drain();
      return false;
    }
  }
  pass_.gate().drain();
  return true;
}

Status Player::play(double rate, const std::function<bool()>& stop) {
  const std::int64_t started_ns = system_clock().mono_ns();
  double sent = 0;
  while (!stop()) {
    const double due = static_cast<double>(system_clock().mono_ns() - started_ns) * 1e-9 * rate;
    const auto events = static_cast<std::size_t>(std::min(due - sent, 8192.0));
    if (events > 0) {
      std::int64_t last_us = 0;
      WEIR_ASSIGN(const std::size_t made, send(events, last_us));
      if (made == 0) break;
      sent += static_cast<double>(made);
    }
    if (wait_for_signal(20) != 0) break;
  }
  pass_.gate().drain();
  return Status::ok();
}

void print_summary(const gate::Gate& gate, double seconds) {
  const gate::PassCounters& counters = gate.pass().counters();
  std::printf(
      "\n%llu events decided in %.1f s: %llu passed, %llu held, %llu blocked, %llu alerts\n",
      static_cast<unsigned long long>(counters.events.load()), seconds,
      static_cast<unsigned long long>(counters.passed.load()),
      static_cast<unsigned long long>(counters.held.load()),
      static_cast<unsigned long long>(counters.blocked.load()),
      static_cast<unsigned long long>(counters.alerted.load()));
  std::printf("peak memory %.0f MB; the stream is made up and labelled by its generator\n",
              static_cast<double>(resident_bytes_peak()) * 1e-6);
}

void print_access(LiveServer& server, const std::string& key, const std::string& link) {
  std::printf("\npage      %s\n", link.c_str());
  std::printf(
      "try it    curl -s -H 'authorization: Bearer %s' -H 'content-type: application/json' "
      "%s/v1/decisions -d "
      "'{\"id\":\"my-1\",\"time\":\"2018-06-01T12:00:00Z\",\"amount\":\"9500.00\",\"currency\":"
      "\"EUR\","
      "\"debtor\":{\"id\":596},\"creditor\":{\"id\":\"new-payee\"}}'\n\n",
      key.c_str(), server.url().c_str());
  std::fflush(stdout);
}

Result<int> run(const Arguments& args) {
  block_signals();
  const std::int64_t started_ns = system_clock().mono_ns();
  const auto elapsed_s = [started_ns] {
    return static_cast<double>(system_clock().mono_ns() - started_ns) * 1e-9;
  };
  WEIR_ASSIGN(const double seconds, args.f64("seconds", 0));
  WEIR_ASSIGN(const double rate, args.f64("rate", 2000));
  if (seconds < 0 || rate <= 0) {
    return fail(invalid_argument("usage", "--" + std::string(rate <= 0 ? "rate" : "seconds") +
                                              " takes a number above 0, not \"" +
                                              args.text(rate <= 0 ? "rate" : "seconds") + "\""));
  }
  WEIR_ASSIGN(const std::uint64_t seed, args.u64("seed", 1));
  WEIR_ASSIGN(const auto config, demo_configuration());
  set_log_level(LogLevel::kWarning);
  const std::string dir = args.text("dir", fresh_directory("weir-demo"));
  LiveServerSettings settings;
  settings.config = config;
  WEIR_ASSIGN(settings.gate, gate_options(*config, args, dir));
  settings.rules = shipped_rules();
  settings.http = args.text("http", config->text("server.listen"));
  settings.any_port = !args.has("http");
  WEIR_ASSIGN(const auto source, make_demo_source(seed));
  std::atomic<bool> seen{false};
  UnusedDirectory unused(settings.gate.dir);
  WEIR_ASSIGN(const auto server, LiveServer::start(std::move(settings)));
  unused.keep();
  server->pass().on_alert([&](const std::string& text) {
    if (seen.exchange(true)) return;
    std::printf("\nfirst alert after %.1f s:\n%s\n", elapsed_s(), text.c_str());
    std::fflush(stdout);
  });
  WEIR_ASSIGN(const std::string key, server->make_key("demo", server::Role::kAdmin));
  const std::string link = server->page_link(server::Role::kAdmin);
  print_access(*server, key, link);
  if (!args.has("no-open")) open_page(link);
  Player player(server->pass(), *source);
  WEIR_ASSIGN(const bool warm,
              player.warm(demo_start_us() + std::int64_t{kWarmDays} * 86'400'000'000));
  if (warm) {
    std::printf("warmed on %u simulated days in %.1f s; now %.0f events per second\n", kWarmDays,
                elapsed_s(), rate);
    std::fflush(stdout);
    WEIR_TRY(player.play(rate, [&] { return seconds > 0 && elapsed_s() >= seconds; }));
  }
  print_summary(server->pass().gate(), elapsed_s());
  WEIR_TRY(server->stop());
  std::printf("log: %s (weir verify %s; weir replay %s)\n", dir.c_str(), dir.c_str(), dir.c_str());
  return kExitOk;
}

}  // namespace

const Command kDemoCommand = {"demo", "", "a simulated world, scored live, with the page", kOptions,
                              run};

}  // namespace weir::main
