// Any text compiles or is refused with a place; what compiles links again.
#include "base/check.hpp"
#include "decide/rules/rule_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<weir::decide::RuleError> errors;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules = weir::decide::check_rules(text, {}, errors);
  CHECK(rules.has_value() == errors.empty());
  if (rules) CHECK((*rules)->link(nullptr).has_value());
  return 0;
}
