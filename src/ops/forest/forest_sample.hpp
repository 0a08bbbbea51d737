// Rows for the forest's tests and benches: reproducible, and the same as tests/golden/forest makes
// them.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "ops/forest/columns_view.hpp"

namespace weir::ops {

// Owns rows in columns, with a stride that is no power of two.
struct SampleRows {
  SampleRows(std::size_t row_count, std::size_t column_count)
      : rows(row_count),
        columns(column_count),
        stride((rows + 63) / 64 * 64 + 64),
        values(columns * stride) {}

  float& at(std::size_t row, std::size_t column) { return values[column * stride + row]; }
  ColumnsView view() const { return {values.data(), rows, stride, columns}; }

  std::size_t rows;
  std::size_t columns;
  std::size_t stride;
  std::vector<float> values;
};

// SplitMix64 of `index`, its top 24 bits as a fraction.
inline double sample_unit(std::uint64_t index) {
  std::uint64_t z = (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) / 16'777'216.0;
}

// The eight columns of the scikit-learn fixtures: uniform, skewed, integer, constant, sums,
// correlated.
inline SampleRows fixture_rows(std::size_t rows) {
  SampleRows made(rows, 8);
  for (std::size_t i = 0; i < rows; ++i) {
    double u[8];
    for (std::size_t k = 0; k < 8; ++k) u[k] = sample_unit(i * 8 + k);
    const double row[8] = {u[0],
                           u[1] * u[1],
                           std::floor(u[2] * 8),
                           3,
                           u[3] + u[4] + u[5],
                           u[0] + u[6] / 8,
                           std::floor(u[7] * 1.125),
                           u[3] - u[4]};
    for (std::size_t k = 0; k < 8; ++k) made.at(i, k) = static_cast<float>(row[k]);
  }
  return made;
}

// The rows of the forest bench, which bench/forest_peer.py computes too: each value a sum of four
// uniform numbers, column c scaled by c + 1.
inline SampleRows bench_rows(std::size_t rows, std::size_t columns) {
  SampleRows made(rows, columns);
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t i = 0; i < rows; ++i) {
      const std::uint64_t at = 4 * (i * columns + c);
      const double sum =
          sample_unit(at) + sample_unit(at + 1) + sample_unit(at + 2) + sample_unit(at + 3);
      made.at(i, c) = static_cast<float>((sum - 2) * static_cast<double>(c + 1));
    }
  }
  return made;
}

// Bell-shaped rows: each value a sum of four uniform numbers, column c scaled by c + 1.
inline SampleRows bell_rows(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  SampleRows made(rows, columns);
  for (std::size_t c = 0; c < columns; ++c) {
    Philox rng(seed, c);
    for (std::size_t i = 0; i < rows; ++i) {
      const double sum = rng.next_unit() + rng.next_unit() + rng.next_unit() + rng.next_unit();
      made.at(i, c) = static_cast<float>((sum - 2) * static_cast<double>(c + 1));
    }
  }
  return made;
}

}  // namespace weir::ops
