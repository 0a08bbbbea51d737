// gpu_verify: proves the CUDA path on a machine that has a GPU.
//
//   gpu_verify info                        the GPU
//   gpu_verify list parity|bench           names for the two below, one a line
//   gpu_verify parity NAME [--seeds N] [--every N] [--apart]
//                                          a device form against its reference, on every N-th case
//   gpu_verify bench NAME                  a workload, timed
//
// Each name is meant to have a process of its own: a kernel that goes wrong takes the GPU from all
// that follows in its process. Prints one JSON object of one line; exits 1 if a result is wrong or
// nothing was measured, 2 for a name that there is not, 3 without a GPU. --apart gives each array
// of an op an allocation of its own, so that a sanitizer sees where one ends.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tools/gpu_verify/bench.hpp"
#include "tools/gpu_verify/gpu.hpp"
#include "tools/gpu_verify/suites.hpp"

namespace weir::gpu_verify {
namespace {

struct Options {
  std::uint64_t seeds = 1;
  std::size_t every = 1;
  bool apart = false;
};

device::DeviceLimits limits_of_cases(const Options& options) {
  device::DeviceLimits limits;
  limits.memory_bytes_max = std::size_t{2} << 30;
  // Small slots: pinning memory for each case takes longer than the case, and pieces of a copy are
  // to be cut.
  limits.staging_bytes = std::size_t{512} << 10;
  limits.op_timeout_ms = 20'000;
  if (options.apart) limits.scratch_bytes = 0;
  return limits;
}

std::string info_of(const device::DeviceInfo& info) {
  return "{\"gpu\": " + quoted(info.name) + ", \"uuid\": " + quoted(info.uuid) +
         ", \"driver\": " + quoted(info.driver) + ", \"compute\": " + quoted(info.compute) +
         ", \"memory_bytes\": " + std::to_string(info.memory_bytes) + "}";
}

int parity(const Gpu& gpu, std::string_view name, const Options& options) {
  const std::vector<ops::parity::Suite> all = suites();
  const auto suite = std::find_if(all.begin(), all.end(),
                                  [&](const auto& one) { return one.entry.info.name == name; });
  if (suite == all.end()) {
    std::fprintf(stderr, "gpu_verify: no op %s\n", std::string(name).c_str());
    return 2;
  }
  ops::parity::Outcome outcome;
  for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
    const ops::parity::Outcome one =
        suite->on_device([&] { return gpu.device(limits_of_cases(options)); },
                         {.seed = seed, .every = options.every});
    outcome.runs += one.runs;
    outcome.unsupported += one.unsupported;
    for (const std::string& failure : one.failures) {
      outcome.add("seed " + std::to_string(seed) + ": " + failure);
    }
  }
  std::string line = "{\"op\": " + quoted(name) + ", \"runs\": " + std::to_string(outcome.runs) +
                     ", \"unsupported\": " + std::to_string(outcome.unsupported) +
                     ", \"failed\": " + std::to_string(outcome.failures.size());
  if (!outcome.failures.empty()) line += ", \"first\": " + quoted(outcome.failures[0]);
  if (const Status health = gpu.health(); !health.is_ok()) {
    line += ", \"lost\": " + quoted(health.to_string());
  }
  std::printf("%s}\n", line.c_str());
  return outcome.failures.empty() && outcome.runs > 0 ? 0 : 1;
}

int usage() {
  std::fprintf(stderr,
               "usage: gpu_verify info | list parity|bench | bench NAME |\n"
               "       parity NAME [--seeds N] [--every N] [--apart]\n");
  return 2;
}

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.empty()) return usage();
  if (words[0] == "list" && words.size() == 2) {
    if (words[1] == "parity") {
      for (const auto& suite : suites()) std::puts(std::string(suite.entry.info.name).c_str());
      return 0;
    }
    for (const std::string_view name : workloads()) std::puts(std::string(name).c_str());
    return words[1] == "bench" ? 0 : usage();
  }
  Options options;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    if (words[i] == "--apart") {
      options.apart = true;
    } else if (words[i] == "--seeds" && !last) {
      options.seeds = std::strtoull(argv[++i + 1], nullptr, 10);
    } else if (words[i] == "--every" && !last) {
      options.every = std::max<std::size_t>(1, std::strtoull(argv[++i + 1], nullptr, 10));
    } else {
      return usage();
    }
  }
  const auto gpu = Gpu::open();
  if (!gpu) {
    std::fprintf(stderr, "gpu_verify: %s\n", gpu.error().to_string().c_str());
    return 3;
  }
  if (words[0] == "info") {
    std::puts(info_of(gpu->info()).c_str());
    return 0;
  }
  if (words[0] == "parity" && words.size() >= 2) return parity(*gpu, words[1], options);
  if (words[0] != "bench" || words.size() != 2) return usage();
  const auto figures = bench(*gpu, words[1]);
  if (!figures) {
    std::fprintf(stderr, "gpu_verify: %s\n", figures.error().to_string().c_str());
    return figures.error().code() == Code::kNotFound ? 2 : 1;
  }
  std::puts(figures->c_str());
  return 0;
}

}  // namespace
}  // namespace weir::gpu_verify

int main(int argc, char** argv) {
  return weir::gpu_verify::main(argc, argv);
}
