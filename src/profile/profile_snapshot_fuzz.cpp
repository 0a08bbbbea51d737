// Loads arbitrary bytes as a profile snapshot; what loads must save and load again to the same
// bytes.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.hpp"
#include "profile/profiles.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::Status;
  weir::profile::ProfileOptions options;
  options.accounts = 64;
  options.edges = 64;
  options.bytes_max = 4 << 20;
  weir::profile::Profiles profiles(options);
  std::span<const std::uint8_t> rest(data, size);
  const auto read = [&](std::span<std::uint8_t> to) {
    if (to.size() > rest.size()) return weir::data_loss("snapshot_end", "the bytes end early");
    std::memcpy(to.data(), rest.data(), to.size());
    rest = rest.subspan(to.size());
    return Status::ok();
  };
  if (!profiles.load(read).is_ok()) return 0;
  std::vector<std::uint8_t> bytes;
  const auto write = [&](std::span<const std::uint8_t> part) {
    bytes.insert(bytes.end(), part.begin(), part.end());
    return Status::ok();
  };
  CHECK(profiles.save(write).is_ok());
  rest = bytes;
  CHECK(profiles.load(read).is_ok());
  return 0;
}
