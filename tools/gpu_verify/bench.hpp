// What gpu_verify times, each workload in a process of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/gpu_verify/gpu.hpp"

namespace weir::gpu_verify {

std::vector<std::string_view> workloads();

// Runs a workload and returns its figures as a JSON object of one line. not_found: no such one; the
// errors of the op.
Result<std::string> bench(const Gpu& gpu, std::string_view workload);

}  // namespace weir::gpu_verify
