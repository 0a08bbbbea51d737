// Any text as an aggregate and as a window function: no crash, and what parses prints as a text
// that parses to what prints the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "ops/window/window.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::ops::Aggregate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weir::Result<Aggregate> aggregate = Aggregate::parse(text);
  if (aggregate) {
    const std::string printed = aggregate->print();
    const weir::Result<Aggregate> again = Aggregate::parse(printed);
    CHECK(again);
    CHECK_EQ(again->print(), printed);
  } else {
    CHECK(!aggregate.error().to_string().empty());
  }
  const auto window = weir::ops::WindowFunction::parse(text);
  if (!window) CHECK(!window.error().to_string().empty());
  return 0;
}
