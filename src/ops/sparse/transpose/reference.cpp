#include <utility>

#include "ops/sparse/transpose/transpose.hpp"

namespace weir::ops {

Status CsrTranspose::reference(const Args& args, Output& out) {
  std::vector<std::vector<std::pair<std::uint32_t, double>>> rows(args.a.cols());
  for (std::size_t r = 0; r < args.a.rows(); ++r) {
    for (std::size_t e = args.a.offsets()[r]; e < args.a.offsets()[r + 1]; ++e) {
      rows[args.a.columns()[e]].emplace_back(static_cast<std::uint32_t>(r), args.a.values()[e]);
    }
  }
  CsrParts parts{.rows = args.a.cols(), .cols = args.a.rows()};
  for (const auto& row : rows) {
    for (const auto& [column, value] : row) {
      parts.columns.push_back(column);
      parts.values.push_back(value);
    }
    parts.offsets.push_back(parts.columns.size());
  }
  out.matrix = Csr(std::move(parts));
  return Status::ok();
}

}  // namespace weir::ops
