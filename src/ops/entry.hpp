// OpEntry: an op with its types erased, as the registry lists it and the executor runs it.
//
//   constexpr OpEntry kEntry = entry_of<Sum>();
//   kEntry.run[device::Kind::kSim] != nullptr       // it has a device form
#pragma once

#include <array>
#include <cstdint>

#include "device/kind.hpp"
#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct OpEntry {
  OpInfo info;
  // Checks the arguments and, unless it is null, the caller's memory for the output.
  Status (*check)(const void* args, const void* output);
  Support (*supports)(const void* args, device::Kind kind);
  Footprint (*footprint)(const void* args);
  std::uint64_t (*rows_out)(const void* args, const void* output);
  Status (*cpu)(CpuRun& run, const void* args, void* output);
  Status (*sim)(DeviceRun& run, const void* args, void* output);   // null: no device form
  Status (*cuda)(DeviceRun& run, const void* args, void* output);  // null: none, or built without

  bool has(device::Kind kind) const {
    return kind == device::Kind::kCpu   ? cpu != nullptr
           : kind == device::Kind::kSim ? sim != nullptr
                                        : cuda != nullptr;
  }
};

template <class Op>
constexpr OpEntry entry_of() {
  using Args = typename Op::Args;
  using Output = typename Op::Output;
  OpEntry entry{};
  entry.info = Op::kInfo;
  entry.check = [](const void* args, const void* output) -> Status {
    WEIR_TRY(Op::check(*static_cast<const Args*>(args)));
    if constexpr (requires(const Args& a, const Output& o) { Op::check_output(a, o); }) {
      if (output != nullptr) {
        return Op::check_output(*static_cast<const Args*>(args),
                                *static_cast<const Output*>(output));
      }
    }
    return Status::ok();
  };
  entry.supports = [](const void* args, device::Kind kind) {
    return Op::supports(*static_cast<const Args*>(args), kind);
  };
  entry.footprint = [](const void* args) { return Op::footprint(*static_cast<const Args*>(args)); };
  entry.rows_out = [](const void* args, const void* output) -> std::uint64_t {
    if constexpr (requires(const Output& o) { Op::rows_out(o); }) {
      static_cast<void>(args);
      return Op::rows_out(*static_cast<const Output*>(output));
    } else {
      static_cast<void>(output);
      return Op::footprint(*static_cast<const Args*>(args)).rows;
    }
  };
#if defined(WEIR_REFERENCE_ONLY)  // the check of a GPU machine is built without the CPU's libraries
  entry.cpu = [](CpuRun&, const void* args, void* output) {
    return Op::reference(*static_cast<const Args*>(args), *static_cast<Output*>(output));
  };
#else
  entry.cpu = [](CpuRun& run, const void* args, void* output) {
    return Op::cpu(run, *static_cast<const Args*>(args), *static_cast<Output*>(output));
  };
#endif
  if constexpr (requires { &Op::sim; }) {
#if !defined(WEIR_REFERENCE_ONLY)
    entry.sim = [](DeviceRun& run, const void* args, void* output) {
      return Op::sim(run, *static_cast<const Args*>(args), *static_cast<Output*>(output));
    };
#endif
#if WEIR_CUDA
    entry.cuda = [](DeviceRun& run, const void* args, void* output) {
      return Op::cuda(run, *static_cast<const Args*>(args), *static_cast<Output*>(output));
    };
#endif
  }
  return entry;
}

}  // namespace weir::ops
