#include "storage/data_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace weir::storage {
namespace {

constexpr mode_t kDirectoryMode = 0750;

Status make_directory(const std::string& path) {
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return errno_status("create", parent.string(), error.value());
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return errno_status("create", path, errno);
  }
  return Status::ok();
}

Status write_pid(int fd, const std::string& path) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0) return errno_status("truncate", path, errno);
  const ssize_t n = ::pwrite(fd, text.data(), text.size(), 0);
  if (n != static_cast<ssize_t>(text.size())) {
    return errno_status("write", path, n < 0 ? errno : EIO);
  }
  return Status::ok();
}

std::string read_pid(int fd) {
  char text[32];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  std::string pid;
  for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

Result<DiskSpace> disk_space(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return fail(errno_status("statvfs", path, errno));
  return DiskSpace{info.f_blocks * info.f_frsize, info.f_bavail * info.f_frsize};
}

Result<DataDir> DataDir::open(const std::string& path) {
  WEIR_TRY(make_directory(path));
  const std::string lock_path = path + "/LOCK";
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return fail(errno_status("open", lock_path, errno));
  DataDir dir(path, fd);  // owns the descriptor from here on
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(errno_status("lock", lock_path, errno));
    return fail(failed_precondition("data_dir_locked", path + " is locked by pid " + read_pid(fd))
                    .hint("stop that process or use another storage.data_dir"));
  }
  WEIR_TRY(write_pid(fd, lock_path));
  for (const std::string& part : {dir.log_dir(), dir.snapshot_dir(), dir.index_dir()}) {
    WEIR_TRY(make_directory(part));
  }
  return dir;
}

Result<DataDir> DataDir::open_unlocked(const std::string& path) {
  struct stat info {};
  if (::stat((path + "/log").c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return fail(not_found("data_dir_missing", path + " is no data directory: it has no log/"));
  }
  return DataDir(path, -1);
}

DataDir::~DataDir() {
  if (lock_fd_ >= 0) ::close(lock_fd_);  // releases the lock
}

}  // namespace weir::storage
