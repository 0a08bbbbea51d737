// Refuses what an operation does not take: a name that is misspelt would otherwise be left out
// without a word.
//
//   WEIR_TRY(check_members(text.root(), operation->parameters));
#pragma once

#include <string_view>

#include "base/status.hpp"
#include "server/operations/params.hpp"

namespace weir::server {

// Checks the members of the parameters, of the objects in them and of the objects in their arrays,
// where `schema`, a JSON Schema, lists "properties"; "options" is taken by all operations. A
// matrix or vector in base64 has shape, dtype and data. invalid_argument (field_unknown) with the
// nearest name, or all of them; (precision) for one that the schema's options do not list.
Status check_members(const Params& params, std::string_view schema);

}  // namespace weir::server
