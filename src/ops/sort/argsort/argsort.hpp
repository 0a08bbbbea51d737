// sort.argsort: the order of rows by one or more words of key, ties by row.
//
//   Buffer<std::uint32_t> rows(n);
//   Argsort::Output out{rows.span()};
//   WEIR_TRY(Argsort::cpu(run, {.keys = keys, .words = 1, .rows = n}, out));
//   // keys[rows[0]] <= keys[rows[1]] <= ...
//
// Words are unsigned; ops/table/key.hpp makes them of columns so that their order is the total
// order of values, nulls and directions included. Class `exact`. Cost on one core, 4 M random keys:
// one pass to pack, a vectorised quicksort of 64-bit numbers, one pass to unpack.
#pragma once

#include <cstdint>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"

namespace weir::ops {

struct Argsort {
  static constexpr OpInfo kInfo{.name = "sort.argsort",
                                .version = 1,
                                .numeric = NumericClass::kExact,
                                .quantum_rows = 1024,
                                .summary = "order of rows by keys, ties by row"};
  // `keys` is [words, rows]: word w of row r is keys[w * rows + r], word 0 counts most.
  struct Args {
    std::span<const std::uint64_t> keys;
    std::size_t words = 1;
    std::size_t rows = 0;
  };
  // `rows` has Args::rows elements: the rows in order.
  struct Output {
    std::span<std::uint32_t> rows;
  };
  // invalid_argument: shapes that do not fit, of the output, too, 2^32 - 1 rows or more.
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
