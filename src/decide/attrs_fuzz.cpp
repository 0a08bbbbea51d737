// Any bytes as the JSON of an event's attributes: a member is found or not, nothing else.
#include <cstdint>

#include "base/check.hpp"
#include "decide/attrs.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  std::string scratch;
  for (const char* name : {"a", "", "b\n", "\xC3\xA9"}) {
    const auto value = weir::decide::find_attr(json, name, scratch);
    CHECK(value.text.size() <= size);
  }
  return 0;
}
