#include "ops/sparse/from_dense/from_dense.hpp"

namespace weir::ops {

Status CsrFromDense::reference(const Args& args, Output& out) {
  const MatrixView<double>& dense = args.dense;
  CsrParts parts{.rows = dense.rows, .cols = dense.cols};
  for (std::size_t r = 0; r < dense.rows; ++r) {
    for (std::size_t c = 0; c < dense.cols; ++c) {
      if (dense(r, c) == 0) continue;
      parts.columns.push_back(static_cast<std::uint32_t>(c));
      parts.values.push_back(dense(r, c));
    }
    parts.offsets.push_back(parts.columns.size());
  }
  out.zeros = dense.size() - parts.columns.size();
  out.converted = args.format == MatrixFormat::kCsr || 2 * out.zeros > dense.size();
  out.matrix = out.converted ? Csr(std::move(parts)) : Csr();
  return Status::ok();
}

}  // namespace weir::ops
