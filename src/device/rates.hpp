// Rates: how fast this machine and its device are, as the cost model needs it.
#pragma once

#include <array>
#include <cstddef>

namespace weir::device {

// Which unit a rate belongs to: operations per second in f64, f32, bf16 and int8 products.
enum class Unit : unsigned char { kF64, kF32, kBf16, kInt8 };
inline constexpr std::size_t kUnits = 4;

// Built-in values are cautious: a small core, a PCIe link, a GPU of compute capability 8.0.
// On a core bf16 and int8 stand to f32 at most as where it multiplies them natively (measured on
// Zen 5: 196 Gop/s in f32, 412 in bf16, 724 in int8).
// Products on the device run on its ordinary units: per multiprocessor and cycle 64 fused f32 (to
// which 16-bit numbers are widened) or as many 32-bit integer multiply-adds, half as many f64. At
// 108 multiprocessors and 1.41 GHz that is 19.5e12 operations a second; half of it is assumed.
struct Rates {
  // Of one core.
  double cpu_bytes_per_s = 10e9;
  std::array<double, kUnits> cpu_ops_per_s = {20e9, 40e9, 80e9, 140e9};
  double cpu_overhead_s = 2e-6;
  // Of all cores together.
  double cpu_bytes_per_s_all = 20e9;

  double link_up_bytes_per_s = 12e9;
  double link_down_bytes_per_s = 12e9;
  double launch_s = 20e-6;  // with the copies around it
  double device_bytes_per_s = 1000e9;
  std::array<double, kUnits> device_ops_per_s = {5e12, 10e12, 10e12, 10e12};
};

}  // namespace weir::device
