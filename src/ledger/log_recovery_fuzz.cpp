// Any bytes as the first segment of a log: recovery either refuses or leaves a log that verifies.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "base/check.hpp"
#include "ledger/block_log.hpp"
#include "ledger/verify.hpp"

namespace weir::ledger {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSegmentBytes = 64 * 1024;
  if (size > kSegmentBytes) return 0;
  const std::string dir = (std::filesystem::temp_directory_path() /
                           ("weir_recovery_fuzz_" + std::to_string(::getpid())))
                              .string();
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir + "/log");
  {
    std::ofstream file(dir + "/" + segment_name(0), std::ios::binary);
    file.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    const std::string zeros(kSegmentBytes - size, '\0');
    file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
  }
  BlockLogOptions options;
  options.genesis.chain_id = 7;
  options.genesis.created_us = 1'700'000'000'000'000;
  options.segments.segment_bytes = kSegmentBytes;
  options.segments.durability = storage::Durability::kProcess;
  options.segments.zero_ahead_bytes = 0;
  options.segments.prepare_in_background = false;
  RecoveryReport report;
  const auto log = BlockLog::open(dir, options, report);
  if (log) {
    Block block;
    for (Height height = 1; height <= report.blocks; ++height) CHECK((*log)->read(height, block));
    const auto verified = verify_log(dir);
    CHECK(verified);
    CHECK(verified->blocks <= report.blocks);  // verification also checks roots and counts
    CHECK(verified->fault || verified->blocks == report.blocks);
  }
  std::filesystem::remove_all(dir);
  return 0;
}

}  // namespace weir::ledger
