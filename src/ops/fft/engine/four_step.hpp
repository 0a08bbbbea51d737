// The matrix between the two halves of a four-step transform: n1 rows of n2 values, real and
// imaginary parts apart, rows padded so that a column does not fall on one set of the cache.
#pragma once

#include <cstddef>

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

}  // namespace weir::ops::fft
