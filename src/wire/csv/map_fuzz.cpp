// Any bytes as a mapping: what parses prints as a mapping that parses and prints the same.
#include "base/check.hpp"
#include "wire/csv/mapping.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto mapping = weir::wire::parse_mapping({reinterpret_cast<const char*>(data), size});
  if (!mapping) return 0;
  const std::string printed = weir::wire::print_mapping(*mapping);
  const auto again = weir::wire::parse_mapping(printed);
  CHECK(again.has_value());
  CHECK(weir::wire::print_mapping(*again) == printed);
  return 0;
}
