// `weir bench ops`: each family of ops beside its peer and beside a ceiling of the machine, in one
// run.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "base/clock.hpp"
#include "base/isa.hpp"
#include "base/json.hpp"
#include "base/rng.hpp"
#include "device/calibration.hpp"
#include "main/bench/ops/workload.hpp"
#include "main/bench/python_peer.hpp"
#include "main/bench/report.hpp"
#include "main/gate_options.hpp"
#include "main/verbs.hpp"

namespace weir::main {

std::string_view limit_name(Limit limit) {
  static constexpr std::string_view kNames[] = {"none", "dram", "f64", "f32"};
  return kNames[static_cast<std::size_t>(limit)];
}

std::vector<double> bench_numbers(std::size_t n, std::uint64_t seed) {
  Philox rng(seed, 0xBE);
  std::vector<double> numbers(n);
  for (double& number : numbers) number = 2 * rng.next_unit() - 1;
  return numbers;
}

namespace {

constexpr std::string_view kScript = "bench/ops_peer.py";
constexpr double kBesideSeconds = 0.5;

constexpr Option kOptions[] = {
    {"family", "NAME", "only matrix, sparse, stats, table, fft or hash"},
    {"workload", "NAME", "only this one"},
    {"seconds", "N", "measured for each workload and its peer, default 1"},
    {"targets", "", "exit 5 if anything required is missed"},
    {"python", "FILE", "interpreter with the peers, default .venv/bin/python"},
    {"script", "FILE", "the peers, default bench/ops_peer.py"},
    {"no-peer", "", "time no peer"},
    {"json", "FILE", "write the figures as JSON, one object a workload"},
    kIsaOption,
};

struct Measured {
  double seconds = 0;
  std::optional<double> peer_seconds;
  std::string peer;
  std::optional<double> ceiling_per_s;
  std::optional<double> ceiling_share;
};

// Calls `run` for about `seconds`, at least three times, and adds what each call took.
Status time_runs(const Run& run, double seconds, std::vector<double>& taken) {
  WEIR_TRY(run());  // warm-up
  const std::size_t least = taken.size() + 3;
  double total = 0;
  while (taken.size() < least || total < seconds) {
    const std::int64_t begin_ns = system_clock().mono_ns();
    WEIR_TRY(run());
    taken.push_back(static_cast<double>(system_clock().mono_ns() - begin_ns) * 1e-9);
    total += taken.back();
  }
  return Status::ok();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Times a peer: in this process, or a Python script that prints its name and its median.
Status time_peer(const Workload& workload, const PythonPeer& python, double seconds,
                 Measured& measured) {
  if (workload.make_peer) {
    WEIR_ASSIGN(const Run run, workload.make_peer());
    std::vector<double> taken;
    WEIR_TRY(time_runs(run, seconds, taken));
    measured.peer_seconds = median(std::move(taken));
    measured.peer = workload.own_peer;
    return Status::ok();
  }
  if (workload.peer.empty()) return Status::ok();
  WEIR_ASSIGN(const std::string printed,
              python.run({std::string(workload.peer), "--seconds", std::to_string(seconds),
                          "--threads", std::to_string(workload.threads)}));
  const double peer_seconds = std::strtod(json_member(printed, "seconds").c_str(), nullptr);
  if (!(peer_seconds > 0)) return unavailable("peer_output", "printed " + printed);
  measured.peer_seconds = peer_seconds;
  measured.peer = json_member(printed, "peer");
  return Status::ok();
}

// What the machine can do a second at most; 0 where it was not measured.
double ceiling(const Workload& workload, const device::Rates& rates) {
  const double threads = workload.threads;
  switch (workload.limit) {
    case Limit::kDram:
      return workload.threads == 1 ? rates.cpu_bytes_per_s : rates.cpu_bytes_per_s_all;
    case Limit::kF64:
      return threads * rates.cpu_ops_per_s[static_cast<std::size_t>(device::Unit::kF64)];
    case Limit::kF32:
      return threads * rates.cpu_ops_per_s[static_cast<std::size_t>(device::Unit::kF32)];
    case Limit::kNone:
      break;
  }
  return 0;
}

// Measures the ceiling beside the workload: what the memory gives changes with the neighbours.
Status raise_ceiling(const Workload& workload, double& most) {
  if (workload.limit != Limit::kDram) return Status::ok();
  device::Rates now;
  WEIR_TRY(device::measure_cpu(now, {.seconds_max = kBesideSeconds}));
  most = std::max(most, ceiling(workload, now));
  return Status::ok();
}

// Ours, the peer, ours again: what changes on the machine meanwhile hits both.
Result<Measured> measure(const Workload& workload, const PythonPeer* python,
                         const device::Rates& rates, double seconds) {
  Measured measured;
  ops::Workers workers(workload.threads);
  std::vector<double> taken;
  double most = workload.limit == Limit::kDram ? 0 : ceiling(workload, rates);
  WEIR_ASSIGN(const Run run, workload.make(workers));
  WEIR_TRY(raise_ceiling(workload, most));
  WEIR_TRY(time_runs(run, seconds / 2, taken));
  if (python != nullptr) {
    if (const Status peer = time_peer(workload, *python, seconds, measured); !peer.is_ok()) {
      measured.peer = "not measured: " + peer.message();
    }
  }
  WEIR_TRY(time_runs(run, seconds / 2, taken));
  WEIR_TRY(raise_ceiling(workload, most));
  measured.seconds = median(std::move(taken));
  if (most > 0) {
    measured.ceiling_per_s = most;
    measured.ceiling_share = workload.amount / measured.seconds / most;
  }
  return measured;
}

// Says what of the required was missed; empty: nothing.
std::string missed(const Workload& workload, const Measured& measured) {
  std::string text;
  const auto check = [&](bool asked, bool met, const char* what) {
    if (asked && !met) text += std::string(text.empty() ? "" : ", ") + what;
  };
  check(workload.seconds_required > 0, measured.seconds <= workload.seconds_required, "time");
  check(workload.share_required > 0,
        measured.ceiling_share && *measured.ceiling_share >= workload.share_required, "share");
  check(workload.peer_ratio_required > 0,
        measured.peer_seconds &&
            measured.seconds <= workload.peer_ratio_required * *measured.peer_seconds,
        "peer");
  return text;
}

void write_optional(JsonWriter& json, std::string_view key, const std::optional<double>& value) {
  json.key(key);
  if (value) {
    json.f64(*value);
  } else {
    json.null();
  }
}

void write(JsonWriter& json, const Workload& workload, const Measured& measured) {
  json.begin_object().key("name").string(workload.name).key("family").string(workload.family);
  json.key("what").string(workload.what).key("threads").u64(workload.threads);
  json.key("seconds").f64(measured.seconds).key("peer");
  if (measured.peer.empty()) {
    json.null();
  } else {
    json.string(measured.peer);
  }
  write_optional(json, "peer_seconds", measured.peer_seconds);
  json.key("peer_does_the_same").boolean(workload.peer_does_the_same);
  json.key("ceiling").string(limit_name(workload.limit));
  write_optional(json, "ceiling_share", measured.ceiling_share);
  write_optional(json, "ceiling_per_s", measured.ceiling_per_s);
  const auto asked = [](double value) { return value > 0 ? std::optional(value) : std::nullopt; };
  write_optional(json, "seconds_required", asked(workload.seconds_required));
  write_optional(json, "ceiling_share_required", asked(workload.share_required));
  write_optional(json, "peer_ratio_required", asked(workload.peer_ratio_required));
  json.key("missed").string(missed(workload, measured)).end_object();
}

bool requires_anything(const Workload& workload) {
  return workload.seconds_required > 0 || workload.share_required > 0 ||
         workload.peer_ratio_required > 0;
}

void print_required(const Workload& workload, const Measured& measured) {
  if (!requires_anything(workload)) return;
  std::printf("  required");
  if (workload.seconds_required > 0) std::printf(" %.3f ms", workload.seconds_required * 1e3);
  if (workload.share_required > 0) std::printf(" %.0f %%", workload.share_required * 100);
  if (workload.peer_ratio_required > 0) {
    std::printf(" %.2f of the peer's time", workload.peer_ratio_required);
  }
  const std::string what = missed(workload, measured);
  std::printf(": %s", what.empty() ? "met" : ("missed (" + what + ")").c_str());
}

void print(const Workload& workload, const Measured& measured) {
  std::printf("%-13s %10.3f ms", std::string(workload.name).c_str(), measured.seconds * 1e3);
  if (measured.peer_seconds && workload.peer_does_the_same) {
    std::printf("  %10.3f ms %5.2fx %-22s", *measured.peer_seconds * 1e3,
                *measured.peer_seconds / measured.seconds, measured.peer.c_str());
  } else if (measured.peer_seconds) {
    std::printf("  %10.3f ms    -   %-22s", *measured.peer_seconds * 1e3, measured.peer.c_str());
  } else {
    std::printf("  %s", measured.peer.c_str());
  }
  if (measured.ceiling_share) {
    std::printf("  %3.0f %% of %s", *measured.ceiling_share * 100,
                std::string(limit_name(workload.limit)).c_str());
    if (workload.limit == Limit::kDram) std::printf(", %.1f GB/s", *measured.ceiling_per_s / 1e9);
  }
  print_required(workload, measured);
  std::printf("\n  %s\n", std::string(workload.what).c_str());
  std::fflush(stdout);
}

std::vector<Workload> chosen(const Arguments& args) {
  std::vector<Workload> all;
  for (const auto& family : {matrix_workloads(), stats_workloads(), table_workloads(),
                             fft_workloads(), hash_workloads()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  std::erase_if(all, [&](const Workload& one) {
    return (args.has("family") && one.family != args.text("family")) ||
           (args.has("workload") && one.name != args.text("workload"));
  });
  return all;
}

Result<int> run(const Arguments& args) {
  if (args.has("isa")) {
    WEIR_ASSIGN(const Isa isa, parse_isa(args.text("isa")));
    limit_isa(isa);
  }
  WEIR_ASSIGN(const double seconds, args.f64("seconds", 1));
  const std::vector<Workload> workloads = chosen(args);
  if (workloads.empty()) {
    return fail(invalid_argument("usage", "no workload is of that family or name"));
  }
  std::printf("%s\n", machine_description().c_str());
  device::Rates rates;
  WEIR_TRY(device::measure_cpu(rates));
  std::printf("ceilings: read %.1f GB/s a core, %.1f all; f64 %.0f, f32 %.0f GOP/s a core\n",
              rates.cpu_bytes_per_s / 1e9, rates.cpu_bytes_per_s_all / 1e9,
              rates.cpu_ops_per_s[0] / 1e9, rates.cpu_ops_per_s[1] / 1e9);
  const PythonPeer python(args, kScript);
  BenchReport report("ops");
  std::string list;
  JsonWriter json(list);
  json.begin_array();
  bool any_missed = false;
  for (const Workload& workload : workloads) {
    WEIR_ASSIGN(const Measured measured,
                measure(workload, args.has("no-peer") ? nullptr : &python, rates, seconds));
    print(workload, measured);
    write(json, workload, measured);
    any_missed |= !missed(workload, measured).empty();
  }
  json.end_array();
  report.set("read_bytes_per_s", rates.cpu_bytes_per_s);
  report.set("read_bytes_per_s_all", rates.cpu_bytes_per_s_all);
  report.set("f64_ops_per_s", rates.cpu_ops_per_s[0]);
  report.set("f32_ops_per_s", rates.cpu_ops_per_s[1]);
  report.set_json("workloads", std::move(list));
  WEIR_TRY(report.write(args.text("json")));
  return args.has("targets") && any_missed ? kExitTargetMissed : kExitOk;
}

}  // namespace

const Command kBenchOpsCommand = {"bench ops", "", "each family of ops beside its peer", kOptions,
                                  run};

}  // namespace weir::main
