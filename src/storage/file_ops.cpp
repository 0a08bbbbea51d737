#include "storage/file_ops.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace weir::storage {
namespace {

template <class T>
T or_errno(T result) {
  return result < 0 ? static_cast<T>(-errno) : result;
}

class SystemFiles final : public FileOps {
 public:
  int open(const std::string& path, int flags, unsigned mode) override {
    return or_errno(::open(path.c_str(), flags | O_CLOEXEC, mode));
  }
  int close(int fd) override { return or_errno(::close(fd)); }
  ssize_t pread(int fd, std::span<std::uint8_t> out, std::uint64_t offset) override {
    return or_errno(::pread(fd, out.data(), out.size(), static_cast<off_t>(offset)));
  }
  ssize_t pwritev(int fd, std::span<const iovec> parts, std::uint64_t offset) override {
    return or_errno(
        ::pwritev(fd, parts.data(), static_cast<int>(parts.size()), static_cast<off_t>(offset)));
  }
  int fdatasync(int fd) override { return or_errno(::fdatasync(fd)); }
  int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) override {
    return or_errno(::fallocate(fd, mode, static_cast<off_t>(offset), static_cast<off_t>(bytes)));
  }
  std::int64_t size(int fd) override {
    struct stat info {};
    return ::fstat(fd, &info) != 0 ? -errno : static_cast<std::int64_t>(info.st_size);
  }
  std::int64_t seek_data(int fd, std::uint64_t offset) override {
    return or_errno(::lseek(fd, static_cast<off_t>(offset), SEEK_DATA));
  }
  int rename(const std::string& from, const std::string& to) override {
    return or_errno(::rename(from.c_str(), to.c_str()));
  }
  int unlink(const std::string& path) override { return or_errno(::unlink(path.c_str())); }
  int sync_directory(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    const int result = or_errno(::fsync(fd));
    ::close(fd);
    return result;
  }
  std::int64_t free_bytes(const std::string& path) override {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return -errno;
    return static_cast<std::int64_t>(info.f_bavail * info.f_frsize);
  }
};

}  // namespace

FileOps& system_files() {
  static SystemFiles files;
  return files;
}

Status system_status(std::string_view what, const std::string& subject, std::int64_t result) {
  return result < 0 ? errno_status(what, subject, static_cast<int>(-result)) : Status::ok();
}

Status read_exactly(FileOps& files, int fd, std::span<std::uint8_t> out, std::uint64_t offset,
                    const std::string& subject) {
  while (!out.empty()) {
    const ssize_t n = files.pread(fd, out, offset);
    if (n == -EINTR) continue;
    if (n < 0) return errno_status("read", subject, static_cast<int>(-n));
    if (n == 0) {
      return data_loss("file_short", subject + " ends at byte " + std::to_string(offset));
    }
    out = out.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return Status::ok();
}

Status write_all(FileOps& files, int fd, Bytes bytes, std::uint64_t offset,
                 const std::string& subject) {
  while (!bytes.empty()) {
    const iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    const ssize_t n = files.pwritev(fd, {&part, 1}, offset);
    if (n == -EINTR) continue;
    if (n < 0) return errno_status("write", subject, static_cast<int>(-n));
    if (n == 0) return errno_status("write", subject, EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return Status::ok();
}

}  // namespace weir::storage
