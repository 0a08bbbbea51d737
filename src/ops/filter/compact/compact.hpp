// filter.compact: the values of a column whose bits are set, in order.
//
//   Buffer<double> kept(selection.rows);
//   Compact::Output out{.values = as_writable_chars(kept)};
//   WEIR_TRY(Compact::cpu(run, {bits, rows, values, sizeof(double)}, out));
//
// Class `exact`. One read of the values that are near set bits; runs of 64 rows without a bit are
// not touched.
#pragma once

#include <cstdint>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Compact {
  static constexpr OpInfo kInfo{.name = "filter.compact",
                                .version = 1,
                                .numeric = NumericClass::kExact,
                                .quantum_rows = 2048,
                                .summary = "values whose bits are set, in order"};
  // Bit i % 64 of word i / 64 stands for row i; bits beyond `rows` are zero. `values` holds `rows`
  // values of `width` bytes, 4 or 8.
  struct Args {
    std::span<const std::uint64_t> bits;
    std::size_t rows = 0;
    std::span<const char> values;
    std::uint32_t width = 8;
  };
  // `values` has room for as many values as bits are set.
  struct Output {
    std::span<char> values;
  };
  // invalid_argument: lengths that do not fit, of the output, too, another width, a bit behind the
  // last row.
  static Status check(const Args& args);
  // Whether `kept` values fit `out`; how many there are is found where they are counted anyway.
  static Status check_room(const Args& args, std::size_t kept, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
