// Sorted runs, one behind the other, made into one: what is left to do when a column is sorted in
// chunks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weir::ops {

// Keys and, unless empty, the rows they belong to; runs begin at `starts`, the first at 0. Ties go
// by run, then by place. The runs are merged pair by pair, in as many passes as pairs nest.
void merge_runs(std::vector<std::uint64_t>& keys, std::vector<std::uint32_t>& rows,
                std::vector<std::size_t> starts);

}  // namespace weir::ops
