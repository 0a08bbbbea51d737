#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace weir::check_internal {

void fail(const char* file, int line, const char* expression, const std::string& operands) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s%s\n", file, line, expression, operands.c_str());
  std::abort();
}

}  // namespace weir::check_internal
