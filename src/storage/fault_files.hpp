// FaultFiles: a file system for tests that can fail on demand and lose power. Writes stay in
// memory until they are synced; losing power drops what was not, wholly or from a chosen byte
// on, and undoes directory changes that were not synced. What was synced is in real files, so
// that recovery is tested through system_files().
//
//   FaultFiles files;
//   auto log = SegmentLog::open(dir, {.files = &files});   // ... append, sync, append ...
//   files.cut_power(512 * 3);    // of the unsynced bytes only the first 1,536 reach the disk
//   // close the log, open it again without FaultFiles, recover
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storage/file_ops.hpp"

namespace weir::storage {

// Thread-safe.
class FaultFiles final : public FileOps {
 public:
  // After `count` further calls of the kind, each call fails with the error number; 0 turns it off.
  void fail_writes_after(std::uint64_t count, int error_number);
  void fail_syncs_after(std::uint64_t count, int error_number);
  void fail_allocations(int error_number);
  // Lets each write take at most this many bytes; 0: no limit.
  void limit_write_bytes(std::uint64_t bytes);
  void set_free_bytes(std::int64_t bytes);
  // Drops all that is unsynced but the first `bytes_kept` bytes, in the order they were
  // written; from then on every call fails with EIO.
  void cut_power(std::uint64_t bytes_kept = 0);

  std::uint64_t writes() const;
  std::uint64_t syncs() const;
  // Returns the bytes written since the last sync of their file.
  std::uint64_t unsynced_bytes() const;

  int open(const std::string& path, int flags, unsigned mode) override;
  int close(int fd) override;
  ssize_t pread(int fd, std::span<std::uint8_t> out, std::uint64_t offset) override;
  ssize_t pwritev(int fd, std::span<const iovec> parts, std::uint64_t offset) override;
  int fdatasync(int fd) override;
  int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) override;
  std::int64_t size(int fd) override;
  std::int64_t seek_data(int fd, std::uint64_t offset) override;
  int rename(const std::string& from, const std::string& to) override;
  int unlink(const std::string& path) override;
  int sync_directory(const std::string& path) override;
  std::int64_t free_bytes(const std::string& path) override;

 private:
  struct Write {
    std::string path;
    std::uint64_t offset = 0;
    std::vector<std::uint8_t> bytes;
  };
  // A directory change and how to undo it: rename back, or remove what was created.
  struct Change {
    std::string now;
    std::string before;  // empty: it did not exist
  };
  int write_through(const Write& write, std::uint64_t bytes);

  mutable std::mutex mutex_;
  std::map<int, std::string> paths_;
  std::vector<Write> unsynced_;
  std::vector<Change> changes_;
  std::uint64_t writes_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t writes_left_ = UINT64_MAX;
  std::uint64_t syncs_left_ = UINT64_MAX;
  int write_error_ = 0;
  int sync_error_ = 0;
  int allocate_error_ = 0;
  std::uint64_t write_bytes_max_ = 0;
  std::int64_t free_bytes_ = -1;
  bool power_ = true;
};

}  // namespace weir::storage
