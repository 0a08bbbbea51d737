// Version of this program, as --version, metrics and logs show it.
#pragma once

#include <string_view>

namespace weir::main {

std::string_view program_version();  // "0.1.0"
std::string_view program_commit();   // abbreviated hash of the commit it was built from

}  // namespace weir::main
