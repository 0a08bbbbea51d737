// Columns for the parity cases of the statistics: every length to 65 and several blocks, f64 and
// f32, slices, nulls, NaN, infinities, denormals and extremes.
//
//   for (const ParityColumn& column : parity_columns(seed)) cases.push_back({column.name, ...});
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ops/stats/values.hpp"

namespace weir::ops {

struct ParityColumn {
  std::string name;
  Values x;
  std::shared_ptr<const void> data;  // keeps what `x` views
};

std::vector<ParityColumn> parity_columns(std::uint64_t seed);

// What a random value of a column is.
enum class ParityContent : std::uint8_t { kUsual, kFarFromZero, kWide, kWithNan, kWithInfinities };

// Returns a column of n random values, `offset` of whose memory lie before it.
ParityColumn parity_column(std::string name, std::uint64_t seed, std::size_t n, std::size_t offset,
                           ParityContent content, bool f32, double nulls);

}  // namespace weir::ops
