// for_runs: cuts the elements of row-major matrices of one shape into runs for the workers.
//
//   for_runs(run, args.a.rows, args.a.cols, packed, [&](std::size_t row, std::size_t col,
//                                                       std::size_t count) { ... });
//
// Where all matrices are packed (`packed`) their elements count as one long row, so that a run may
// go on over the ends of rows and small rows cost nothing.
#pragma once

#include <algorithm>
#include <cstddef>

#include "ops/cpu_run.hpp"

namespace weir::ops {

inline constexpr std::size_t kRunElements = std::size_t{1} << 17;
// Results larger than this are written past the caches: they would push out what is still needed,
// and writing through them reads each line first.
inline constexpr std::size_t kStreamBytes = std::size_t{16} << 20;

template <class Body>
void for_runs(CpuRun& run, std::size_t rows, std::size_t cols, bool packed, Body&& body) {
  if (rows == 0 || cols == 0) return;
  if (packed) {
    const std::size_t count = rows * cols;
    run.workers.run((count + kRunElements - 1) / kRunElements, [&](std::size_t task) {
      if (run.cancelled()) return;
      const std::size_t first = task * kRunElements;
      body(0, first, std::min(kRunElements, count - first));
    });
    return;
  }
  const std::size_t together = std::max<std::size_t>(1, kRunElements / cols);
  run.workers.run((rows + together - 1) / together, [&](std::size_t task) {
    if (run.cancelled()) return;
    const std::size_t end = std::min(rows, (task + 1) * together);
    for (std::size_t row = task * together; row < end; ++row) body(row, 0, cols);
  });
}

inline Status cancelled_or_ok(const CpuRun& run, const char* what) {
  if (run.cancelled()) return Status(Code::kCancelled, "cancelled", what);
  return Status::ok();
}

}  // namespace weir::ops
