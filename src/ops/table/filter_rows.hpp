// The rows of a table that a selection keeps.
#pragma once

#include "ops/op_runner.hpp"
#include "ops/table/expression.hpp"

namespace weir::ops {

// Keeps the rows whose bits are set, in order. All kept: the table itself, nothing copied.
Result<Table> keep_rows(OpRunner& run, const Table& table, const Selection& selection);

}  // namespace weir::ops
