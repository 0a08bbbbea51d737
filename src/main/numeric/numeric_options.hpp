// What the numeric commands share: the context their operations run in.
//
//   WEIR_ASSIGN(const auto context, numeric_context(args));
#pragma once

#include <memory>

#include "base/result.hpp"
#include "main/arguments.hpp"
#include "ops/context.hpp"

namespace weir::main {

// Applies --isa and --threads (default `threads`, 0: all cores) and returns a context without a
// device.
Result<std::unique_ptr<ops::Context>> numeric_context(const Arguments& args, unsigned threads = 0);

// Whether a file's name says that it holds raw f64 values.
bool is_raw_file(const std::string& path);

}  // namespace weir::main
