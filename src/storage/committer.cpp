#include "storage/committer.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/log.hpp"

namespace weir::storage {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
constexpr std::size_t kPartsMax = 256;  // below every system's IOV_MAX

}  // namespace

struct GroupCommitter::Impl {
  Impl(SegmentLog& target, const CommitterOptions& given)
      : segment_log(target),
        options(given),
        clock(given.clock != nullptr ? *given.clock : system_clock()),
        thread([this] { run(); }) {}

  struct Pending {
    CommitRequest request;
    SteadyTime submitted;
    LogPosition position;
  };

  void submit(CommitRequest request) {
    const std::size_t bytes = request.record.size();
    CHECK(bytes > 0 && bytes % kLogAlignment == 0);
    {
      const std::lock_guard lock(mutex);
      CHECK(!stop);
      pending.push_back({std::move(request), std::chrono::steady_clock::now(), {}});
      pending_bytes += bytes;
      ++submitted;
    }
    wake.notify_one();
  }

  void drain() {
    std::unique_lock lock(mutex);
    const std::uint64_t target = submitted;
    done.wait(lock, [&] { return completed >= target; });
  }

  void run() {
    std::vector<Pending> group;
    bool busy = false;  // requests were waiting when the last group ended
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stop || !pending.empty(); });
      if (pending.empty()) return;
      if (busy) linger(lock);
      take_group(group);
      lock.unlock();
      const std::int64_t started_ns = clock.mono_ns();
      const std::uint64_t bytes = commit(group);
      const std::int64_t elapsed_ns = clock.mono_ns() - started_ns;
      if (options.around_group) {
        options.around_group([&] { finish(group); });
      } else {
        finish(group);
      }
      lock.lock();
      completed += group.size();
      if (failure.load(std::memory_order_relaxed) == nullptr)
        count(group.size(), bytes, elapsed_ns);
      group.clear();
      busy = !pending.empty();
      done.notify_all();
    }
  }

  // Lets a group gather while more requests stream in than the disk takes one by one.
  void linger(std::unique_lock<std::mutex>& lock) {
    const auto longest = std::chrono::nanoseconds(
        std::min(options.linger_us * 1000, static_cast<std::int64_t>(recent_group_ns)));
    const SteadyTime until = pending.front().submitted + longest;
    wake.wait_until(lock, until, [&] { return stop || pending_bytes >= options.group_bytes; });
  }

  void take_group(std::vector<Pending>& group) {
    std::uint64_t bytes = 0;
    while (!pending.empty()) {
      const std::uint64_t next = pending.front().request.record.size();
      if (!group.empty() && bytes + next > options.group_bytes_max) break;
      bytes += next;
      group.push_back(std::move(pending.front()));
      pending.pop_front();
    }
    pending_bytes -= bytes;
  }

  // Writes runs of adjacent records with one call each, then syncs once. Returns the bytes written.
  std::uint64_t commit(std::vector<Pending>& group) {
    if (failure.load(std::memory_order_relaxed) != nullptr) return 0;
    std::vector<iovec> parts;
    LogPosition run_start;
    LogPosition run_end;
    std::uint64_t bytes = 0;
    for (Pending& item : group) {
      DirectBuffer& record = item.request.record;
      const auto at = segment_log.reserve(record.size());
      if (!at) return fail_for_good(at.error());
      if (!parts.empty() && (*at != run_end || parts.size() == kPartsMax)) {
        if (Status status = segment_log.write(run_start, parts); !status)
          return fail_for_good(status);
        parts.clear();
      }
      if (parts.empty()) run_start = *at;
      parts.push_back({record.data(), record.size()});
      run_end = {at->segment, at->offset + record.size()};
      item.position = *at;
      bytes += record.size();
    }
    if (Status status = segment_log.write(run_start, parts); !status) return fail_for_good(status);
    const std::int64_t started_ns = clock.mono_ns();
    if (Status status = segment_log.sync(); !status) return fail_for_good(status);
    last_sync_ns = clock.mono_ns() - started_ns;
    return bytes;
  }

  std::uint64_t fail_for_good(const Status& status) {
    log_error("storage", status);
    failure.store(new Status(status),
                  std::memory_order_release);  // kept for the life of the committer
    return 0;
  }

  void finish(std::vector<Pending>& group) {
    const Status* failed = failure.load(std::memory_order_relaxed);
    for (Pending& item : group) {
      Committed result;
      result.bytes = item.request.record.size();
      result.position = item.position;
      if (failed != nullptr) result.status = *failed;
      if (item.request.done) item.request.done(result);
      pool.release(std::move(item.request.record));
    }
  }

  void count(std::size_t records, std::uint64_t bytes, std::int64_t elapsed_ns) {
    totals.records += records;
    totals.bytes += bytes;
    ++totals.groups;
    totals.group_ns.record(elapsed_ns);
    totals.sync_ns.record(last_sync_ns);
    constexpr double kWeight = 0.125;
    recent_group_ns += kWeight * (static_cast<double>(elapsed_ns) - recent_group_ns);
  }

  SegmentLog& segment_log;
  const CommitterOptions options;
  Clock& clock;
  DirectBufferPool pool;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  std::deque<Pending> pending;
  std::uint64_t pending_bytes = 0;
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  CommitterStats totals;
  double recent_group_ns = 0;
  bool stop = false;

  std::int64_t last_sync_ns = 0;  // the committing thread's
  std::atomic<const Status*> failure{nullptr};
  std::thread thread;  // last: it uses all of the above
};

GroupCommitter::GroupCommitter(SegmentLog& log, const CommitterOptions& options)
    : impl_(std::make_unique<Impl>(log, options)) {}

GroupCommitter::~GroupCommitter() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
  delete impl_->failure.load();
}

void GroupCommitter::submit(CommitRequest request) {
  impl_->submit(std::move(request));
}

void GroupCommitter::drain() {
  impl_->drain();
}

bool GroupCommitter::failed() const {
  return impl_->failure.load(std::memory_order_acquire) != nullptr;
}

Status GroupCommitter::status() const {
  const Status* failure = impl_->failure.load(std::memory_order_acquire);
  return failure == nullptr ? Status::ok() : *failure;
}

DirectBufferPool& GroupCommitter::pool() {
  return impl_->pool;
}

CommitterStats GroupCommitter::stats() const {
  const std::lock_guard lock(impl_->mutex);
  CommitterStats stats = impl_->totals;
  stats.pending_records = impl_->submitted - impl_->completed;
  stats.pending_bytes = impl_->pending_bytes;
  return stats;
}

}  // namespace weir::storage
