// GroupCommitter: the one thread that writes the log. It writes everything that is pending as one
// group, syncs once, and then tells each submitter, in order.
//
//   GroupCommitter committer(*log, {});
//   DirectBuffer block = committer.pool().acquire();   // ... fill, pad to 4 KiB ...
//   committer.submit({std::move(block), [](const Committed& c) {
//     if (c.status) acknowledge(c.position);
//   }});
//
// A group starts at once when the disk is idle. While it is busy, requests gather until there are
// group_bytes of them or the oldest has waited linger_us, but never longer than a group has lately
// taken: on a fast disk waiting would only cost. After a write or sync that failed nothing is
// retried: all later requests fail with the same Status and failed() is true; the process has to
// stop acknowledging, exit and recover.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/histogram.hpp"
#include "base/status.hpp"
#include "storage/segment_log.hpp"

namespace weir::storage {

// What became of a request. The status is ok iff the record is as durable as the log promises.
struct Committed {
  Status status;
  LogPosition position;
  std::uint64_t bytes = 0;
};

struct CommitRequest {
  DirectBuffer record;                         // a positive multiple of 4 KiB
  std::function<void(const Committed&)> done;  // runs on the committing thread: keep it short
};

struct CommitterOptions {
  std::uint64_t group_bytes = std::uint64_t{1} << 20;
  std::uint64_t group_bytes_max = std::uint64_t{16}
                                  << 20;  // a backlog is written in groups of this
  std::int64_t linger_us = 2000;
  Clock* clock = nullptr;  // for the statistics; null: the machine's
  // Runs a function that calls the callbacks of one group, on the committing thread: whoever
  // passes their news on may gather it. Empty: it is simply called.
  std::function<void(const std::function<void()>& finish)> around_group{};
};

struct CommitterStats {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t groups = 0;
  std::uint64_t pending_records = 0;
  std::uint64_t pending_bytes = 0;
  LatencyHistogram group_ns;  // write and sync of a group
  LatencyHistogram sync_ns;   // fdatasync alone
};

class GroupCommitter {
 public:
  // `log` must outlive the committer, be positioned (truncate) and be written by nobody else.
  GroupCommitter(SegmentLog& log, const CommitterOptions& options);
  // Commits what is pending, then stops.
  ~GroupCommitter();
  GroupCommitter(const GroupCommitter&) = delete;
  GroupCommitter& operator=(const GroupCommitter&) = delete;

  // Queues a record; never blocks. Order of calls is order in the log and of the callbacks.
  // Thread-safe.
  void submit(CommitRequest request);
  // Waits until the callback of every request submitted before has returned. Not from a callback.
  void drain();
  // Returns true once a write or sync has failed. Thread-safe.
  bool failed() const;
  // Returns the failure, or ok. Thread-safe.
  Status status() const;
  // Returns the pool that records come from and return to.
  DirectBufferPool& pool();
  // Returns a copy of the statistics. Thread-safe.
  CommitterStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::storage
