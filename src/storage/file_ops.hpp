// FileOps: the system calls the log makes, behind one virtual call each, so that a test can make
// the disk fill up, fail, tear a write or lose power. Production uses system_files().
//
//   FileOps& files = system_files();
//   const int fd = files.open(path, O_RDWR | O_DIRECT, 0640);   // or -errno
//
// Every function returns what the system call returns, with -errno in place of -1 and errno.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/status.hpp"

namespace weir::storage {

class FileOps {
 public:
  virtual ~FileOps() = default;
  virtual int open(const std::string& path, int flags, unsigned mode) = 0;
  virtual int close(int fd) = 0;
  virtual ssize_t pread(int fd, std::span<std::uint8_t> out, std::uint64_t offset) = 0;
  virtual ssize_t pwritev(int fd, std::span<const iovec> parts, std::uint64_t offset) = 0;
  virtual int fdatasync(int fd) = 0;
  virtual int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) = 0;
  virtual std::int64_t size(int fd) = 0;
  // Returns the first offset from `offset` on that may hold bytes other than zero; -ENXIO if
  // none does.
  virtual std::int64_t seek_data(int fd, std::uint64_t offset) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int unlink(const std::string& path) = 0;
  // Makes creations, renames and removals in the directory durable.
  virtual int sync_directory(const std::string& path) = 0;
  // Returns the bytes an unprivileged writer may still use on the directory's file system.
  virtual std::int64_t free_bytes(const std::string& path) = 0;
};

// Returns the machine's file system. Thread-safe, lives for ever.
FileOps& system_files();

// Turns a negative result of FileOps into a Status: "open /x/y: No such file or directory".
Status system_status(std::string_view what, const std::string& subject, std::int64_t result);

// Reads exactly out.size() bytes, going on after short reads and interruptions. data_loss
// (file_short) at the end of the file, an errno Status otherwise. `subject` names the file in
// messages.
Status read_exactly(FileOps& files, int fd, std::span<std::uint8_t> out, std::uint64_t offset,
                    const std::string& subject);

// Writes all bytes, going on after short writes and interruptions; any other failure is returned at
// once.
Status write_all(FileOps& files, int fd, Bytes bytes, std::uint64_t offset,
                 const std::string& subject);

}  // namespace weir::storage
