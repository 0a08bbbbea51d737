// Frames: for each place of a table in window order, the places its values come from.
//
//   WEIR_ASSIGN(const WindowOrder order, window_order(run, table, step, {}, &errors));
//   WEIR_ASSIGN(const FrameBounds frames, frame_bounds(order, step.frame));
//   frames.begin[p], frames.end[p];       // places [begin, end), both never falling in a partition
#pragma once

#include "ops/window/window.hpp"

namespace weir::ops {

// A table's rows by partition, order keys and row.
struct WindowOrder {
  Buffer<std::uint32_t> rows;        // of each place
  std::vector<std::size_t> starts;   // first places of partitions, and the number of rows
  Buffer<std::uint32_t> peer_first;  // the first place of the partition with equal order keys
  // What distances are measured in: the one order key, if there is one of a fitting type.
  ColumnPtr key;
  bool key_descending = false;
  bool ordered = false;
};

Result<WindowOrder> window_order(OpRunner& run, const Table& table, const WindowStep& step,
                                 const EvaluateOptions& options, std::uint64_t* errors);

struct FrameBounds {
  Buffer<std::uint32_t> begin;
  Buffer<std::uint32_t> end;
};

// invalid_argument frame_order: a range frame whose order has no distances.
Result<FrameBounds> frame_bounds(const WindowOrder& order, const Frame& frame);

}  // namespace weir::ops
