#include "gate/disk_guard.hpp"

#include <string>

namespace weir::gate {
namespace {

constexpr std::int64_t kLookEveryNs = 1'000'000'000;

}  // namespace

Status DiskGuard::check() {
  const std::lock_guard lock(mutex_);
  if (free_bytes_min_ == 0) return Status::ok();
  const std::int64_t now_ns = clock_.mono_ns();
  if (now_ns < next_look_ns_) return status_;
  next_look_ns_ = now_ns + kLookEveryNs;
  const auto free_bytes = log_.free_bytes();
  if (!free_bytes) {
    status_ = free_bytes.error();
  } else if (*free_bytes < free_bytes_min_) {
    status_ = resource_exhausted("disk_low", std::to_string(*free_bytes) +
                                                 " bytes are free on the disk, the least is " +
                                                 std::to_string(free_bytes_min_))
                  .hint("free space, or lower storage.free_bytes_min");
  } else {
    status_ = Status::ok();
  }
  return status_;
}

void DiskGuard::set_free_bytes_min(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  free_bytes_min_ = bytes;
  next_look_ns_ = INT64_MIN;
}

}  // namespace weir::gate
