// for_row_blocks: a source from its first row to its last, in blocks whose size depends on the
// width alone, so that a file and memory are worked through alike.
//
//   AlignedBuffer<double> buffer = row_block_buffer(x);
//   WEIR_TRY(for_row_blocks(x, buffer.span(), [&](ops::MatrixView<double> block, std::size_t first)
//                                                 -> Status { ... }));
#pragma once

#include <algorithm>
#include <span>

#include "base/aligned.hpp"
#include "base/result.hpp"
#include "model/numeric/matrix_source.hpp"

namespace weir::model {

// Returns how many rows a block has: about 64 MiB, a multiple of 4,096.
constexpr std::size_t row_block(std::size_t cols) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  constexpr std::size_t kStep = 4096;
  return std::max(kBytes / (cols * sizeof(double)) / kStep, std::size_t{1}) * kStep;
}

// Returns the memory that for_row_blocks needs: none if the source does not.
inline AlignedBuffer<double> row_block_buffer(const MatrixSource& x) {
  return AlignedBuffer<double>(x.needs_buffer() ? std::min(row_block(x.cols()), x.rows()) * x.cols()
                                                : 0);
}

// Calls visit(view, first row) for each block in order. Errors: those of the source and of visit.
template <class Visit>
Status for_row_blocks(MatrixSource& x, std::span<double> buffer, Visit visit) {
  const std::size_t step = row_block(x.cols());
  for (std::size_t first = 0; first < x.rows(); first += step) {
    WEIR_ASSIGN(const auto view, x.block(first, std::min(step, x.rows() - first), buffer));
    WEIR_TRY(visit(view, first));
  }
  return Status::ok();
}

}  // namespace weir::model
