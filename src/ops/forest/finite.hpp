// all_finite: finds NaN and infinities at memory speed.
//
//   if (!all_finite({rows.column(c), rows.rows})) ...
#pragma once

#include <span>

namespace weir::ops {

// Returns true if no value is NaN or infinite. Thread-safe, no allocation; a vector per cycle.
bool all_finite(std::span<const float> values);

}  // namespace weir::ops
