#include "ops/parity/suite.hpp"

namespace weir::ops::parity {

std::string status_differs(const Status& expected, const Status& got) {
  if (expected.code() == got.code()) return {};
  return "expected " + (expected.is_ok() ? "success" : expected.to_string()) + ", got " +
         (got.is_ok() ? "success" : got.to_string());
}

}  // namespace weir::ops::parity
