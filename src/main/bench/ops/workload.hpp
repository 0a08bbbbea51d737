// Workload: one thing that `weir bench ops` measures, beside a peer and a ceiling of the machine.
//
//   Workload sum;
//   sum.name = "sum_f64"; sum.family = "stats"; sum.limit = Limit::kDram; sum.amount = 8.0 * n;
//   sum.make = [](ops::Workers& workers) -> Result<Run> { ...; return [=] { ... }; };
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ops/cpu_run.hpp"

namespace weir::main {

// What bounds a workload: bytes of memory read, or operations of a unit, a second. kNone: no
// ceiling that this program measures says anything about it.
enum class Limit : std::uint8_t { kNone, kDram, kF64, kF32 };
std::string_view limit_name(Limit limit);

// Does the work once.
using Run = std::function<Status()>;

struct Workload {
  std::string_view name;
  std::string_view family;
  std::string_view what;  // in words, with sizes
  unsigned threads = 1;   // of ours and of the peer
  Limit limit = Limit::kNone;
  double amount = 0;  // bytes or operations of one run
  // What is asked; 0: nothing. Seconds, the share of the ceiling, and the most of the peer's time:
  // each that is not measured is missed.
  double seconds_required = 0;
  double share_required = 0;
  double peer_ratio_required = 0;
  std::string_view peer = {};  // name in bench/ops_peer.py
  // Whether the peer does the same; if not its time stands there without a ratio.
  bool peer_does_the_same = true;
  // A peer in this process, instead of one in Python.
  std::string_view own_peer = {};
  std::function<Result<Run>()> make_peer = {};
  // Makes the data; the run must outlive nothing but what it captured.
  std::function<Result<Run>(ops::Workers& workers)> make = {};
};

std::vector<Workload> matrix_workloads();
std::vector<Workload> stats_workloads();
std::vector<Workload> table_workloads();
std::vector<Workload> fft_workloads();
std::vector<Workload> hash_workloads();

// Random doubles in [-1, 1).
std::vector<double> bench_numbers(std::size_t n, std::uint64_t seed);

}  // namespace weir::main
