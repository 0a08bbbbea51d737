// KnownMembers: what an operation takes. Refuses what it does not: a name that is misspelt would
// otherwise be left out without a word.
//
//   const KnownMembers known(operation->parameters);     // once
//   WEIR_TRY(known.check(text.root()));                  // for each request
#pragma once

#include <memory>
#include <string_view>

#include "base/status.hpp"
#include "server/operations/params.hpp"

namespace weir::server {

class KnownMembers {
 public:
  // Reads a JSON Schema; one that is no JSON is a bug (CHECKed).
  explicit KnownMembers(std::string_view schema);

  // Checks the members of the parameters, of the objects in them and of the objects in their
  // arrays, where the schema lists "properties"; "options" is taken by all operations. A matrix or
  // vector in base64 has shape, dtype and data. invalid_argument (field_unknown) with the nearest
  // name, or all of them; (precision) for one that the schema's options do not list. Any thread.
  Status check(const Params& params) const;

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;  // owns what schema_ points to
  simdjson::dom::element schema_;
};

}  // namespace weir::server
