// Data directories of runs that name none: weir-run-001, weir-run-002, ... in the working
// directory.
#pragma once

#include <string>
#include <string_view>

namespace weir::main {

// Returns the first of PREFIX-001, PREFIX-002, ... that does not exist.
std::string fresh_directory(std::string_view prefix);

}  // namespace weir::main
