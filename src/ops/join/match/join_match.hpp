// join.match: which rows of two tables have equal keys.
//
//   JoinMatch::Output out;
//   WEIR_TRY(JoinMatch::cpu(run, {.left = left, .right = right, .kind = JoinKind::kLeft}, out));
//   out.left_rows[i], out.right_rows[i];    // kNoRow where a left row has no match
//
// Left order, then right order within the matches of a left row. A null key matches nothing. Class
// `exact`. The right keys go into one table, whose look-ups are prefetched in bursts; left rows are
// looked up once and written in a second pass, by ranges, so that threads write in place.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"
#include "ops/table/buffer.hpp"

namespace weir::ops {

enum class JoinKind : std::uint8_t { kInner, kLeft, kSemi, kAnti };

struct JoinMatch {
  static constexpr OpInfo kInfo{.name = "join.match",
                                .version = 1,
                                .numeric = NumericClass::kExact,
                                .quantum_rows = 1024,
                                .summary = "rows of two tables with equal keys"};
  static constexpr std::uint32_t kNoRow = 0xFFFFFFFFU;
  // Validity: bit set: the row's key is not null; empty: none is.
  struct Args {
    std::span<const std::uint64_t> left;
    std::span<const std::uint64_t> right;
    std::span<const std::uint64_t> left_validity = {};
    std::span<const std::uint64_t> right_validity = {};
    JoinKind kind = JoinKind::kInner;
    // Asked, unless null, how many rows may come out, before they are made; it may be asked again
    // where a device gave up.
    const std::function<Status(std::size_t rows)>* admit = nullptr;
  };
  // `right_rows` is empty for semi and anti joins.
  struct Output {
    Buffer<std::uint32_t> left_rows = {};
    Buffer<std::uint32_t> right_rows = {};
    Buffer<std::uint32_t> found = {};  // scratch
  };
  // invalid_argument: lengths that do not fit, 2^32 - 1 rows or more.
  static Status check(const Args& args);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  // out_of_range: more than 2^32 - 2 rows come out. Errors also: those of args.admit.
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
