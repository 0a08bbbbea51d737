// CHECK: a broken invariant prints its operands and aborts, in every build.
//
//   CHECK(batch.size() <= kEventsMax);
//   CHECK_EQ(header.count, events.size());
#pragma once

#include <sstream>
#include <string>

namespace weir::check_internal {

[[noreturn]] void fail(const char* file, int line, const char* expression,
                       const std::string& operands);

template <class A, class B>
[[noreturn]] void fail_binary(const char* file, int line, const char* expression, const A& a,
                              const B& b) {
  std::ostringstream operands;
  operands << " (" << a << " vs " << b << ")";
  fail(file, line, expression, operands.str());
}

}  // namespace weir::check_internal

#define CHECK(condition)                                                \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::weir::check_internal::fail(__FILE__, __LINE__, #condition, {}); \
  } while (false)

#define WEIR_CHECK_BINARY(a, op, b)                                                               \
  do {                                                                                            \
    const auto& weir_a = (a);                                                                     \
    const auto& weir_b = (b);                                                                     \
    if (!(weir_a op weir_b)) [[unlikely]]                                                         \
      ::weir::check_internal::fail_binary(__FILE__, __LINE__, #a " " #op " " #b, weir_a, weir_b); \
  } while (false)

#define CHECK_EQ(a, b) WEIR_CHECK_BINARY(a, ==, b)
#define CHECK_NE(a, b) WEIR_CHECK_BINARY(a, !=, b)
#define CHECK_LE(a, b) WEIR_CHECK_BINARY(a, <=, b)
#define CHECK_LT(a, b) WEIR_CHECK_BINARY(a, <, b)
#define CHECK_GE(a, b) WEIR_CHECK_BINARY(a, >=, b)
#define CHECK_GT(a, b) WEIR_CHECK_BINARY(a, >, b)
