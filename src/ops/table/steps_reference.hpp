// The steps read off their definitions, row by row: what run_steps() is tested and measured
// against. Expressions are evaluated by their program, which has a reference of its own.
#pragma once

#include "ops/table/steps.hpp"

namespace weir::ops {

Result<Table> run_step_reference(OpRunner& run, const Table& table, const Step& step,
                                 const EvaluateOptions& options);

// "" or where two tables first differ: names, types, nulls, and values by their bits.
std::string table_difference(const Table& expected, const Table& got);

}  // namespace weir::ops
