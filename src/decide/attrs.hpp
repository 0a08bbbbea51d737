// Attributes: members of the JSON object an event carries in TLV 3, read without building a tree.
//
//   AttrValue limit = find_attr(json, "credit_limit");
//   if (limit.kind == AttrValue::kNumber) use(limit.number);
#pragma once

#include <string>
#include <string_view>

namespace weir::decide {

struct AttrValue {
  enum Kind { kAbsent, kNull, kBool, kNumber, kText, kOther };
  Kind kind = kAbsent;
  bool boolean = false;
  double number = 0;
  std::string_view text;  // in the JSON, or in `scratch` if it had escapes
};

// Returns the member of the outermost object; kAbsent if there is none or the text is no JSON
// object. `scratch` holds the text of a string with escapes. No recursion, no allocation but for
// escapes.
AttrValue find_attr(std::string_view json, std::string_view name, std::string& scratch);

}  // namespace weir::decide
