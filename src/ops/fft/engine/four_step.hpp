// The matrix between the two halves of a four-step transform: n1 rows of n2 values, real and
// imaginary parts apart, rows padded so that a column does not fall on one set of the cache.
#pragma once

#include <algorithm>
#include <cstddef>

#include "ops/fft/engine/engine.hpp"
#include "ops/fft/engine/plan.hpp"

namespace weir::ops::fft {

struct FourStepWork {
  double* re;
  double* im;
  std::size_t pitch;
};

inline std::size_t column_groups(const Plan& plan) {
  return plan.four.groups();
}
inline std::size_t row_groups(const Plan& plan) {
  return (plan.four.columns.n + kColumns - 1) / kColumns;
}
// The columns (or rows) that a group reads a vector from, and the end of those it stores. Where
// they are no multiple of kColumns, the last group starts kColumns before their end and the one
// before it stores up to there: each belongs to one group, whichever thread comes first.
struct GroupRange {
  std::size_t begin;
  std::size_t end;
};
inline GroupRange group_range(std::size_t group, std::size_t n) {
  const std::size_t last = n - kColumns;
  const std::size_t begin = group * kColumns;
  return begin >= last ? GroupRange{last, n} : GroupRange{begin, std::min(begin + kColumns, last)};
}
inline std::size_t four_step_pitch(const Plan& plan) {
  return (plan.four.rows.n + 7) / 8 * 8 + 8;
}
inline std::size_t four_step_doubles(const Plan& plan) {
  return 2 * four_step_pitch(plan) * plan.four.columns.n;
}
inline FourStepWork four_step_work(const Plan& plan, double* memory) {
  const std::size_t pitch = four_step_pitch(plan);
  return {memory, memory + pitch * plan.four.columns.n, pitch};
}

// One group of columns, then, once all of those are done, one of rows: in any order, on any thread.
void four_step_column_group(const Plan& plan, Direction direction, const double* in,
                            const FourStepWork& work, std::size_t group);
void four_step_row_group(const Plan& plan, Direction direction, double scale,
                         const FourStepWork& work, double* out, std::size_t group);

}  // namespace weir::ops::fft
