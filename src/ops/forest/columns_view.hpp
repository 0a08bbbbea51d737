// ColumnsView: rows of f32 columns laid out column by column, as the forest reads them.
//
//   ColumnsView rows{features.data(), features.rows(), features.stride(), profile::kFeatures};
//   const float x = rows.column(3)[row];
#pragma once

#include <cstddef>

namespace weir::ops {

// Column-major [columns][stride]; column c begins at data + c * stride and holds `rows` values.
// Vector code reads `rows` values of a column and no more. Does not own its memory.
struct ColumnsView {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t stride = 0;
  std::size_t columns = 0;

  const float* column(std::size_t c) const { return data + c * stride; }
  float at(std::size_t row, std::size_t c) const { return data[c * stride + row]; }
  // Returns rows [first, first + count) of the same columns.
  ColumnsView slice(std::size_t first, std::size_t count) const {
    return {data + first, count, stride, columns};
  }
};

}  // namespace weir::ops
