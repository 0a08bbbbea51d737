#include "ops/cost.hpp"

#include <algorithm>

namespace weir::ops {
namespace {

// Index into the rates of the unit an op is bound by; bandwidth-bound ops compute in f64.
std::size_t unit_of(Ceiling ceiling) {
  switch (ceiling) {
    case Ceiling::kF32:
      return static_cast<std::size_t>(device::Unit::kF32);
    case Ceiling::kBf16:
      return static_cast<std::size_t>(device::Unit::kBf16);
    case Ceiling::kInt8:
      return static_cast<std::size_t>(device::Unit::kInt8);
    default:
      return static_cast<std::size_t>(device::Unit::kF64);
  }
}

double touched_bytes(const Footprint& footprint) {
  return static_cast<double>(footprint.bytes_in + footprint.bytes_out + footprint.bytes_resident);
}

}  // namespace

double predicted_cpu_seconds(const Footprint& footprint, const device::Rates& rates,
                             unsigned threads) {
  const double cores = std::max(1U, threads);
  const double bandwidth = std::min(rates.cpu_bytes_per_s * cores, rates.cpu_bytes_per_s_all);
  const double move = touched_bytes(footprint) / bandwidth;
  const double compute =
      footprint.flops / (rates.cpu_ops_per_s[unit_of(footprint.ceiling)] * cores);
  return std::max(move, compute) + rates.cpu_overhead_s;
}

double predicted_device_seconds(const Footprint& footprint, const device::Rates& rates) {
  const double up = static_cast<double>(footprint.bytes_in + footprint.bytes_resident);
  const double down = static_cast<double>(footprint.bytes_out);
  const double inside =
      touched_bytes(footprint) + 2.0 * static_cast<double>(footprint.bytes_scratch);
  const double work =
      std::max(inside / rates.device_bytes_per_s,
               footprint.flops / rates.device_ops_per_s[unit_of(footprint.ceiling)]);
  return footprint.launches * rates.launch_s + up / rates.link_up_bytes_per_s + work +
         down / rates.link_down_bytes_per_s;
}

}  // namespace weir::ops
