#include "ops/sparse/csr.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"

namespace weir::ops {

Csr::Csr(CsrParts parts) : parts_(std::move(parts)) {
  CHECK_EQ(parts_.offsets.size(), parts_.rows + 1);
  CHECK_EQ(parts_.columns.size(), parts_.offsets.back());
  CHECK_EQ(parts_.values.size(), parts_.offsets.back());
}

CsrParts Csr::take() {
  return std::exchange(parts_, CsrParts{});
}

Status check_csr_cols(std::size_t cols) {
  if (cols <= kCsrColsMax) return Status::ok();
  return invalid_argument("cols_too_many",
                          std::to_string(cols) + " columns; at most " + std::to_string(kCsrColsMax))
      .at("cols");
}

Result<CsrView> csr_view(std::size_t rows, std::size_t cols, std::span<const std::uint64_t> offsets,
                         std::span<const std::uint32_t> columns, std::span<const double> values) {
  WEIR_TRY(check_csr_cols(cols));
  if (offsets.empty() || offsets.size() - 1 != rows || columns.size() != values.size()) {
    return fail(invalid_argument("lengths_differ",
                                 std::to_string(rows) + " rows, " + std::to_string(offsets.size()) +
                                     " offsets, " + std::to_string(columns.size()) + " columns, " +
                                     std::to_string(values.size()) + " values")
                    .at("offsets")
                    .hint("n rows take n + 1 offsets; each entry one column and one value"));
  }
  if (offsets[0] != 0 || offsets[rows] != columns.size()) {
    return fail(invalid_argument("offsets_outside",
                                 "offsets run from " + std::to_string(offsets[0]) + " to " +
                                     std::to_string(offsets[rows]) + ", entries from 0 to " +
                                     std::to_string(columns.size()))
                    .at("offsets"));
  }
  for (std::size_t r = 0; r < rows; ++r) {
    if (offsets[r] > offsets[r + 1] || offsets[r + 1] > columns.size()) {
      return fail(invalid_argument("offsets_descend", "row " + std::to_string(r) + " goes from " +
                                                          std::to_string(offsets[r]) + " to " +
                                                          std::to_string(offsets[r + 1]))
                      .at("offsets"));
    }
    for (std::size_t e = offsets[r]; e < offsets[r + 1]; ++e) {
      if (columns[e] < cols && (e == offsets[r] || columns[e - 1] < columns[e])) continue;
      return fail(invalid_argument("column_misplaced", "column " + std::to_string(columns[e]) +
                                                           " in row " + std::to_string(r) + " of " +
                                                           std::to_string(cols) + " columns")
                      .at("columns")
                      .hint("columns of a row ascend strictly; sparse.build sorts and sums them"));
    }
  }
  return CsrView(cols, offsets, columns, values);
}

Status check_vector(std::string_view what, std::size_t have, std::size_t want) {
  if (have == want) return Status::ok();
  return invalid_argument("shapes_differ", std::string(what) + " has " + std::to_string(have) +
                                               " elements of " + std::to_string(want))
      .at(what);
}

void cut_rows(const CsrView& a, std::size_t entries, std::vector<std::size_t>& first) {
  first.assign(1, 0);
  const auto offsets = a.offsets();
  while (first.back() < a.rows()) {
    // A row costs about as much as two entries even if it is empty.
    const std::size_t rows_max = first.back() + std::max<std::size_t>(entries / 2, 1);
    const auto end =
        offsets.begin() + static_cast<std::ptrdiff_t>(std::min(a.rows(), rows_max) + 1);
    const auto begin = offsets.begin() + static_cast<std::ptrdiff_t>(first.back() + 1);
    const auto past = std::upper_bound(begin, end, offsets[first.back()] + entries);
    first.push_back(std::max<std::size_t>(first.back() + 1,
                                          static_cast<std::size_t>(past - offsets.begin()) - 1));
  }
}

}  // namespace weir::ops
