#include "storage/segment_log.hpp"

#include <linux/falloc.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "storage/segment_dir.hpp"

namespace weir::storage {

struct SegmentLog::Impl {
  Impl(std::string directory, const SegmentLogOptions& given)
      : options(given), dir(std::move(directory), given), files(dir.files()) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    wake.notify_all();
    if (preparer.joinable()) preparer.join();
  }

  Status open_all() {
    WEIR_ASSIGN(const std::vector<std::uint64_t> numbers, dir.list());
    for (const std::uint64_t number : numbers) {
      WEIR_ASSIGN(SegmentPtr segment, dir.open(number));
      segments.emplace(number, std::move(segment));
    }
    WEIR_TRY(check_gaps());
    if (segments.empty()) return Status::ok();
    end = {segments.begin()->first, 0};
    positioned = false;
    return Status::ok();
  }

  Status check_gaps() const {
    const Segment* last = nullptr;
    for (const auto& [number, segment] : segments) {
      if (last != nullptr && last->number + last->bytes != number) {
        return data_loss("segment_gap", last->path + " has " + std::to_string(last->bytes) +
                                            " bytes, but the next segment is " + segment->path)
            .hint("restore the log from a backup or replica");
      }
      last = segment.get();
    }
    return Status::ok();
  }

  SegmentPtr find(std::uint64_t number) const {
    const std::lock_guard lock(mutex);
    const auto found = segments.find(number);
    return found == segments.end() ? nullptr : found->second;
  }

  // ---- the writer

  Result<SegmentPtr> segment_or_create(std::uint64_t number) {
    const std::lock_guard create_lock(create_mutex);  // the preparer creates too
    if (SegmentPtr found = find(number)) return found;
    WEIR_ASSIGN(SegmentPtr created, dir.create(number));
    const std::lock_guard lock(mutex);
    segments.emplace(number, created);
    return created;
  }

  Result<LogPosition> reserve(std::uint64_t bytes) {
    CHECK(positioned && !options.read_only);
    CHECK(bytes > 0 && bytes % kLogAlignment == 0);
    if (bytes > options.segment_bytes) {
      return fail(out_of_range("record_too_large", std::to_string(bytes) +
                                                       " bytes do not fit a segment of " +
                                                       std::to_string(options.segment_bytes)));
    }
    LogPosition at = end;
    WEIR_ASSIGN(SegmentPtr segment, segment_or_create(at.segment));
    if (at.offset + bytes > segment->bytes) {
      at = {at.segment + segment->bytes, 0};
      WEIR_ASSIGN(segment, segment_or_create(at.segment));
    }
    std::unique_lock lock(mutex);
    end = {at.segment, at.offset + bytes};
    // The zero-filler never writes at or behind `end`; one write of it may still be under way here.
    zero_done.wait(lock, [&] {
      return !zeroing || zeroing_number != at.segment || zeroing_end <= at.offset ||
             zeroing_from >= end.offset;
    });
    segment->zeroed_until = std::max(segment->zeroed_until, end.offset);
    lock.unlock();
    if (options.prepare_in_background) {
      wake.notify_one();
    } else {
      while (prepare_once()) {
      }
    }
    return at;
  }

  Status write(LogPosition at, std::span<const iovec> parts) {
    if (!failure) return failure;
    const SegmentPtr segment = find(at.segment);
    CHECK(segment != nullptr);
    std::vector<iovec> rest(parts.begin(), parts.end());
    std::size_t first = 0;
    std::uint64_t offset = at.offset;
    while (first < rest.size()) {
      const ssize_t n = files.pwritev(segment->write_fd, std::span(rest).subspan(first), offset);
      if (n == -EINTR) continue;
      if (n <= 0) {
        failure = errno_status("write", segment->path, n == 0 ? EIO : static_cast<int>(-n));
        return failure;
      }
      offset += static_cast<std::uint64_t>(n);
      auto left = static_cast<std::size_t>(n);
      while (first < rest.size() && left >= rest[first].iov_len) left -= rest[first++].iov_len;
      if (left > 0) {
        rest[first].iov_base = static_cast<std::uint8_t*>(rest[first].iov_base) + left;
        rest[first].iov_len -= left;
      }
    }
    if (std::find(dirty.begin(), dirty.end(), segment) == dirty.end()) dirty.push_back(segment);
    return Status::ok();
  }

  Status sync() {
    if (!failure) return failure;
    if (options.durability == Durability::kProcess) {
      dirty.clear();
      return Status::ok();
    }
    for (const SegmentPtr& segment : dirty) {
      const int result = files.fdatasync(segment->write_fd);
      if (result < 0) {
        failure = errno_status("sync", segment->path, -result);
        return failure;
      }
    }
    dirty.clear();
    return Status::ok();
  }

  Status truncate(LogPosition at) {
    CHECK(!options.read_only);
    CHECK_EQ(at.offset % kLogAlignment, 0U);
    stop_preparer();
    WEIR_TRY(dir.remove_unfinished());
    if (segments.empty()) {
      CHECK(at.offset == 0);
    } else {
      const SegmentPtr segment = find(at.segment);
      CHECK(segment != nullptr && at.offset <= segment->bytes);
      WEIR_TRY(remove_after(at.segment));
      WEIR_TRY(zero_rest(*segment, at.offset));
    }
    end = at;
    positioned = true;
    start_preparer();
    return Status::ok();
  }

  // From the last one backwards, so that a crash in between leaves a log without gaps.
  Status remove_after(std::uint64_t number) {
    bool removed = false;
    while (segments.rbegin()->first != number) {
      const SegmentPtr last = segments.rbegin()->second;
      WEIR_TRY(system_status("remove", last->path, files.unlink(last->path)));
      const std::lock_guard lock(mutex);
      segments.erase(last->number);
      removed = true;
    }
    return removed ? system_status("sync", dir.path(), files.sync_directory(dir.path()))
                   : Status::ok();
  }

  // Zeroes from `offset` on and brings a segment that a backup cut to its full size.
  Status zero_rest(Segment& segment, std::uint64_t offset) {
    const std::uint64_t full = std::max(options.segment_bytes, segment.bytes.load());
    if (offset < full) {
      WEIR_TRY(dir.allocate(segment.write_fd, segment.path, offset, full, FALLOC_FL_ZERO_RANGE));
      WEIR_TRY(system_status("sync", segment.path, files.fdatasync(segment.write_fd)));
    }
    segment.bytes = full;
    segment.zeroed_until = offset;
    return Status::ok();
  }

  Status drop_before(LogPosition at) {
    while (true) {
      SegmentPtr oldest;
      {
        const std::lock_guard lock(mutex);
        if (segments.size() < 2) return Status::ok();
        oldest = segments.begin()->second;
        const std::uint64_t segment_end = oldest->number + oldest->bytes;
        if (segment_end > at.linear() || oldest->number >= end.segment) return Status::ok();
        segments.erase(segments.begin());
      }
      WEIR_TRY(system_status("remove", oldest->path, files.unlink(oldest->path)));
      WEIR_TRY(system_status("sync", dir.path(), files.sync_directory(dir.path())));
    }
  }

  // ---- zero-filling ahead of the writer

  void start_preparer() {
    stop = false;
    if (!options.prepare_in_background || options.zero_ahead_bytes == 0) return;
    preparer = std::thread([this] { prepare_until_stopped(); });
  }

  void stop_preparer() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    wake.notify_all();
    if (preparer.joinable()) preparer.join();
  }

  void prepare_until_stopped() {
    while (true) {
      if (prepare_once()) continue;
      std::unique_lock lock(mutex);
      if (stop) return;
      wake.wait(lock, [&] { return stop || wants_zeros(); });
      if (stop) return;
    }
  }

  // True if the zeros ahead of the writer are worth topping up. Called with the mutex held.
  bool wants_zeros() const {
    if (options.zero_ahead_bytes == 0 || prepare_failed) return false;
    const auto found = segments.find(end.segment);
    if (found == segments.end()) return false;
    const Segment& segment = *found->second;
    const std::uint64_t wanted =
        std::min(segment.bytes.load(), end.offset + options.zero_ahead_bytes);
    return segment.zeroed_until < wanted || wants_next(segment);
  }

  bool wants_next(const Segment& segment) const {
    return end.offset + options.zero_ahead_bytes >= segment.bytes && end.offset != 0 &&
           !segments.contains(segment.number + segment.bytes);
  }

  // Zero-fills one chunk, or creates the next segment; false if there is nothing to do.
  bool prepare_once() {
    std::unique_lock lock(mutex);
    if (stop || !wants_zeros()) return false;
    const SegmentPtr segment = segments.find(end.segment)->second;
    if (wants_next(*segment)) {
      lock.unlock();
      const auto created = segment_or_create(segment->number + segment->bytes);
      if (!created) give_up_preparing(created.error());
      return true;
    }
    const std::uint64_t from = std::max(segment->zeroed_until, end.offset);
    const std::uint64_t to = std::min(segment->bytes.load(), from + kZeroChunk);
    if (from >= to) return false;
    segment->zeroed_until = to;
    zeroing = true;
    zeroing_number = segment->number;
    zeroing_from = from;
    zeroing_end = to;
    lock.unlock();
    Status status = write_all(files, segment->zero_fd, dir.zeros().bytes().first(to - from), from,
                              segment->path);
    // The change from allocated to written is metadata: sync it here, or the writer's next
    // sync pays for it.
    if (status && options.durability == Durability::kPower) {
      status = system_status("sync", segment->path, files.fdatasync(segment->zero_fd));
    }
    lock.lock();
    zeroing = false;
    lock.unlock();
    zero_done.notify_all();
    if (!status) give_up_preparing(status);
    return true;
  }

  // Zeros ahead only make syncs faster; a disk that fails will tell the writer itself.
  void give_up_preparing(const Status& status) {
    log_warning("storage", status);
    const std::lock_guard lock(mutex);
    prepare_failed = true;
  }

  const SegmentLogOptions options;
  const SegmentDir dir;
  FileOps& files;

  mutable std::mutex mutex;  // guards segments, end and the zero-filling state
  std::mutex create_mutex;
  std::map<std::uint64_t, SegmentPtr> segments;
  LogPosition end;
  bool positioned = true;

  std::vector<SegmentPtr> dirty;  // the writer's
  Status failure;                 // the writer's: the first failed write or sync, for good

  std::condition_variable wake;
  std::condition_variable zero_done;
  bool zeroing = false;
  std::uint64_t zeroing_number = 0;
  std::uint64_t zeroing_from = 0;
  std::uint64_t zeroing_end = 0;
  bool prepare_failed = false;
  bool stop = false;
  std::thread preparer;
};

SegmentLog::SegmentLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SegmentLog::~SegmentLog() = default;

Result<std::unique_ptr<SegmentLog>> SegmentLog::open(const std::string& dir,
                                                     const SegmentLogOptions& options) {
  CHECK(options.segment_bytes > 0 && options.segment_bytes % kLogAlignment == 0);
  CHECK_EQ(options.zero_ahead_bytes % kLogAlignment, 0U);
  auto impl = std::make_unique<Impl>(dir, options);
  WEIR_TRY(impl->open_all());
  if (impl->positioned && !options.read_only) impl->start_preparer();
  return std::unique_ptr<SegmentLog>(new SegmentLog(std::move(impl)));
}

LogPosition SegmentLog::begin() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->segments.empty() ? impl_->end : LogPosition{impl_->segments.begin()->first, 0};
}

LogPosition SegmentLog::end() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->end;
}

Result<LogPosition> SegmentLog::reserve(std::uint64_t bytes) {
  return impl_->reserve(bytes);
}

Status SegmentLog::write(LogPosition at, std::span<const iovec> parts) {
  return impl_->write(at, parts);
}

Status SegmentLog::sync() {
  return impl_->sync();
}

Result<LogPosition> SegmentLog::append(Bytes record) {
  WEIR_ASSIGN(const LogPosition at, reserve(record.size()));
  const iovec part{const_cast<std::uint8_t*>(record.data()), record.size()};
  WEIR_TRY(write(at, {&part, 1}));
  return at;
}

Status SegmentLog::read(LogPosition at, std::span<std::uint8_t> out) const {
  const SegmentPtr segment = impl_->find(at.segment);
  if (segment == nullptr || at.offset > segment->bytes || out.size() > segment->bytes - at.offset) {
    return out_of_range("log_position", "no " + std::to_string(out.size()) + " bytes at segment " +
                                            std::to_string(at.segment) + " offset " +
                                            std::to_string(at.offset));
  }
  return read_exactly(impl_->files, segment->read_fd, out, at.offset, segment->path);
}

Result<std::optional<LogPosition>> SegmentLog::next_data(LogPosition from) const {
  const SegmentPtr segment = impl_->find(from.segment);
  CHECK(segment != nullptr);
  if (from.offset >= segment->bytes) return std::optional<LogPosition>();
  const std::int64_t found = impl_->files.seek_data(segment->read_fd, from.offset);
  if (found == -ENXIO) return std::optional<LogPosition>();
  if (found < 0) return std::optional<LogPosition>(from);  // cannot tell: everything may be data
  const std::uint64_t offset = static_cast<std::uint64_t>(found) / kLogAlignment * kLogAlignment;
  if (offset >= segment->bytes) return std::optional<LogPosition>();
  return std::optional<LogPosition>({from.segment, std::max(from.offset, offset)});
}

Status SegmentLog::truncate(LogPosition at) {
  return impl_->truncate(at);
}

Status SegmentLog::drop_before(LogPosition at) {
  return impl_->drop_before(at);
}

std::vector<SegmentInfo> SegmentLog::segments() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<SegmentInfo> infos;
  for (const auto& [number, segment] : impl_->segments) infos.push_back({number, segment->bytes});
  return infos;
}

std::uint64_t SegmentLog::bytes_on_disk() const {
  std::uint64_t bytes = 0;
  for (const SegmentInfo& info : segments()) bytes += info.bytes;
  return bytes;
}

Result<std::uint64_t> SegmentLog::free_bytes() const {
  const std::int64_t bytes = impl_->files.free_bytes(impl_->dir.path());
  WEIR_TRY(system_status("statvfs", impl_->dir.path(), bytes));
  return static_cast<std::uint64_t>(bytes);
}

const SegmentLogOptions& SegmentLog::options() const {
  return impl_->options;
}

}  // namespace weir::storage
