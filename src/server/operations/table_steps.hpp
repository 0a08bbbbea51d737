// Steps over a table as JSON says them.
//
//   [{"op":"filter","where":"amount > 100"},
//    {"op":"group","by":["country"],"aggregates":{"total":"sum(amount)"}},
//    {"op":"sort","by":[{"expr":"total","desc":true}]}]
//
// filter where; map set {name: expression}; select columns; sort by; top_k by, k; limit k, offset;
// group by, aggregates; aggregate aggregates; distinct by; join with (rows), on, kind; window
// partition, order, frame {rows or range: [from, to]}, set. Expressions are texts or their JSON
// form; bounds of a frame are whole numbers (of rows; or units of the order key: microseconds of
// times, last digits of decimals), durations like -1h, or null for the partition's edge.
#pragma once

#include <vector>

#include "ops/table/steps.hpp"
#include "server/operations/params.hpp"

namespace weir::server {

// Reads one step. Errors: those of the expressions, field_missing, field_type, field_unknown,
// choice (invalid_argument); each names the member under `where`: operations[2].by[0].nulls.
Result<ops::Step> read_step(const Params& step, const std::string& where);

}  // namespace weir::server
