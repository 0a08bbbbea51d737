// group.assign: rows with equal keys get one number; groups are numbered in order of first
// appearance.
//
//   Buffer<std::uint32_t> ids(n);
//   GroupAssign::Output out{ids.span()};
//   WEIR_TRY(GroupAssign::cpu(run, {keys}, out));
//   out.first_rows.size();     // groups; first_rows[g] is the first row of group g, ascending
//
// Class `exact`. Keys that lie close together are numbered by a table of all keys in their range,
// without a hash: 3 ns a row on one core with 100,000 of them. Others by their hash. Few groups:
// each thread numbers a range of rows in a table that stays in the cache, and the tables are joined
// in order. Many groups: rows are dealt out by hash, so that each part's table stays in the cache;
// about 13 ns a row on one core with a million groups, against 20 to 30 with one large table.
#pragma once

#include <cstdint>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/group/partition.hpp"
#include "ops/op.hpp"
#include "ops/table/buffer.hpp"

namespace weir::ops {

struct GroupAssign {
  static constexpr OpInfo kInfo{.name = "group.assign",
                                .version = 1,
                                .numeric = NumericClass::kExact,
                                .summary = "numbers of groups in order of first appearance"};
  struct Args {
    std::span<const std::uint64_t> keys;
  };
  // Memory of the call, kept for the next.
  struct Scratch {
    Partition partition;
    Buffer<std::uint64_t> keys;
    Buffer<std::uint32_t> rows;
    Buffer<std::uint32_t> local;
    Buffer<std::uint64_t> marks;
    Buffer<std::uint32_t> ranks;
  };
  // `ids` has as many elements as there are keys.
  struct Output {
    std::span<std::uint32_t> ids;
    Buffer<std::uint32_t> first_rows = {};
    Scratch scratch = {};
  };
  // invalid_argument: 2^32 - 1 rows or more; ids of another number.
  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
