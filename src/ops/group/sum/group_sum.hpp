// group.sum: sums of a column by group, in a prescribed order of additions.
//
//   std::vector<double> sums(groups);
//   GroupSum::Output out{sums};
//   WEIR_TRY(GroupSum::cpu(run, {.ids = ids, .values = amounts, .groups = groups}, out));
//
// Class `fixed`: the order is that of BlockSum (4,096-row blocks by row index). A group without
// values, or all of whose values are null, sums to 0.0. Few groups: a partial sum for each group
// and block, joined group by group. Some 10,000 to 100,000: a pass over all rows that fetches the
// sums it will need, on each of a few threads. More: rows are dealt out by group so that a part's
// sums stay in the cache.
#pragma once

#include <cstdint>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/group/block_sum.hpp"
#include "ops/group/partition.hpp"
#include "ops/op.hpp"
#include "ops/table/buffer.hpp"

namespace weir::ops {

struct GroupSum {
  static constexpr OpInfo kInfo{.name = "group.sum",
                                .version = 1,
                                .numeric = NumericClass::kFixed,
                                .quantum_rows = kGroupBlockRows,
                                .summary = "sums by group"};
  // `ids` [rows] below `groups`; `values` [rows]; `validity`: bit i % 64 of word i / 64 set: row i
  // has a value; empty: all have.
  struct Args {
    std::span<const std::uint32_t> ids;
    std::span<const double> values;
    std::uint32_t groups = 0;
    std::span<const std::uint64_t> validity = {};
  };
  // A row on its way to the part that holds its group.
  struct Dealt {
    std::uint32_t id;
    std::uint32_t block;
    double value;
  };
  // Memory of the call, kept for the next.
  struct Scratch {
    Partition partition;
    Buffer<Dealt> dealt;
    Buffer<double> partials;
    Buffer<BlockSum> sums;
  };
  // `sums` has `groups` elements.
  struct Output {
    std::span<double> sums;
    Scratch scratch = {};
  };
  // invalid_argument: lengths that differ, of the output, too, an id of `groups` or more with its
  // row.
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
