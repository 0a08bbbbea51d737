// What functions make of frames.
#pragma once

#include "ops/window/frames.hpp"

namespace weir::ops {

// Computes an aggregate over each row's frame. `values`: the argument's column in the table's order
// of rows, or null for count(). Errors as of aggregate(), with `options` and `errors` as there;
// cancelled and deadline_exceeded between frames.
Result<ColumnPtr> frame_aggregate(OpRunner& run, const Aggregate& what, const Column* values,
                                  const WindowOrder& order, const FrameBounds& frames,
                                  const EvaluateOptions& options, std::uint64_t* errors);

// Places from 1 in the partition; with `peers` those of the first row with equal order keys.
ColumnPtr frame_places(const WindowOrder& order, bool peers);

// The value `offset` places after each row in its partition; null beyond its edges.
ColumnPtr frame_shift(const Column& values, const WindowOrder& order, std::int64_t offset);

}  // namespace weir::ops
