// DataDir: the directory all of Weir's state lives in, held by one process.
//
//   WEIR_ASSIGN(DataDir dir, DataDir::open("/var/lib/weir"));   // "locked by pid 812" if in use
//   SegmentLog::open(dir.log_dir(), ...);   Database::open(dir.database_path());
//
//   log/      segments of the block log
//   snap/     snapshots of the state
//   index/    files rebuilt from the log
//   weir.db   everything keyed
//   LOCK      held while in use
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace weir::storage {

struct DiskSpace {
  std::uint64_t size_bytes = 0;
  std::uint64_t free_bytes = 0;  // for unprivileged writers
};

// Returns size and free space of the file system that holds `path`.
Result<DiskSpace> disk_space(const std::string& path);

class DataDir {
 public:
  // Creates the directory tree (mode 0750) if missing and locks it. failed_precondition
  // (data_dir_locked) names the process that holds it.
  static Result<DataDir> open(const std::string& path);
  // Opens for reading beside a running process: takes no lock; not_found if it is no data
  // directory.
  static Result<DataDir> open_unlocked(const std::string& path);
  DataDir(DataDir&& other) noexcept
      : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}
  DataDir& operator=(DataDir&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_fd_, other.lock_fd_);
    return *this;
  }
  DataDir(const DataDir&) = delete;
  DataDir& operator=(const DataDir&) = delete;
  ~DataDir();

  const std::string& path() const { return path_; }
  std::string log_dir() const { return path_ + "/log"; }
  std::string snapshot_dir() const { return path_ + "/snap"; }
  std::string index_dir() const { return path_ + "/index"; }
  std::string database_path() const { return path_ + "/weir.db"; }

 private:
  DataDir(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}
  std::string path_;
  int lock_fd_ = -1;
};

}  // namespace weir::storage
