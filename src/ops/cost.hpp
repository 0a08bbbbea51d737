// The cost model: what a call would take on the CPU and on the device, in seconds.
//
//   t_cpu = max(bytes / bandwidth, flops / rate) / threads + overhead
//   t_device = launches * launch + up / link + max(bytes / bandwidth, flops / rate) + down / link
#pragma once

#include "device/rates.hpp"
#include "ops/op.hpp"

namespace weir::ops {

// Bandwidth is shared: `threads` cores together get no more than what all of them do.
double predicted_cpu_seconds(const Footprint& footprint, const device::Rates& rates,
                             unsigned threads);
double predicted_device_seconds(const Footprint& footprint, const device::Rates& rates);

}  // namespace weir::ops
