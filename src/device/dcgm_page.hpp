// The GPU's health under the names and labels that NVIDIA's DCGM exporter uses, for dashboards that
// were made for it. Served as /metrics/dcgm if metrics.dcgm_page is set.
//
//   std::string page;
//   append_dcgm_page(page, monitor.latest(), {.gpu = 0, .hostname = "node-7"});
//
// What nobody could read is left out, with its header; so are the DCGM_FI_PROF_ fields, whose
// counters Weir does not read.
#pragma once

#include <cstdint>
#include <string>

#include "device/health.hpp"

namespace weir::device {

struct DcgmLabels {
  std::uint32_t gpu = 0;  // its ordinal, where the sample does not know it
  std::string hostname = {};
};

// Appends Prometheus text, format 0.0.4; nothing for a sample without a GPU.
void append_dcgm_page(std::string& out, const HealthSample& sample, const DcgmLabels& labels);

}  // namespace weir::device
