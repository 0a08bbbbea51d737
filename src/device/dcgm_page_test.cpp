#include "device/dcgm_page.hpp"

#include <gtest/gtest.h>

namespace weir::device {
namespace {

HealthSample full() {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  HealthSample sample;
  sample.gpu.name = "Fake \"F\" 200";
  sample.gpu.uuid = "GPU-1";
  sample.gpu.pci_bus_id = "00000000:1B:00.0";
  sample.gpu.driver = "570.00.01";
  sample.gpu.memory_used = 30 * kMiB + kMiB / 2;
  sample.gpu.memory_free = 109 * kMiB;
  sample.gpu.memory_reserved = 600 * kMiB;
  sample.gpu.temperature_c = 61;
  sample.gpu.power_mw = 412'345;
  sample.gpu.energy_mj = 9'123'456'789'012'345'678U;
  sample.gpu.sm_clock_mhz = 1980;
  sample.gpu.memory_clock_mhz = 3201;
  sample.gpu.utilization = 37;
  sample.gpu.memory_utilization = 12;
  sample.gpu.pcie_replays = 4;
  sample.gpu.remapped = GpuSample::Remapped{5, 1, false, true};
  sample.xids = 2;
  sample.last_xid = 79;
  return sample;
}

const std::string kLabels =
    "{gpu=\"3\",UUID=\"GPU-1\",pci_bus_id=\"00000000:1B:00.0\",device=\"nvidia3\","
    "modelName=\"Fake \\\"F\\\" 200\",Hostname=\"node-7\",DCGM_FI_DRIVER_VERSION=\"570.00.01\"}";

std::string page_of(const HealthSample& sample) {
  std::string page;
  append_dcgm_page(page, sample, {.gpu = 3, .hostname = "node-7"});
  return page;
}

TEST(DcgmPage, ShowsEveryFieldUnderItsName) {
  const std::string page = page_of(full());
  for (const char* line :
       {"GPU_TEMP@ 61", "POWER_USAGE@ 412.345", "SM_CLOCK@ 1980", "MEM_CLOCK@ 3201", "GPU_UTIL@ 37",
        "MEM_COPY_UTIL@ 12", "FB_USED@ 30.5", "FB_FREE@ 109", "FB_RESERVED@ 600",
        "TOTAL_ENERGY_CONSUMPTION@ 9123456789012345678", "PCIE_REPLAY_COUNTER@ 4", "XID_ERRORS@ 79",
        "CORRECTABLE_REMAPPED_ROWS@ 5", "UNCORRECTABLE_REMAPPED_ROWS@ 1", "ROW_REMAP_FAILURE@ 1"}) {
    std::string want = "\nDCGM_FI_DEV_" + std::string(line) + "\n";
    want.replace(want.find('@'), 1, kLabels);
    EXPECT_NE(page.find(want), std::string::npos) << want << page;
  }
  EXPECT_NE(page.find("# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter\n"), std::string::npos);
  EXPECT_EQ(page.find("PROF_"), std::string::npos);
}

TEST(DcgmPage, LeavesOutWhatNobodyCouldRead) {
  EXPECT_EQ(page_of(HealthSample()), "");
  HealthSample sample;
  sample.gpu.temperature_c = 40;
  sample.xids = 0;
  EXPECT_EQ(page_of(sample),
            "# HELP DCGM_FI_DEV_GPU_TEMP GPU temperature (in C).\n"
            "# TYPE DCGM_FI_DEV_GPU_TEMP gauge\n"
            "DCGM_FI_DEV_GPU_TEMP{gpu=\"3\",device=\"nvidia3\",Hostname=\"node-7\"} 40\n"
            "# HELP DCGM_FI_DEV_XID_ERRORS Value of the last Xid error.\n"
            "# TYPE DCGM_FI_DEV_XID_ERRORS gauge\n"
            "DCGM_FI_DEV_XID_ERRORS{gpu=\"3\",device=\"nvidia3\",Hostname=\"node-7\"} 0\n");
}

}  // namespace
}  // namespace weir::device
