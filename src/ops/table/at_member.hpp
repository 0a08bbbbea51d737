// at_member: makes an error name the member of the step that it is about.
//
//   WEIR_ASSIGN(const Selection rows, at_member("where", select_rows(run, table, where, {})));
#pragma once

#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace weir::ops {

// Sets Status::field of what the step's author can mend; what the machine could not do keeps its.
inline Status at_member(std::string_view member, Status status) {
  const Code code = status.code();
  const bool of_step = code == Code::kInvalidArgument || code == Code::kNotFound ||
                       code == Code::kAlreadyExists || code == Code::kOutOfRange;
  return of_step ? Status(std::move(status).at(member)) : status;
}
template <class T>
Result<T> at_member(std::string_view member, Result<T> result) {
  if (result) return result;
  return fail(at_member(member, Status(std::move(result.error()))));
}

}  // namespace weir::ops
