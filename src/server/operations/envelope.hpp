// The envelope around an operation's result: what ran where, how fast, and why not on a GPU.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/operations/operation.hpp"

namespace weir::server {

double total_seconds(const std::vector<ops::Report>& reports);

// {"success":true,"result":...,"gpu_used":...,"duration":ms,"performance":{...},"report":{...}}.
std::string envelope_json(const OperationCall& call, std::string_view result, double seconds,
                          std::optional<double> speedup, std::string_view request_id);
// The answer to `explain`: {"success":true,"result":null,"explain":[{op,mode,chunks,backend,
// reason}],...}.
std::string plan_json(const OperationCall& call, std::string_view request_id);

// {"rows":...,"rows_per_second":...,...}: shared with the stream of events.
void write_performance(JsonWriter& json, const ops::Context& context,
                       const std::vector<ops::Report>& reports, std::optional<double> speedup,
                       const device::RatesMeasured& measured);

}  // namespace weir::server
