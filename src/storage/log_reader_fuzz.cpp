// Any bytes as a log segment: reading ends, every record lies where it says, and find() never
// misses one that next() gave.
#include <cstddef>
#include <cstdint>
#include <fstream>

#include "base/check.hpp"
#include "storage/log_reader.hpp"
#include "storage/record_for_test.hpp"

namespace weir::storage {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSegmentMax = 64 * kLogAlignment;
  static const TestDir dir;
  static const std::string path = dir.path() + "/00000000000000000000.seg";
  size = size < kSegmentMax ? size : kSegmentMax;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  SegmentLogOptions options;
  options.read_only = true;
  const auto log = SegmentLog::open(dir.path(), options);
  CHECK(log.has_value());
  // The length is trusted without a checksum here, so that the fuzzer gets past it.
  const auto length_of = [](Bytes page) -> std::uint64_t {
    if (load<std::uint32_t>(page.data()) != kTestMagic) return 0;
    return load<std::uint64_t>(page.data() + 16);
  };
  LogReader reader(**log, (*log)->begin(), length_of);
  std::uint64_t expected = 0;
  while (reader.next()) {
    CHECK_EQ(reader.position().offset, expected);
    CHECK_GT(reader.record().size(), 0U);
    expected += reader.record().size();
    CHECK_LE(expected, size);
    LogReader finder(**log, (*log)->begin(), length_of);
    CHECK(finder.find(reader.position()));
    CHECK(finder.position() == reader.position());
  }
  CHECK(reader.stop() != LogReader::Stop::kNone && reader.stop() != LogReader::Stop::kFailed);
  return 0;
}

}  // namespace weir::storage
