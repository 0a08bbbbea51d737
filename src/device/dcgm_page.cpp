#include "device/dcgm_page.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace weir::device {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += out.empty() ? '{' : ',';
  out.append(name).append("=\"");
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  out += '"';
}

std::string label_text(const GpuSample& gpu, const DcgmLabels& labels) {
  const std::string ordinal = std::to_string(gpu.index.value_or(labels.gpu));
  std::string out;
  append_label(out, "gpu", ordinal);
  if (gpu.uuid) append_label(out, "UUID", *gpu.uuid);
  if (gpu.pci_bus_id) append_label(out, "pci_bus_id", *gpu.pci_bus_id);
  append_label(out, "device", "nvidia" + ordinal);
  if (gpu.name) append_label(out, "modelName", *gpu.name);
  if (!labels.hostname.empty()) append_label(out, "Hostname", labels.hostname);
  if (gpu.driver) append_label(out, "DCGM_FI_DRIVER_VERSION", *gpu.driver);
  return out + "}";
}

class Page {
 public:
  Page(std::string& out, std::string labels) : out_(out), labels_(std::move(labels)) {}

  template <class T>
  void field(std::string_view name, std::string_view type, std::string_view help,
             const std::optional<T>& value, double scale = 1) {
    if (!value) return;
    out_.append("# HELP DCGM_FI_DEV_").append(name).append(" ").append(help);
    out_.append("\n# TYPE DCGM_FI_DEV_").append(name).append(" ").append(type);
    out_.append("\nDCGM_FI_DEV_").append(name).append(labels_).append(" ");
    std::array<char, 32> text;
    // Whole numbers as such: a counter of millijoules has more digits than a double prints.
    const auto end =
        scale == 1 ? std::to_chars(text.data(), text.data() + text.size(),
                                   static_cast<std::uint64_t>(*value))
                   : std::to_chars(text.data(), text.data() + text.size(),
                                   static_cast<double>(*value) / scale, std::chars_format::fixed);
    out_.append(text.data(), end.ptr);
    out_ += '\n';
  }

 private:
  std::string& out_;
  const std::string labels_;
};

}  // namespace

void append_dcgm_page(std::string& out, const HealthSample& sample, const DcgmLabels& labels) {
  const GpuSample& gpu = sample.gpu;
  const auto remapped = [&](auto member) {
    using Value = decltype(member(*gpu.remapped));
    return gpu.remapped ? std::optional<Value>(member(*gpu.remapped)) : std::nullopt;
  };
  std::optional<std::uint64_t> xid = sample.last_xid;
  if (!xid && sample.xids) xid = 0;  // watched, and none came
  Page page(out, label_text(gpu, labels));
  page.field("SM_CLOCK", "gauge", "SM clock frequency (in MHz).", gpu.sm_clock_mhz);
  page.field("MEM_CLOCK", "gauge", "Memory clock frequency (in MHz).", gpu.memory_clock_mhz);
  page.field("GPU_TEMP", "gauge", "GPU temperature (in C).", gpu.temperature_c);
  page.field("POWER_USAGE", "gauge", "Power draw (in W).", gpu.power_mw, 1000.0);
  page.field("TOTAL_ENERGY_CONSUMPTION", "counter",
             "Energy used since the driver was loaded (in mJ).", gpu.energy_mj);
  page.field("PCIE_REPLAY_COUNTER", "counter", "PCIe retries.", gpu.pcie_replays);
  page.field("GPU_UTIL", "gauge", "GPU utilization (in %).", gpu.utilization);
  page.field("MEM_COPY_UTIL", "gauge", "Memory utilization (in %).", gpu.memory_utilization);
  page.field("XID_ERRORS", "gauge", "Value of the last Xid error.", xid);
  page.field("FB_FREE", "gauge", "Free memory (in MiB).", gpu.memory_free, kMiB);
  page.field("FB_USED", "gauge", "Used memory (in MiB).", gpu.memory_used, kMiB);
  page.field("FB_RESERVED", "gauge", "Reserved memory (in MiB).", gpu.memory_reserved, kMiB);
  page.field("UNCORRECTABLE_REMAPPED_ROWS", "counter", "Rows remapped for uncorrectable errors.",
             remapped([](const GpuSample::Remapped& rows) { return rows.uncorrected; }));
  page.field("CORRECTABLE_REMAPPED_ROWS", "counter", "Rows remapped for correctable errors.",
             remapped([](const GpuSample::Remapped& rows) { return rows.corrected; }));
  page.field("ROW_REMAP_FAILURE", "gauge", "Whether remapping of rows has failed.",
             remapped([](const GpuSample::Remapped& rows) { return rows.failed; }));
}

}  // namespace weir::device
