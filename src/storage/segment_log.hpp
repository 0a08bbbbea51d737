// SegmentLog: the append-only log of opaque records, kept in segment files log/%020u.seg. A segment
// is named by the number of log bytes before it, so names say where each begins and a missing one
// is noticed. Records are whole multiples of 4 KiB, start on 4 KiB boundaries and never straddle
// segments: one that does not fit starts the next.
//
//   WEIR_ASSIGN(auto log, SegmentLog::open(dir + "/log", {}));
//   LogReader reader(*log, log->begin(), &length_of_block);       // recovery: what is there?
//   while (reader.next()) ... check reader.record() ...
//   WEIR_TRY(log->truncate(reader.position()));                   // from here on it may grow
//   WEIR_ASSIGN(LogPosition at, log->append(record));
//   WEIR_TRY(log->sync());
//
// Segments are preallocated and zero-filled ahead of the writer, so that syncing a record need not
// journal file metadata. What a record is, the caller tells: four kilobytes of zeros are never one.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "storage/direct_buffer.hpp"
#include "storage/file_ops.hpp"

namespace weir::storage {

// Where a record starts: the segment's name and the byte offset in it. Ordered as written.
struct LogPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const LogPosition&) const = default;
  // Returns the distance from the very beginning of the log, in bytes.
  std::uint64_t linear() const { return segment + offset; }
};

enum class Durability : std::uint8_t {
  kPower,    // O_DIRECT and fdatasync: an acknowledged record survives a power cut
  kProcess,  // page cache: it survives a crash of this process, not of the machine
};

struct SegmentLogOptions {
  std::uint64_t segment_bytes = std::uint64_t{1} << 30;  // multiple of 4 KiB
  Durability durability = Durability::kPower;
  std::uint64_t zero_ahead_bytes = std::uint64_t{32}
                                   << 20;  // zero-filled ahead of the writer; 0: never
  bool prepare_in_background = true;       // false: in the appending thread (tests)
  bool read_only = false;                  // for reading beside a running process
  FileOps* files = nullptr;                // null: the machine's
};

struct SegmentInfo {
  std::uint64_t number = 0;  // log bytes before it
  std::uint64_t bytes = 0;
};

// One thread appends, syncs and truncates; read() and the queries may be called from any thread.
class SegmentLog {
 public:
  // Opens or creates the log in `dir` (created if missing). A non-empty log refuses to append until
  // truncate() has said where it ends. data_loss (segment_gap) if a segment between the first and
  // last is missing or cut; not_found, permission_denied, resource_exhausted, unavailable from the
  // system.
  static Result<std::unique_ptr<SegmentLog>> open(const std::string& dir,
                                                  const SegmentLogOptions& options);
  ~SegmentLog();
  SegmentLog(const SegmentLog&) = delete;
  SegmentLog& operator=(const SegmentLog&) = delete;

  // Returns the oldest position that still exists.
  LogPosition begin() const;
  // Returns where the next record goes if it fits the segment.
  LogPosition end() const;

  // Reserves room for a record of `bytes` and returns its position; rolls over to the next segment
  // if it does not fit. out_of_range (record_too_large) above segment_bytes, resource_exhausted
  // (disk_full).
  Result<LogPosition> reserve(std::uint64_t bytes);
  // Writes consecutive records that were reserved back to back, starting at `at`. Sizes are
  // multiples of 4 KiB, addresses aligned to 4 KiB (DirectBuffer is). Short writes go on; any
  // failure is final for the caller.
  Status write(LogPosition at, std::span<const iovec> parts);
  // Makes all that was written durable; does nothing under Durability::kProcess. Never retry a
  // failure: the kernel may have dropped the pages and report success the next time.
  Status sync();
  // Reserves and writes one record, without syncing.
  Result<LogPosition> append(Bytes record);

  // Reads exactly out.size() bytes of one segment, unaligned reads allowed. out_of_range beyond the
  // segment.
  Status read(LogPosition at, std::span<std::uint8_t> out) const;

  // Returns the first position of the same segment, from `from` on, that may hold bytes other
  // than zero; nothing if the file system knows that there is none.
  Result<std::optional<LogPosition>> next_data(LogPosition from) const;

  // Ends the log at `at`: removes later segments, zeroes the rest of this one, syncs, and allows
  // appending. `at` must lie in an existing segment or be begin() of an empty log.
  Status truncate(LogPosition at);
  // Removes whole segments that end at or before `at`; the one being written is kept. Another
  // thread than the one that appends may call it.
  Status drop_before(LogPosition at);

  std::vector<SegmentInfo> segments() const;
  // Returns the bytes that the segments take on disk.
  std::uint64_t bytes_on_disk() const;
  // Returns the bytes left on the file system.
  Result<std::uint64_t> free_bytes() const;
  const SegmentLogOptions& options() const;

 private:
  struct Impl;
  explicit SegmentLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::storage
