// Joins of two tables by columns.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ops/join/match/join_match.hpp"
#include "ops/op_runner.hpp"
#include "ops/table/table.hpp"

namespace weir::ops {

// Joins on pairs of (left, right) column names, at least one. Errors: not_found with the nearest
// name, invalid_argument for keys of different types, already_exists for a name in both tables;
// those of run.reserve(), which is asked for the memory of all rows before they are made.
Result<Table> join_tables(OpRunner& run, const Table& left, const Table& right,
                          std::span<const std::pair<std::string, std::string>> on, JoinKind kind);

}  // namespace weir::ops
