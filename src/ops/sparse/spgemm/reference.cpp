#include <map>
#include <utility>

#include "base/numeric/canonical.hpp"
#include "ops/sparse/spgemm/spgemm.hpp"

namespace weir::ops {

Status Spgemm::reference(const Args& args, Output& out) {
  const CsrView& a = args.a;
  const CsrView& b = args.b;
  CsrParts parts{.rows = a.rows(), .cols = b.cols()};
  for (std::size_t r = 0; r < a.rows(); ++r) {
    std::map<std::uint32_t, double> row;
    for (std::size_t e = a.offsets()[r]; e < a.offsets()[r + 1]; ++e) {
      const std::size_t k = a.columns()[e];
      for (std::size_t f = b.offsets()[k]; f < b.offsets()[k + 1]; ++f) {
        const double product = a.values()[e] * b.values()[f];
        const auto [at, is_new] = row.try_emplace(b.columns()[f], product);
        if (!is_new) at->second += product;
      }
    }
    for (const auto& [column, value] : row) {
      parts.columns.push_back(column);
      parts.values.push_back(numeric::one_nan(value));
    }
    parts.offsets.push_back(parts.columns.size());
  }
  out.matrix = Csr(std::move(parts));
  return Status::ok();
}

}  // namespace weir::ops
