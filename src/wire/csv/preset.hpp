// Presets: the mappings of public data sets, and a guess for everybody else's headers.
//
//   WEIR_ASSIGN(Mapping mapping, map_header({"TX_DATETIME", "CUSTOMER_ID", ...}));
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/csv/mapping.hpp"

namespace weir::wire {

// Returns the names of all presets.
std::vector<std::string_view> preset_names();
// Returns a preset's mapping. `header` picks among the forms of a preset; empty: its first form.
// Errors: not_found/preset_unknown.
Result<Mapping> preset_mapping(std::string_view name, std::span<const std::string> header = {});

// Returns the mapping of a header: the first preset whose columns are all there, else by what the
// columns are called. Errors: invalid_argument/header_unknown with the candidates, if time, amount
// or a party is not matched by exactly one column.
Result<Mapping> map_header(std::span<const std::string> header);

// Returns the index of a column: `NAME`, `NAME#k` for the k-th of that name, `#k` for the k-th of
// all. Errors: invalid_argument/header_unknown.
Result<std::size_t> find_column(std::span<const std::string> header, std::string_view name);

}  // namespace weir::wire
