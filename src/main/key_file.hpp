// Keys that lie in files of their own, named by the configuration.
//
//   WEIR_ASSIGN(const std::string key, read_key_file(config, "wire.mask_key_file"));
#pragma once

#include <string>
#include <string_view>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace weir::main {

// Returns the bytes of the file that the key `name` of the configuration names; a line end at the
// end is not one of them. Errors: not_found and those of reading; invalid_argument (key_short)
// below 32 bytes.
Result<std::string> read_key_file(const Config& config, std::string_view name);

}  // namespace weir::main
