// Any bytes as a snapshot file: an error, or sections that lie inside the file.
#include <cstddef>
#include <cstdint>
#include <fstream>

#include "base/check.hpp"
#include "storage/record_for_test.hpp"
#include "storage/snapshot_file.hpp"

namespace weir::storage {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TestDir dir;
  static const std::string path = dir.path() + "/x.snap";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const auto snapshot = load_snapshot(system_files(), path);
  if (!snapshot) {
    CHECK(!snapshot.error().is_ok());
    return 0;
  }
  for (const std::string_view name : snapshot->names()) {
    const auto bytes = snapshot->section(name);
    CHECK(bytes.has_value() && bytes->size() <= size);
    static_cast<void>(crc32c(*bytes));  // touches every byte
  }
  return 0;
}

}  // namespace weir::storage
