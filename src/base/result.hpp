// Result<T>: a value or a Status.
//
//   Result<Money> parse_amount(std::string_view text);
//   WEIR_ASSIGN(const Money amount, parse_amount(text));   // returns the Status on failure
//   WEIR_TRY(check(amount));                               // the same for a Status
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/status.hpp"

namespace weir {

template <class T>
using Result = tl::expected<T, Status>;

inline tl::unexpected<Status> fail(Status status) {
  return tl::unexpected<Status>(std::move(status));
}

namespace result_internal {
inline Status to_status(Status status) {
  return status;
}
template <class T>
Status to_status(const Result<T>& result) {
  return result ? Status::ok() : result.error();
}
// Converts to Status or to any Result<T>, so that one macro serves both kinds of function.
struct Propagate {
  Status status;
  operator Status() && { return std::move(status); }  // NOLINT(google-explicit-constructor)
  template <class T>
  operator Result<T>() && {  // NOLINT(google-explicit-constructor)
    return tl::unexpected<Status>(std::move(status));
  }
};
}  // namespace result_internal

}  // namespace weir

#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)

#define WEIR_TRY(expression)                                                                     \
  do {                                                                                           \
    if (auto weir_status = ::weir::result_internal::to_status(expression); !weir_status.is_ok()) \
      return ::weir::result_internal::Propagate{std::move(weir_status)};                         \
  } while (false)

#define WEIR_ASSIGN(declaration, expression) \
  WEIR_ASSIGN_IMPL(WEIR_CONCAT(weir_result_, __LINE__), declaration, expression)
#define WEIR_ASSIGN_IMPL(result, declaration, expression)                            \
  auto result = (expression);                                                        \
  if (!result) return ::weir::result_internal::Propagate{std::move(result.error())}; \
  declaration = std::move(*result)
