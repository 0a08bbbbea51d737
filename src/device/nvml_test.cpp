#include "device/nvml.hpp"

#include <gtest/gtest.h>

#include "device/testing/fake_nvml/fake_nvml.hpp"

namespace weir::device {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
const std::string kFull = WEIR_FAKE_NVML "/libfake_nvml.so";
const std::string kOld = WEIR_FAKE_NVML "/libfake_nvml_old.so";
const std::string kBare = WEIR_FAKE_NVML "/libfake_nvml_bare.so";

std::unique_ptr<Nvml> open(const std::string& path) {
  auto nvml = Nvml::open(path);
  EXPECT_TRUE(nvml) << nvml.error().to_string();
  return nvml ? std::move(*nvml) : nullptr;
}

TEST(Nvml, ReadsEveryField) {
  const auto nvml = open(kFull);
  EXPECT_TRUE(nvml->missing().empty());
  const auto gpu = nvml->find({});
  ASSERT_TRUE(gpu);
  const GpuSample sample = nvml->sample(*gpu);
  EXPECT_EQ(sample.name, "Fake \"F\" 200");
  EXPECT_EQ(sample.uuid, "GPU-00000000-0000");
  EXPECT_EQ(sample.pci_bus_id, "00000000:1B:00.0");
  EXPECT_EQ(sample.driver, "570.00.01");
  EXPECT_EQ(sample.memory_total, 140 * kGiB);
  EXPECT_EQ(sample.memory_used, 30 * kGiB);
  EXPECT_EQ(sample.memory_free, 109 * kGiB);
  EXPECT_EQ(sample.memory_reserved, kGiB);
  EXPECT_EQ(sample.utilization, 37U);
  EXPECT_EQ(sample.memory_utilization, 12U);
  EXPECT_EQ(sample.temperature_c, 61U);
  EXPECT_EQ(sample.power_mw, 412'345U);
  EXPECT_EQ(sample.energy_mj, 123'456'789'012U);
  EXPECT_EQ(sample.sm_clock_mhz, 1980U);
  EXPECT_EQ(sample.memory_clock_mhz, 3201U);
  EXPECT_EQ(sample.throttle_reasons, 1U);
  EXPECT_EQ(sample.ecc_corrected, 3U);
  EXPECT_EQ(sample.ecc_uncorrected, 0U);
  ASSERT_TRUE(sample.remapped);
  EXPECT_EQ(sample.remapped->corrected, 5U);
  EXPECT_EQ(sample.remapped->uncorrected, 1U);
  EXPECT_TRUE(sample.remapped->pending);
  EXPECT_FALSE(sample.remapped->failed);
  EXPECT_EQ(sample.pcie_replays, 4U);
  EXPECT_EQ(sample.processes, 2U);
}

TEST(Nvml, CountsReservedMemoryOnceWhateverTheDriverMeansByUsed) {
  const auto nvml = open(kFull);
  fake_nvml(kFull).used_includes_reserved = true;
  EXPECT_EQ(nvml->sample(*nvml->find({})).memory_used, 30 * kGiB);
}

TEST(Nvml, FindsByOrdinalAndByUuid) {
  const auto nvml = open(kFull);
  EXPECT_EQ(nvml->sample(*nvml->find({.ordinal = 1})).pci_bus_id, "00000000:1C:00.0");
  EXPECT_EQ(nvml->sample(*nvml->find({.uuid = "GPU-11111111-1111"})).pci_bus_id,
            "00000000:1C:00.0");
  EXPECT_EQ(nvml->find({.ordinal = 2}).error().to_string(),
            "not_found (gpu_unknown): no GPU 2: Invalid Argument [field device.ordinal]");
  EXPECT_EQ(nvml->find({.uuid = "GPU-2"}).error().error().field, "device.uuid");
}

TEST(Nvml, LeavesEmptyWhatAnOldLibraryLacks) {
  const auto nvml = open(kOld);
  const GpuSample sample = nvml->sample(*nvml->find({}));
  EXPECT_EQ(sample.throttle_reasons, 1U) << "under its old name";
  EXPECT_EQ(sample.temperature_c, 61U);
  EXPECT_FALSE(sample.memory_total || sample.memory_used || sample.memory_reserved);
  EXPECT_FALSE(sample.energy_mj);
  EXPECT_FALSE(sample.remapped);
  EXPECT_FALSE(sample.processes);
  EXPECT_EQ(nvml->watch_xids(*nvml->find({})).reason(), "nvml_events");
  EXPECT_TRUE(nvml->take_xids().empty());
  EXPECT_EQ(nvml->missing().size(), 8U);
}

TEST(Nvml, LeavesEmptyWhatABareLibraryLacks) {
  const auto nvml = open(kBare);
  const GpuSample sample = nvml->sample(*nvml->find({}));
  EXPECT_EQ(sample.temperature_c, 61U);
  EXPECT_FALSE(sample.name || sample.uuid || sample.pci_bus_id || sample.driver);
  EXPECT_FALSE(sample.power_mw || sample.utilization || sample.sm_clock_mhz);
  EXPECT_FALSE(sample.throttle_reasons || sample.ecc_uncorrected || sample.pcie_replays);
  EXPECT_EQ(nvml->find({.ordinal = 9}).error().message(), "no GPU 9: error 2");
}

TEST(Nvml, LeavesEmptyWhatTheGpuDoesNotAnswer) {
  const auto nvml = open(kFull);
  fake_nvml(kFull).ecc_code = 3;  // not supported
  const GpuSample sample = nvml->sample(*nvml->find({}));
  EXPECT_FALSE(sample.ecc_corrected || sample.ecc_uncorrected);
  EXPECT_TRUE(sample.power_mw);
}

TEST(Nvml, CollectsXidsWithoutWaiting) {
  const auto nvml = open(kFull);
  const auto gpu = nvml->find({});
  ASSERT_TRUE(nvml->watch_xids(*gpu).is_ok());
  EXPECT_TRUE(nvml->take_xids().empty());
  FakeNvml& fake = fake_nvml(kFull);
  fake.xids[0] = 79;
  fake.xids[1] = 48;
  fake.xid_count = 2;
  EXPECT_EQ(nvml->take_xids(), (std::vector<std::uint64_t>{79, 48}));
  EXPECT_TRUE(nvml->take_xids().empty());
}

TEST(Nvml, SaysWhyItsEventsDoNotWork) {
  const auto nvml = open(kFull);
  fake_nvml(kFull).register_code = 3;
  EXPECT_EQ(nvml->watch_xids(*nvml->find({})).code(), Code::kUnimplemented);
}

TEST(Nvml, SaysWhyThereIsNoLibrary) {
  const auto nvml = Nvml::open("/nowhere/libnvidia-ml.so.1");
  ASSERT_FALSE(nvml);
  EXPECT_EQ(nvml.error().code(), Code::kUnavailable);
  EXPECT_EQ(nvml.error().reason(), "nvml");
  EXPECT_NE(nvml.error().message().find("/nowhere/"), std::string::npos);
}

TEST(Nvml, StopsWhatItStarted) {
  const auto outer = open(kFull);
  EXPECT_EQ(fake_nvml(kFull).starts, 1);
  open(kFull).reset();
  EXPECT_EQ(fake_nvml(kFull).starts, 1);
  fake_nvml(kFull).init_code = 9;
  const auto refused = Nvml::open(kFull);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("does not start"), std::string::npos);
  EXPECT_EQ(fake_nvml(kFull).starts, 1);
}

TEST(Nvml, NamesTheReasonsOfLowerClocks) {
  EXPECT_TRUE(throttle_names(0).empty());
  EXPECT_EQ(throttle_names(0x44),
            (std::vector<std::string>{"sw_power_cap", "hw_thermal_slowdown"}));
  EXPECT_EQ(throttle_names(std::uint64_t{1} << 40), std::vector<std::string>{"bit_40"});
}

}  // namespace
}  // namespace weir::device
