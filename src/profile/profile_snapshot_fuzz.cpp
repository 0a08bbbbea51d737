// Loads arbitrary bytes as a profile snapshot; what loads must save and load again to the same
// bytes.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "profile/profiles.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::profile::ProfileOptions options;
  options.accounts = 64;
  options.edges = 64;
  options.bytes_max = 4 << 20;
  weir::profile::Profiles profiles(options);
  weir::ByteReader in({data, size});
  if (!profiles.load(in).is_ok()) return 0;
  weir::ByteWriter saved;
  profiles.save(saved);
  weir::ByteReader again(saved.bytes());
  CHECK(profiles.load(again).is_ok());
  CHECK_EQ(again.left(), 0U);
  return 0;
}
