#include "storage/segment_log.hpp"

#include <fcntl.h>
#include <linux/falloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"

namespace weir::storage {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr std::string_view kNewSuffix = ".seg.new";
constexpr std::uint64_t kZeroChunk = std::uint64_t{1} << 20;

std::string segment_name(std::uint64_t number) {
  std::array<char, 32> text;
  const int n =
      std::snprintf(text.data(), text.size(), "%020llu", static_cast<unsigned long long>(number));
  return std::string(text.data(), static_cast<std::size_t>(n)) + std::string(kSuffix);
}

// Returns the number in a segment's name, or nothing if it is no segment.
std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  constexpr std::size_t kDigits = 20;
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + kDigits;
  const auto [at, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

Status check_errno(std::string_view what, const std::string& subject, std::int64_t result) {
  return result < 0 ? errno_status(what, subject, static_cast<int>(-result)) : Status::ok();
}

// An open segment. Two descriptors: the writer's, and one for reads and for zero-filling, so
// that an error the kernel holds for the writer is reported to the writer.
struct Segment {
  Segment(FileOps& ops, std::string file_path, std::uint64_t first_byte)
      : files(ops), path(std::move(file_path)), number(first_byte) {}
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment() {
    for (const int fd : {write_fd, read_fd, zero_fd}) {
      if (fd >= 0) files.close(fd);
    }
  }

  FileOps& files;
  const std::string path;
  const std::uint64_t number;
  std::atomic<std::uint64_t> bytes{0};
  int write_fd = -1;
  int read_fd = -1;
  int zero_fd = -1;
  std::uint64_t zeroed_until = 0;  // written zeros reach to here; guarded by the log's mutex
};

using SegmentPtr = std::shared_ptr<Segment>;

}  // namespace

struct SegmentLog::Impl {
  Impl(std::string directory, const SegmentLogOptions& given)
      : dir(std::move(directory)),
        options(given),
        files(given.files != nullptr ? *given.files : system_files()) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    wake.notify_all();
    if (preparer.joinable()) preparer.join();
  }

  Result<int> open_file(const std::string& path, int flags) const {
    const int fd = files.open(path, flags, 0640);
    WEIR_TRY(check_errno("open", path, fd));
    return fd;
  }

  // Opens for writing past the page cache where durability asks for it and the file system can.
  Result<int> open_direct(const std::string& path) const {
    if (options.durability == Durability::kPower) {
      const int fd = files.open(path, O_RDWR | O_DIRECT, 0640);
      if (fd != -EINVAL) {
        WEIR_TRY(check_errno("open", path, fd));
        return fd;
      }
      log_warning("storage", "direct_io_unsupported",
                  "the file system has no O_DIRECT; writes go through the page cache",
                  {{"path", path}});
    }
    return open_file(path, O_RDWR);
  }

  Result<SegmentPtr> open_segment(std::uint64_t number) const {
    auto segment = std::make_shared<Segment>(files, dir + "/" + segment_name(number), number);
    if (!options.read_only) {
      WEIR_ASSIGN(segment->write_fd, open_direct(segment->path));
      WEIR_ASSIGN(segment->zero_fd, open_direct(segment->path));
    }
    WEIR_ASSIGN(segment->read_fd, open_file(segment->path, O_RDONLY));
    const std::int64_t bytes = files.size(segment->read_fd);
    WEIR_TRY(check_errno("stat", segment->path, bytes));
    segment->bytes = static_cast<std::uint64_t>(bytes) / kLogAlignment * kLogAlignment;
    return segment;
  }

  // Gives [from, to) of the file blocks that read as zero.
  Status allocate(int fd, const std::string& path, std::uint64_t from, std::uint64_t to,
                  int mode) const {
    const int result = files.fallocate(fd, mode, from, to - from);
    if (result != -EOPNOTSUPP && result != -EINVAL) return check_errno("allocate", path, result);
    for (std::uint64_t at = from; at < to; at += kZeroChunk) {
      const Bytes chunk = zeros.bytes().first(std::min(kZeroChunk, to - at));
      WEIR_TRY(write_all(files, fd, chunk, at, path));
    }
    return Status::ok();
  }

  // A segment appears under its name only when it has its full size: a crash leaves none or a
  // whole one.
  Result<SegmentPtr> create_segment(std::uint64_t number) const {
    const std::string path = dir + "/" + segment_name(number);
    const std::string fresh =
        path.substr(0, path.size() - kSuffix.size()) + std::string(kNewSuffix);
    WEIR_ASSIGN(const int fd, open_file(fresh, O_RDWR | O_CREAT | O_TRUNC));
    Status status = allocate(fd, fresh, 0, options.segment_bytes, 0);
    if (status) status = check_errno("sync", fresh, files.fdatasync(fd));
    files.close(fd);
    if (status) status = check_errno("rename", fresh, files.rename(fresh, path));
    if (!status) {
      files.unlink(fresh);
      return fail(std::move(status));
    }
    WEIR_TRY(check_errno("sync", dir, files.sync_directory(dir)));
    return open_segment(number);
  }

  Status open_all() {
    std::error_code error;
    std::filesystem::create_directories(dir, error);
    if (error) return errno_status("create", dir, error.value());
    std::vector<std::uint64_t> numbers;
    for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
      const auto number = parse_segment_name(entry.path().filename().string());
      if (number) numbers.push_back(*number);
    }
    if (error) return errno_status("list", dir, error.value());
    std::sort(numbers.begin(), numbers.end());
    for (const std::uint64_t number : numbers) {
      WEIR_ASSIGN(SegmentPtr segment, open_segment(number));
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
    WEIR_ASSIGN(SegmentPtr created, create_segment(number));
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
    WEIR_TRY(remove_unfinished());
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

  Status remove_unfinished() const {
    std::error_code error;
    std::vector<std::string> unfinished;
    for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(kNewSuffix)) unfinished.push_back(dir + "/" + name);
    }
    for (const std::string& path : unfinished) {
      WEIR_TRY(check_errno("remove", path, files.unlink(path)));
    }
    return Status::ok();
  }

  // From the last one backwards, so that a crash in between leaves a log without gaps.
  Status remove_after(std::uint64_t number) {
    bool removed = false;
    while (segments.rbegin()->first != number) {
      const SegmentPtr last = segments.rbegin()->second;
      WEIR_TRY(check_errno("remove", last->path, files.unlink(last->path)));
      const std::lock_guard lock(mutex);
      segments.erase(last->number);
      removed = true;
    }
    return removed ? check_errno("sync", dir, files.sync_directory(dir)) : Status::ok();
  }

  // Zeroes from `offset` on and brings a segment that a backup cut to its full size.
  Status zero_rest(Segment& segment, std::uint64_t offset) {
    const std::uint64_t full = std::max(options.segment_bytes, segment.bytes.load());
    if (offset < full) {
      WEIR_TRY(allocate(segment.write_fd, segment.path, offset, full, FALLOC_FL_ZERO_RANGE));
      WEIR_TRY(check_errno("sync", segment.path, files.fdatasync(segment.write_fd)));
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
      WEIR_TRY(check_errno("remove", oldest->path, files.unlink(oldest->path)));
      WEIR_TRY(check_errno("sync", dir, files.sync_directory(dir)));
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
    Status status =
        write_all(files, segment->zero_fd, zeros.bytes().first(to - from), from, segment->path);
    // The change from allocated to written is metadata: sync it here, or the writer's next
    // sync pays for it.
    if (status && options.durability == Durability::kPower) {
      status = check_errno("sync", segment->path, files.fdatasync(segment->zero_fd));
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

  const std::string dir;
  const SegmentLogOptions options;
  FileOps& files;

  mutable std::mutex mutex;  // guards segments, end and the zero-filling state
  std::mutex create_mutex;
  std::map<std::uint64_t, SegmentPtr> segments;
  LogPosition end;
  bool positioned = true;

  std::vector<SegmentPtr> dirty;  // the writer's
  Status failure;                 // the writer's: the first failed write or sync, for good

  const DirectBuffer zeros{kZeroChunk};
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
  const std::int64_t bytes = impl_->files.free_bytes(impl_->dir);
  WEIR_TRY(check_errno("statvfs", impl_->dir, bytes));
  return static_cast<std::uint64_t>(bytes);
}

const SegmentLogOptions& SegmentLog::options() const {
  return impl_->options;
}

}  // namespace weir::storage
