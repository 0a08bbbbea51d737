// Csr, CsrView: sparse matrices in compressed rows. A matrix is checked once, when it is made, so
// that the ops need not look at its indices again.
//
//   CsrBuild::Output out;                                   // from triples, or
//   WEIR_ASSIGN(const CsrView a, csr_view(rows, cols, offsets, columns, values));
//   for (std::size_t e = a.offsets()[r]; e < a.offsets()[r + 1]; ++e)
//     sum += a.values()[e] * x[a.columns()[e]];
//
// Row r holds the entries [offsets[r], offsets[r + 1]), in strictly ascending columns: no two
// entries of one place. A stored entry may be zero. Memory: 12 bytes an entry and 8 a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/huge_vector.hpp"
#include "base/result.hpp"

namespace weir::ops {

// Columns are addressed by 31 bits: gathers take signed indices.
inline constexpr std::size_t kCsrColsMax = (std::size_t{1} << 31) - 1;

// The arrays of a matrix, which an op fills.
struct CsrParts {
  std::size_t rows = 0;
  std::size_t cols = 0;
  HugeVector<std::uint64_t> offsets = {0};  // rows + 1
  HugeVector<std::uint32_t> columns = {};
  HugeVector<double> values = {};
};

// A matrix that somebody else owns; valid as long as the arrays are.
class CsrView {
 public:
  std::size_t rows() const { return offsets_.size() - 1; }
  std::size_t cols() const { return cols_; }
  std::size_t entries() const { return columns_.size(); }
  std::span<const std::uint64_t> offsets() const { return offsets_; }
  std::span<const std::uint32_t> columns() const { return columns_; }
  std::span<const double> values() const { return values_; }
  std::size_t row_entries(std::size_t r) const { return offsets_[r + 1] - offsets_[r]; }
  std::uint64_t bytes() const {
    return offsets_.size_bytes() + columns_.size_bytes() + values_.size_bytes();
  }

 private:
  friend class Csr;
  friend Result<CsrView> csr_view(std::size_t, std::size_t, std::span<const std::uint64_t>,
                                  std::span<const std::uint32_t>, std::span<const double>);
  CsrView(std::size_t cols, std::span<const std::uint64_t> offsets,
          std::span<const std::uint32_t> columns, std::span<const double> values)
      : cols_(cols), offsets_(offsets), columns_(columns), values_(values) {}

  std::size_t cols_;
  std::span<const std::uint64_t> offsets_;
  std::span<const std::uint32_t> columns_;
  std::span<const double> values_;
};

// A matrix that owns its arrays.
class Csr {
 public:
  Csr() = default;
  // Takes arrays that keep the rules above: what an op has just made. Lengths are CHECKed.
  explicit Csr(CsrParts parts);

  CsrView view() const { return {parts_.cols, parts_.offsets, parts_.columns, parts_.values}; }
  const CsrParts& parts() const { return parts_; }
  // Gives the arrays back, so that their memory can be used again; the matrix is 0 x 0 after it.
  CsrParts take();

 private:
  CsrParts parts_;
};

// Returns a view of arrays from outside. invalid_argument naming the first offset or column that
// breaks the rules. Reads offsets and columns once.
Result<CsrView> csr_view(std::size_t rows, std::size_t cols, std::span<const std::uint64_t> offsets,
                         std::span<const std::uint32_t> columns, std::span<const double> values);

// Returns invalid_argument if a matrix cannot have that many columns.
Status check_csr_cols(std::size_t cols);

// Returns invalid_argument naming both lengths unless `what`, a vector, has `want` elements.
Status check_vector(std::string_view what, std::size_t have, std::size_t want);

// Cuts rows into tasks of about `entries` stored entries: rows [first[t], first[t + 1]). The cuts
// depend on the matrix alone. Reuses `first`.
void cut_rows(const CsrView& a, std::size_t entries, std::vector<std::size_t>& first);

}  // namespace weir::ops
