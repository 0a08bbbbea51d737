// Finds and damages the nameless spill file of this process, for tests.
//
//   testing::damage_spill_file(dir, offset);
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace weir::device::testing {

// Returns the descriptor of the file that is open in `dir` without a name, or -1.
inline int nameless_file(const std::string& dir) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    if (!error && target.starts_with(dir + "/") && target.ends_with(" (deleted)")) {
      return std::stoi(entry.path().filename().string());
    }
  }
  return -1;
}

// Flips the bits of one byte of it. False if there is no such file or byte.
inline bool damage_spill_file(const std::string& dir, std::uint64_t offset) {
  const int fd = nameless_file(dir);
  std::uint8_t byte = 0;
  if (fd < 0 || ::pread(fd, &byte, 1, static_cast<off_t>(offset)) != 1) return false;
  byte = static_cast<std::uint8_t>(~byte);
  return ::pwrite(fd, &byte, 1, static_cast<off_t>(offset)) == 1;
}

}  // namespace weir::device::testing
