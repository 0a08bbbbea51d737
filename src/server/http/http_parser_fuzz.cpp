// The HTTP parser and everything that reads what it found: no input may crash it, and bytes given
// in pieces must lead to the same request as bytes given at once.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "server/http/parse_in_pieces.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const weir::server::Parsed whole = weir::server::parse_in_pieces(bytes, bytes.size() + 1);
  const weir::server::Parsed pieces = weir::server::parse_in_pieces(bytes, 1);
  CHECK(weir::server::agree(whole, pieces));
  return 0;
}
