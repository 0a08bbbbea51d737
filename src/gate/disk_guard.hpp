// DiskGuard: says whether the disk has room for new events; what was accepted always goes on.
//
//   DiskGuard guard(log.segments(), clock, 1 << 30);
//   WEIR_TRY(guard.check());        // resource_exhausted (disk_low)
//
// It asks the file system at most once a second. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/clock.hpp"
#include "base/status.hpp"
#include "storage/segment_log.hpp"

namespace weir::gate {

class DiskGuard {
 public:
  // `log` and `clock` must outlive this object. With a minimum of 0 there is always room.
  DiskGuard(const storage::SegmentLog& log, Clock& clock, std::uint64_t free_bytes_min)
      : log_(log), clock_(clock), free_bytes_min_(free_bytes_min) {}

  Status check();
  void set_free_bytes_min(std::uint64_t bytes);

 private:
  const storage::SegmentLog& log_;
  Clock& clock_;
  std::mutex mutex_;
  std::uint64_t free_bytes_min_;
  std::int64_t next_look_ns_ = INT64_MIN;
  Status status_;
};

}  // namespace weir::gate
