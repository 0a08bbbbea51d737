#include "main/bench/disk_probe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/clock.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kBlockBytes = storage::kLogAlignment;
constexpr std::uint64_t kBlocks = 1024;

}  // namespace

DiskProbe::DiskProbe(std::string path, int fd)
    : path_(std::move(path)), fd_(fd), block_(kBlockBytes) {}

DiskProbe::~DiskProbe() {
  ::close(fd_);
  ::unlink(path_.c_str());
}

Result<std::unique_ptr<DiskProbe>> DiskProbe::open(const std::string& dir) {
  const std::string path = dir + "/disk.probe";
  int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
  // A file system without O_DIRECT: the log does without it there as well.
  if (fd < 0) fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return fail(errno_status("create", path, errno));
  std::unique_ptr<DiskProbe> probe(new DiskProbe(path, fd));
  storage::DirectBuffer zeros(kBlocks * kBlockBytes);
  if (::pwrite(fd, zeros.data(), zeros.size(), 0) != static_cast<ssize_t>(zeros.size()) ||
      ::fsync(fd) != 0) {
    return fail(errno_status("fill", path, errno));
  }
  return probe;
}

Status DiskProbe::measure(unsigned samples) {
  Clock& clock = system_clock();
  for (unsigned i = 0; i < samples; ++i) {
    block_.data()[0] = static_cast<std::uint8_t>(++next_);
    const auto at = static_cast<off_t>(next_ % kBlocks * kBlockBytes);
    const std::int64_t started_ns = clock.mono_ns();
    if (::pwrite(fd_, block_.data(), kBlockBytes, at) != static_cast<ssize_t>(kBlockBytes) ||
        ::fdatasync(fd_) != 0) {
      return errno_status("write", path_, errno);
    }
    latency_ns_.record(clock.mono_ns() - started_ns);
  }
  return Status::ok();
}

}  // namespace weir::main
