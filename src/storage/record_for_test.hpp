// Records and a scratch directory for the storage tests: a header with checksums, then bytes
// that follow from the record's number, so that a test can tell a whole record from a torn one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/rng.hpp"
#include "storage/direct_buffer.hpp"
#include "storage/log_reader.hpp"

namespace weir::storage {

inline constexpr std::uint32_t kTestMagic = 0x54534554;

inline DirectBuffer make_test_record(std::uint64_t number, std::uint64_t bytes) {
  DirectBuffer record(bytes);
  Philox rng(number, bytes);
  for (std::uint64_t i = 32; i + 8 <= bytes; i += 8) store(record.data() + i, rng.next_u64());
  store(record.data(), kTestMagic);
  store(record.data() + 4, crc32c(record.bytes().subspan(32)));
  store(record.data() + 8, number);
  store(record.data() + 16, bytes);
  store(record.data() + 24, crc32c(record.bytes().first(24)));
  return record;
}

// As a ledger would: trusts the length only if the header's checksum holds.
inline std::uint64_t test_record_length(Bytes page) {
  if (load<std::uint32_t>(page.data()) != kTestMagic) return 0;
  if (load<std::uint32_t>(page.data() + 24) != crc32c(page.first(24))) return 0;
  return load<std::uint64_t>(page.data() + 16);
}

inline std::uint64_t test_record_number(Bytes record) {
  return load<std::uint64_t>(record.data() + 8);
}

inline bool test_record_whole(Bytes record) {
  return load<std::uint32_t>(record.data() + 4) == crc32c(record.subspan(32));
}

// Reads from the beginning until a stop or a torn record; returns the numbers read and where the
// log ends.
inline std::pair<std::vector<std::uint64_t>, LogPosition> read_test_log(const SegmentLog& log) {
  LogReader reader(log, log.begin(), &test_record_length);
  std::vector<std::uint64_t> numbers;
  while (reader.next()) {
    if (!test_record_whole(reader.record())) break;
    numbers.push_back(test_record_number(reader.record()));
  }
  return {numbers, reader.position()};
}

class TestDir {
 public:
  TestDir() {
    std::string pattern = std::filesystem::temp_directory_path() / "weir_storage_XXXXXX";
    CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TestDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDir(const TestDir&) = delete;
  TestDir& operator=(const TestDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace weir::storage
