// Operation: a named computation of the API, made of ops. A new one is a file in this folder that
// defines an Operation, and a line in table.cpp.
//
//   Status run_hash_batch(OperationCall& call, JsonWriter& result) {
//     WEIR_ASSIGN(const auto items, call.params.byte_items({"items"}));
//     ...
//     WEIR_TRY(call.run<ops::Sha256Batch>(args, out));
//     ...
//   }
//   const Operation kHashBatch = {"hash_batch", "SHA-256 of many items", kParameters, kExample,
//                                 kOps, run_hash_batch};
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "device/calibration.hpp"
#include "ops/execute.hpp"
#include "server/operations/operation_stream.hpp"
#include "server/operations/params.hpp"

namespace weir::server {

enum class Precision : std::uint8_t { kF64, kF32, kF16, kMixed, kInt8 };

// What "options" of a request says.
struct OperationOptions {
  ops::RunOptions run = {};
  Precision precision = Precision::kF64;
  bool explain = false;  // say what would run, and run nothing
  bool compare = false;  // run on both and tell the ratio
};

// What an op calls an argument, and which parameter of the request it came from if that has none of
// the op's name; of several the one that is there.
struct FieldName {
  std::string_view of_op;
  std::string_view of_request;
};

// One request as an operation sees it; a stream's reports are taken out after each chunk.
struct OperationCall {
  ops::Context& context;
  Params params;
  OperationOptions options;
  std::vector<ops::Report> reports = {};
  std::vector<std::string> warnings = {};
  std::vector<ops::Plan> plans = {};  // with options.explain
  bool planned = false;
  device::Budget* host_memory = nullptr;  // that answers are made in; null: any amount
  std::vector<device::Reservation> reserved = {};
  device::RatesMeasured measured = {};
  std::span<const FieldName> fields = {};  // which errors of ops are told under other names
  std::uint64_t nulled = 0;  // numbers of the result that JSON cannot say, and that are null there

  // Says among the warnings what was nulled.
  void warn_nulled();

  // Returns the error of an op with the parameter in the place of its argument.
  Status named(Status status) const;

  // Books memory for what is sized by more than the bytes of the request, before it is allocated;
  // given back with the call. resource_exhausted (host_memory).
  Status reserve(std::size_t bytes);

  // Runs an op, or with `explain` only plans it: then `planned` is set and the caller returns
  // without a result.
  template <class Op>
  Status run(const typename Op::Args& args, typename Op::Output& output) {
    if (options.explain) {
      auto plan = ops::plan<Op>(context, args, options.run);
      if (!plan) return named(plan.error());
      plans.push_back(std::move(*plan));
      planned = true;
      return Status::ok();
    }
    auto report = ops::execute<Op>(context, args, output, options.run);
    if (!report) return named(report.error());
    reports.push_back(std::move(*report));
    return Status::ok();
  }
};

struct Operation {
  std::string_view name;
  std::string_view summary;
  std::string_view parameters;  // JSON Schema of the parameters
  std::string_view example;     // parameters that a test runs
  std::span<const std::string_view> ops;
  // Writes one JSON value to `result`; nothing is written if it fails or only planned.
  Status (*run)(OperationCall& call, JsonWriter& result);
  StreamForm stream = {};
};

// All operations, in the order of the table.
std::span<const Operation* const> operations();
// Returns the operation of a name or of one of its aliases, or null.
const Operation* find_operation(std::string_view name);

}  // namespace weir::server
