#include "device/config.hpp"

#include <gtest/gtest.h>

#include "base/config/render.hpp"

namespace weir::device {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

ConfigLoad load_text(std::string text) {
  return load_config({.file_path = "w.toml", .file_text = std::move(text)});
}

std::string problems_of(const ConfigLoad& load) {
  std::string all;
  for (const ConfigProblem& problem : load.problems) all += problem.to_string() + "\n";
  return all;
}

TEST(DeviceConfig, HasTheDefaultsOfItsStruct) {
  const auto read = read_device_config(Config(), 4 * kGiB);
  ASSERT_TRUE(read);
  const DeviceConfig plain;
  EXPECT_EQ(read->backend, plain.backend);
  EXPECT_EQ(read->ordinal, plain.ordinal);
  EXPECT_EQ(read->uuid, plain.uuid);
  EXPECT_EQ(read->memory_bytes_max, plain.memory_bytes_max);
  EXPECT_EQ(read->host_memory_bytes_max, kGiB) << "a quarter of the machine's memory";
  EXPECT_EQ(read->soft_limit_ratio, plain.soft_limit_ratio);
  EXPECT_EQ(read->stream_threshold_ratio, plain.stream_threshold_ratio);
  EXPECT_EQ(read->scratch_bytes, plain.scratch_bytes);
  EXPECT_EQ(read->staging_bytes, plain.staging_bytes);
  EXPECT_EQ(read->chunk_bytes, plain.chunk_bytes);
  EXPECT_EQ(read->spill_host_bytes_max, plain.spill_host_bytes_max);
  EXPECT_EQ(read->spill_dir, plain.spill_dir);
  EXPECT_EQ(read->spill_file_bytes_max, plain.spill_file_bytes_max);
  EXPECT_EQ(read->workers, plain.workers);
  EXPECT_EQ(read->fallback, plain.fallback);
  EXPECT_EQ(read->gain_ratio_min, plain.gain_ratio_min);
  EXPECT_EQ(read->op_timeout_ms, plain.op_timeout_ms);
  EXPECT_EQ(read->health_interval_ms, plain.health_interval_ms);
  EXPECT_EQ(read->warn_celsius, plain.warn_celsius);
  EXPECT_EQ(read->critical_celsius, plain.critical_celsius);
  EXPECT_EQ(read->breaker_failures, plain.breaker_failures);
  EXPECT_EQ(read->breaker_window_s, plain.breaker_window_s);
  EXPECT_EQ(read->breaker_open_s, plain.breaker_open_s);
  EXPECT_EQ(read->unready_on_device_loss, plain.unready_on_device_loss);
  EXPECT_EQ(read->calibration_file, plain.calibration_file);
  EXPECT_EQ(read->sim_seed, plain.sim_seed);
  EXPECT_EQ(read->sim_oom_rate, plain.sim_oom_rate);
  EXPECT_EQ(read->sim_lose_at_op, plain.sim_lose_at_op);
}

TEST(DeviceConfig, ReadsEveryValueOfTheTable) {
  const ConfigLoad load = load_text(
      "[device]\nbackend = \"sim\"\nordinal = 3\nuuid = \"GPU-1\"\n"
      "memory_bytes_max = 1073741824\nhost_memory_bytes_max = 134217728\n"
      "soft_limit_ratio = 0.5\nstream_threshold_ratio = 0.6\nscratch_bytes = 1048577\n"
      "staging_bytes = 1048578\nchunk_bytes = 1048579\nspill_host_bytes_max = 5\n"
      "spill_dir = \"/tmp\"\nspill_file_bytes_max = 6\nworkers = 7\nfallback = \"raise\"\n"
      "gain_ratio_min = 2\nop_timeout_ms = 100\nhealth_interval_ms = 101\nwarn_celsius = 50\n"
      "critical_celsius = 60\nbreaker_failures = 8\nbreaker_window_s = 9\nbreaker_open_s = 10\n"
      "unready_on_device_loss = true\ncalibration_file = \"r\"\nsim_seed = 11\n"
      "sim_oom_rate = 0.25\nsim_lose_at_op = 12\n");
  ASSERT_NE(load.config, nullptr) << problems_of(load);
  const auto read = read_device_config(*load.config, kGiB);
  ASSERT_TRUE(read);
  EXPECT_EQ(backend_choice_name(read->backend), "sim");
  EXPECT_EQ(read->ordinal, 3U);
  EXPECT_EQ(read->uuid, "GPU-1");
  EXPECT_EQ(read->memory_bytes_max, kGiB);
  EXPECT_EQ(read->host_memory_bytes_max, 128 * kMiB);
  EXPECT_EQ(read->soft_limit_ratio, 0.5);
  EXPECT_EQ(read->stream_threshold_ratio, 0.6);
  EXPECT_EQ(read->scratch_bytes, kMiB + 1);
  EXPECT_EQ(read->staging_bytes, kMiB + 2);
  EXPECT_EQ(read->chunk_bytes, kMiB + 3);
  EXPECT_EQ(read->spill_host_bytes_max, 5U);
  EXPECT_EQ(read->spill_dir, "/tmp");
  EXPECT_EQ(read->spill_file_bytes_max, 6U);
  EXPECT_EQ(read->workers, 7U);
  EXPECT_EQ(fallback_mode_name(read->fallback), "raise");
  EXPECT_EQ(read->gain_ratio_min, 2.0);
  EXPECT_EQ(read->op_timeout_ms, 100U);
  EXPECT_EQ(read->health_interval_ms, 101U);
  EXPECT_EQ(read->warn_celsius, 50U);
  EXPECT_EQ(read->critical_celsius, 60U);
  EXPECT_EQ(read->breaker_failures, 8U);
  EXPECT_EQ(read->breaker_window_s, 9U);
  EXPECT_EQ(read->breaker_open_s, 10U);
  EXPECT_TRUE(read->unready_on_device_loss);
  EXPECT_EQ(read->calibration_file, "r");
  EXPECT_EQ(read->sim_seed, 11U);
  EXPECT_EQ(read->sim_oom_rate, 0.25);
  EXPECT_EQ(read->sim_lose_at_op, 12U);
}

TEST(DeviceConfig, TellsEveryProblemInOneRun) {
  const std::string all = problems_of(load_text(
      "[device]\nbackend = \"gpu\"\nmemroy_bytes_max = 1\nscratch_bytes = 134217729\n"
      "chunk_bytes = 134217728\nwarn_celsius = 90\nworkers = 17\nhost_memory_bytes_max = 1\n"
      "sim_seed = 2\ngain_ratio_min = 0.5\n"));
  for (const char* part :
       {"\"gpu\" is not one of auto, cpu, sim, cuda",
        "device.memroy_bytes_max: unknown key; did you mean device.memory_bytes_max?",
        "device.scratch_bytes: 134217729 is more than 134217728",
        "device.warn_celsius: 90 is not below device.critical_celsius, 90",
        "device.workers: 17 is outside 1 to 16",
        "device.host_memory_bytes_max: 1 is neither 0 nor at least 67108864",
        "device.sim_seed: belongs to the simulator alone",
        "device.gain_ratio_min: 0.5 is outside 1 to 10"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
  }
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 8) << all;
}

TEST(DeviceConfig, CutsDefaultSizesToASmallBudget) {
  const ConfigLoad load = load_text("device.memory_bytes_max = 67108864\n");
  ASSERT_NE(load.config, nullptr) << problems_of(load);
  const auto read = read_device_config(*load.config, kGiB);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->scratch_bytes, 16 * kMiB);
  EXPECT_EQ(read->staging_bytes, 16 * kMiB);
  EXPECT_EQ(read->chunk_bytes, 16 * kMiB);
}

TEST(DeviceConfig, TakesTheTableFromAFileOfItsOwn) {
  for (const char* text : {"[device]\nworkers = 4\n", "workers = 4\n", "device.workers = 4\n"}) {
    ConfigInputs inputs{.file_path = "w.toml", .file_text = "[device]\nworkers = 3\nordinal = 1\n"};
    inputs.device_file_path = "d.toml";
    inputs.device_file_text = text;
    const ConfigLoad load = load_config(inputs);
    ASSERT_NE(load.config, nullptr) << problems_of(load);
    EXPECT_EQ(load.config->i64("device.workers"), 4) << text;
    EXPECT_EQ(load.config->i64("device.ordinal"), 1) << "what it leaves out stays";
    EXPECT_EQ(load.config->source(*find_config_key("device.workers")).name, "d.toml");
    inputs.flags = {"device.workers=5"};
    EXPECT_EQ(load_config(inputs).config->i64("device.workers"), 5);
  }
}

TEST(DeviceConfig, RefusesOtherTablesInThatFile) {
  ConfigInputs inputs;
  inputs.device_file_path = "d.toml";
  inputs.device_file_text = "[device]\nworker = 4\n[server]\ndrain_s = 1\n";
  const std::string all = problems_of(load_config(inputs));
  EXPECT_NE(all.find("d.toml:2:1: device.worker: unknown key; did you mean device.workers?"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find("d.toml:3:2: server: does not belong here; only [device] does"),
            std::string::npos)
      << all;
}

TEST(DeviceConfig, ChecksSizesAgainstTheMachineAndTheDevice) {
  const ConfigLoad load = load_text("device.host_memory_bytes_max = 2147483648\n");
  const auto read = read_device_config(*load.config, kGiB);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().error().field, "device.host_memory_bytes_max");
  DeviceConfig config;
  EXPECT_TRUE(check_device_memory(config, 512 * kMiB).is_ok());
  EXPECT_EQ(check_device_memory(config, 512 * kMiB - 1).error().field, "device.memory_bytes_max");
  EXPECT_GE(machine_memory(), 64 * kMiB);
}

TEST(DeviceConfig, LeavesTheLogsTextAsItWasUnlessSet) {
  const std::string text = logged_config_text(Config());
  EXPECT_EQ(text.find("device."), std::string::npos);
  EXPECT_EQ(text.find("metrics."), std::string::npos);
  const ConfigLoad load = load_text("device.workers = 3\n");
  const std::string set = logged_config_text(*load.config);
  EXPECT_NE(set.find("\ndevice.workers = 3\n"), std::string::npos);
  EXPECT_EQ(set.find("device.ordinal"), std::string::npos);
}

}  // namespace
}  // namespace weir::device
