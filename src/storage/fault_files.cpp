#include "storage/fault_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::storage {
namespace {

constexpr const char* kRemovedSuffix = ".removed";

}  // namespace

void FaultFiles::fail_writes_after(std::uint64_t count, int error_number) {
  const std::lock_guard lock(mutex_);
  writes_left_ = error_number == 0 ? UINT64_MAX : count;
  write_error_ = error_number;
}

void FaultFiles::fail_syncs_after(std::uint64_t count, int error_number) {
  const std::lock_guard lock(mutex_);
  syncs_left_ = error_number == 0 ? UINT64_MAX : count;
  sync_error_ = error_number;
}

void FaultFiles::fail_allocations(int error_number) {
  const std::lock_guard lock(mutex_);
  allocate_error_ = error_number;
}

void FaultFiles::limit_write_bytes(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  write_bytes_max_ = bytes;
}

void FaultFiles::set_free_bytes(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  free_bytes_ = bytes;
}

int FaultFiles::write_through(const Write& write, std::uint64_t bytes) {
  const int fd = ::open(write.path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  const Status status =
      write_all(system_files(), fd, Bytes(write.bytes).first(bytes), write.offset, write.path);
  ::close(fd);
  return status ? 0 : -EIO;
}

void FaultFiles::cut_power(std::uint64_t bytes_kept) {
  const std::lock_guard lock(mutex_);
  for (const Write& write : unsynced_) {
    const std::uint64_t kept = std::min<std::uint64_t>(bytes_kept, write.bytes.size());
    if (kept != 0) write_through(write, kept);
    bytes_kept -= kept;
  }
  unsynced_.clear();
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    if (change->before.empty()) {
      ::unlink(change->now.c_str());
    } else {
      ::rename(change->now.c_str(), change->before.c_str());
    }
  }
  changes_.clear();
  power_ = false;
}

std::uint64_t FaultFiles::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

std::uint64_t FaultFiles::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

std::uint64_t FaultFiles::unsynced_bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const Write& write : unsynced_) bytes += write.bytes.size();
  return bytes;
}

int FaultFiles::open(const std::string& path, int flags, unsigned mode) {
  const std::lock_guard lock(mutex_);
  if (!power_) return -EIO;
  const bool existed = ::access(path.c_str(), F_OK) == 0;
  const int fd = system_files().open(path, flags & ~O_DIRECT, mode);
  if (fd < 0) return fd;
  paths_[fd] = path;
  if (!existed) changes_.push_back({path, {}});
  return fd;
}

int FaultFiles::close(int fd) {
  const std::lock_guard lock(mutex_);
  paths_.erase(fd);
  return system_files().close(fd);
}

ssize_t FaultFiles::pread(int fd, std::span<std::uint8_t> out, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  if (!power_) return -EIO;
  std::memset(out.data(), 0, out.size());
  ssize_t n = system_files().pread(fd, out, offset);
  if (n < 0) return n;
  for (const Write& write : unsynced_) {
    if (write.path != paths_[fd]) continue;
    const std::uint64_t from = std::max(offset, write.offset);
    const std::uint64_t to = std::min(offset + out.size(), write.offset + write.bytes.size());
    if (from >= to) continue;
    std::memcpy(out.data() + (from - offset), write.bytes.data() + (from - write.offset),
                to - from);
    n = std::max(n, static_cast<ssize_t>(to - offset));
  }
  return n;
}

ssize_t FaultFiles::pwritev(int fd, std::span<const iovec> parts, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  if (!power_) return -EIO;
  ++writes_;
  if (writes_left_ == 0) return -write_error_;
  if (writes_left_ != UINT64_MAX) --writes_left_;
  Write write{paths_[fd], offset, {}};
  for (const iovec& part : parts) {
    const auto* from = static_cast<const std::uint8_t*>(part.iov_base);
    write.bytes.insert(write.bytes.end(), from, from + part.iov_len);
  }
  if (write_bytes_max_ != 0 && write.bytes.size() > write_bytes_max_) {
    write.bytes.resize(write_bytes_max_);
  }
  const auto written = static_cast<ssize_t>(write.bytes.size());
  unsynced_.push_back(std::move(write));
  return written;
}

int FaultFiles::fdatasync(int fd) {
  const std::lock_guard lock(mutex_);
  if (!power_) return -EIO;
  ++syncs_;
  if (syncs_left_ == 0) return -sync_error_;
  if (syncs_left_ != UINT64_MAX) --syncs_left_;
  std::vector<Write> others;
  for (Write& write : unsynced_) {
    if (write.path != paths_[fd]) {
      others.push_back(std::move(write));
    } else if (const int result = write_through(write, write.bytes.size()); result < 0) {
      return result;
    }
  }
  unsynced_ = std::move(others);
  return 0;
}

int FaultFiles::fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (!power_) return -EIO;
  if (allocate_error_ != 0) return -allocate_error_;
  return system_files().fallocate(fd, mode, offset, bytes);
}

std::int64_t FaultFiles::size(int fd) {
  return system_files().size(fd);
}

std::int64_t FaultFiles::seek_data(int, std::uint64_t offset) {
  return static_cast<std::int64_t>(offset);  // unsynced writes may be anywhere
}

int FaultFiles::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (!power_) return -EIO;
  const int result = system_files().rename(from, to);
  if (result < 0) return result;
  for (Write& write : unsynced_) {
    if (write.path == from) write.path = to;
  }
  for (auto& [fd, path] : paths_) {
    if (path == from) path = to;
  }
  changes_.push_back({to, from});
  return 0;
}

int FaultFiles::unlink(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!power_) return -EIO;
  const int result = system_files().rename(path, path + kRemovedSuffix);
  if (result == 0) changes_.push_back({path + kRemovedSuffix, path});
  return result;
}

int FaultFiles::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!power_) return -EIO;
  std::vector<Change> others;
  for (Change& change : changes_) {
    if (!change.now.starts_with(path + "/")) {
      others.push_back(std::move(change));
    } else if (change.now.ends_with(kRemovedSuffix)) {
      ::unlink(change.now.c_str());
    }
  }
  changes_ = std::move(others);
  return 0;
}

std::int64_t FaultFiles::free_bytes(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return free_bytes_ >= 0 ? free_bytes_ : system_files().free_bytes(path);
}

}  // namespace weir::storage
