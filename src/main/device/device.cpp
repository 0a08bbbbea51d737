// `weir device`: what operations run on, how fast it is, and whether it is right.
#include <algorithm>
#include <cstdio>
#include <string>

#include "base/clock.hpp"
#include "device/sim/driver.hpp"
#include "main/device/settings.hpp"
#include "main/gate_options.hpp"
#include "main/verbs.hpp"
#include "ops/backend.hpp"
#include "ops/parity/suites.hpp"
#include "server/operations/device_desk.hpp"

namespace weir::main {
namespace {

constexpr Option kShowOptions[] = {
    {"json", "", "as GET /v1/device answers it"},
    kConfigOption,
    kDeviceConfigOption,
    kSetOption,
};
constexpr Option kSelftestOptions[] = {
    {"backend", "NAME", "sim or cuda, default sim"},
    {"seed", "N", "first seed of the cases and of the simulator, default 1"},
    {"seeds", "N", "how many, default 1"},
    {"op", "NAME", "only this op, or all whose name begins so"},
    kConfigOption,
    kDeviceConfigOption,
    kSetOption,
};
constexpr std::size_t kFailuresShown = 10;
// Staging slots are page-locked memory, made anew for the device of each case: large ones take
// longer than all the ops do.
constexpr std::uint64_t kSelftestStagingBytes = std::uint64_t{1} << 20;

Result<device::DeviceConfig> device_configuration(const Arguments& args) {
  WEIR_ASSIGN(const auto config, load_configuration(args));
  return device_settings(*config);
}

Result<int> run_show(const Arguments& args) {
  WEIR_ASSIGN(const device::DeviceConfig config, device_configuration(args));
  WEIR_ASSIGN(ops::Backend backend, ops::open_backend(config, ops::Workers(), system_clock()));
  server::DeviceDesk desk(*backend.context, config, nullptr, system_clock());
  desk.set_measured(backend.measured);
  if (args.has("json")) {
    std::printf("%s\n", desk.device_json().c_str());
    return kExitOk;
  }
  std::printf("%s\n", backend.line.c_str());
  const device::Device* device = backend.context->device();
  if (device == nullptr) {
    std::printf("reason: %s\n", std::string(desk.unusable_reason()).c_str());
    return kExitOk;
  }
  const device::DeviceInfo& info = device->info();
  std::printf("backend: %s\nuuid: %s\ndriver: %s\ncompute capability: %s\nmemory: %llu MiB\n",
              std::string(device::kind_name(info.kind)).c_str(), info.uuid.c_str(),
              info.driver.c_str(), info.compute.c_str(),
              static_cast<unsigned long long>(info.memory_bytes >> 20));
  return kExitOk;
}

// Makes the devices that the suites ask for: a new one each time, of the same configuration.
ops::parity::DeviceFactory factory_of(const device::DeviceConfig& config, bool simulated,
                                      std::uint64_t seed) {
  return [config, simulated, seed]() -> Result<std::unique_ptr<device::Device>> {
    device::DeviceConfig one = config;
    one.backend = simulated ? device::BackendChoice::kSim : device::BackendChoice::kCuda;
    one.sim_seed = seed;
    return ops::open_device(one, system_clock());
  };
}

// Runs one suite with one seed; returns how many runs failed.
std::size_t run_suite(const ops::parity::Suite& suite, const ops::parity::DeviceFactory& factory,
                      std::uint64_t seed) {
  const ops::parity::Outcome outcome = suite.on_device(factory, {.seed = seed});
  std::printf("%-28s seed %llu: %zu runs, %zu not supported, %zu failed\n",
              std::string(suite.entry.info.name).c_str(), static_cast<unsigned long long>(seed),
              outcome.runs, outcome.unsupported, outcome.failures.size());
  for (std::size_t i = 0; i < outcome.failures.size() && i < kFailuresShown; ++i) {
    std::printf("  %s\n", outcome.failures[i].c_str());
  }
  return outcome.failures.size();
}

Result<int> run_selftest(const Arguments& args) {
  const std::string backend = args.text("backend", "sim");
  if (backend != "sim" && backend != "cuda") {
    return fail(
        invalid_argument("usage", "--backend is \"" + backend + "\"").hint("use sim or cuda"));
  }
  WEIR_ASSIGN(device::DeviceConfig config, device_configuration(args));
  config.staging_bytes = std::min(config.staging_bytes, kSelftestStagingBytes);
  WEIR_ASSIGN(const std::uint64_t first, args.u64("seed", 1));
  WEIR_ASSIGN(const std::uint64_t seeds, args.u64("seeds", 1));
  if (seeds == 0) {
    return fail(invalid_argument("usage", "--seeds is 0: nothing would be compared")
                    .hint("give 1 or more"));
  }
  if (const auto device = factory_of(config, backend == "sim", first)(); !device) {
    return fail(device.error());
  }
  const std::string wanted = args.text("op");
  std::size_t failed = 0;
  std::size_t suites = 0;
  for (const ops::parity::Suite& suite : ops::parity::suites()) {
    if (!suite.on_device || !suite.entry.info.name.starts_with(wanted)) continue;
    ++suites;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
      failed += run_suite(suite, factory_of(config, backend == "sim", seed), seed);
    }
  }
  if (suites == 0) {
    return fail(not_found("op_unknown", "no op with a device form begins with \"" + wanted + "\"")
                    .hint("see weir op list"));
  }
  std::printf("%s\n", failed == 0 ? "every result equals the reference" : "the device is wrong");
  return failed == 0 ? kExitOk : kExitReplayDiffers;
}

}  // namespace

const Command kDeviceCommand = {"device", "", "what operations run on, and why not on a GPU",
                                kShowOptions, run_show};
const Command kDeviceSelftestCommand = {"device selftest", "",
                                        "compare every device form with its reference",
                                        kSelftestOptions, run_selftest};

}  // namespace weir::main
