// Gathered: the raw values of a batch between the sequential pass over profiles and the vector pass
// that turns them into features. Blocks of 64 rows, each block column by column, so that a block
// stays in the first-level cache and vector code reads whole lines.
//
//   Gathered gathered;
//   WEIR_TRY(profiles.gather(columns, gathered, out));
//   compute_features(gathered, features, 0, columns.rows());
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/aligned.hpp"

namespace weir::profile {

// Absent parties leave zeros, which every formula turns into a zero feature.
enum GatheredColumn : unsigned {
  kGAmount,
  kGAmountLog,
  kGRound,
  kGNearLimit,
  kGHour,
  kGWeekday,
  // debtor
  kGOut1m,
  kGOut1h,
  kGOut1d,
  kGOut7d,
  kGOut30d,
  kGOutSum1h,
  kGOutSum1d,
  kGInSum1h,
  kGInSum1d,
  kGPreOut30d,
  kGPreOutSum30d,
  kGMean,
  kGVariance,
  kGTrained,
  kGHourCount,
  kGHourTotal,
  kGOutGap,
  kGInGap,
  kGDebtorDays,
  kGDistinctOut,
  kGFraudOut,
  // creditor
  kGPreIn30d,
  kGPreInSum30d,
  kGPaidOften,
  kGCreditorDays,
  kGDistinctIn,
  kGPayeeIn1h,
  kGPayeeIn1d,
  kGPayeeOut1d,
  kGFraudIn,
  kGPreIn7d,
  // edge
  kGNewEdge,
  kGForward,
  kGBackward,
  kGatheredColumns,
};

inline constexpr std::size_t kGatherRows = 64;

struct alignas(64) GatheredBlock {
  float values[kGatheredColumns][kGatherRows];
};

class Gathered {
 public:
  // Keeps capacity; contents are unspecified.
  void resize(std::size_t rows) {
    const std::size_t blocks = (rows + kGatherRows - 1) / kGatherRows;
    if (blocks > blocks_.size()) blocks_ = AlignedBuffer<GatheredBlock>(blocks);
    rows_ = rows;
  }
  std::size_t rows() const { return rows_; }
  GatheredBlock& block(std::size_t index) { return blocks_[index]; }
  const GatheredBlock& block(std::size_t index) const { return blocks_[index]; }

 private:
  AlignedBuffer<GatheredBlock> blocks_;
  std::size_t rows_ = 0;
};

// Writes the features of one block into rows [row, row + 64) of every column of `features`; `row`
// is a multiple of 64, and rows past the batch are padding that may be written.
void compute_block(const GatheredBlock& block, float* features, std::size_t stride,
                   std::size_t row);

}  // namespace weir::profile
