// The feature rows of a block, as they were when the verdict was made: all of them, or a sample
// with the row numbers kept. Columns are stored whole, so that a reader of few features touches few
// bytes.
//
//   {u16 mode, u16 schema version, u32 rows, u32 columns, u32 0}
//   mode sampled: u32 row[rows], ascending, padded to 8 bytes
//   f32 value[columns][rows], padded to 8 bytes
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "profile/columns.hpp"
#include "storage/direct_buffer.hpp"
#include "wire/event.hpp"
#include "wire/verdict.hpp"

namespace weir::ledger {

enum class FeatureRowsMode : std::uint8_t { kNone = 0, kAll = 1, kSampled = 2 };

inline constexpr std::size_t kFeatureRowsHeadBytes = 16;

// Returns true if a sampled block keeps the row: alert, hold, block, or XXH3-64(id) mod 64 = 0.
bool keeps_feature_row(const wire::Event& event, const wire::VerdictCore& verdict);

// Lists the rows that a sampled block keeps, ascending.
void sample_feature_rows(std::span<const wire::Event> events,
                         std::span<const wire::VerdictCore> verdicts,
                         std::vector<std::uint32_t>& rows);

// Returns the section's size in bytes, a multiple of 8; 0 for kNone.
std::size_t feature_rows_bytes(FeatureRowsMode mode, std::size_t rows);

// Appends the section to `out`, which is at a multiple of 8 bytes. `sampled` lists the rows for
// kSampled.
void append_feature_rows(FeatureRowsMode mode, const profile::FeatureMatrix& features,
                         std::span<const std::uint32_t> sampled, storage::DirectBuffer& out);

// Reads the section in place; `bytes` aligned to 8.
class FeatureRowsView {
 public:
  FeatureRowsView() = default;
  // Returns an empty view with ok() false if the section is malformed for a block of `events`
  // events.
  FeatureRowsView(Bytes bytes, std::size_t events);
  bool ok() const { return ok_; }
  FeatureRowsMode mode() const { return mode_; }
  unsigned schema_version() const { return schema_version_; }
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  // Returns the row of the block that feature row `index` (< rows()) belongs to.
  std::uint32_t block_row(std::size_t index) const;
  std::span<const float> column(std::size_t feature) const;

 private:
  bool ok_ = true;
  FeatureRowsMode mode_ = FeatureRowsMode::kNone;
  unsigned schema_version_ = 0;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  const std::uint32_t* row_numbers_ = nullptr;
  const float* values_ = nullptr;
};

}  // namespace weir::ledger
