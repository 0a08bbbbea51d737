// sort.keys: unsigned 64-bit numbers in ascending order.
//
//   SortKeys::Output out{sorted.span()};
//   WEIR_TRY(SortKeys::cpu(run, {.keys = keys}, out));
//
// Class `exact`. On the CPU a copy and Highway's vectorised quicksort, in place.
#pragma once

#include <cstdint>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct SortKeys {
  static constexpr OpInfo kInfo{.name = "sort.keys",
                                .version = 1,
                                .numeric = NumericClass::kExact,
                                .quantum_rows = 1024,
                                .summary = "unsigned 64-bit numbers in ascending order"};
  struct Args {
    std::span<const std::uint64_t> keys;
  };
  // `keys` has as many elements as Args::keys and does not overlap them.
  struct Output {
    std::span<std::uint64_t> keys;
  };
  // invalid_argument: 2^32 - 1 keys or more, an output of another length.
  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
