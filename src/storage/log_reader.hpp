// LogReader: reads a segment log's records in order and, where they stop, says why: the end,
// garbage, a cut record. Recovery decides what that means; this only looks.
//
//   LogReader reader(*log, log->begin(), &length_of_block);
//   while (reader.next()) apply(reader.record());
//   if (reader.stop() == LogReader::Stop::kGarbage && reader.find(bad)) ...   // a later one
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "storage/direct_buffer.hpp"
#include "storage/segment_log.hpp"

namespace weir::storage {

// Reads records in order, from any position that starts one.
class LogReader {
 public:
  // Returns the length of the record whose first 4 KiB are given, a positive multiple of 4 KiB, or
  // 0 if these do not start a record. It must not trust a length that has no checksum.
  using LengthOf = std::function<std::uint64_t(Bytes first_page)>;

  LogReader(const SegmentLog& log, LogPosition from, LengthOf length_of);

  enum class Stop : std::uint8_t {
    kNone,     // next() gave a record
    kEnd,      // nothing but zeros from position() on
    kGarbage,  // position() holds bytes that do not start a record, or zeros with bytes behind them
    kCut,      // a record starts at position() and claims more than its segment holds
    kFailed,   // the disk failed: status()
  };

  // Moves to the next record and reads it whole. False at a stop: stop() and position() say why and
  // where.
  bool next();
  // Returns the current record, valid until the next call.
  Bytes record() const { return buffer_.bytes(); }
  // Returns where the current record starts, or, after a stop, where reading stopped.
  LogPosition position() const { return position_; }
  Stop stop() const { return stop_; }
  const Status& status() const { return status_; }

  // Looks for a record at or after `from`, at every 4 KiB, over garbage and segment ends, and reads
  // it. True with record() and position(); false at the end of the log or on failure. Recovery asks
  // it, after a bad record, whether a later one proves that the bad one had been acknowledged.
  bool find(LogPosition from);

 private:
  const SegmentInfo* segment_at(std::uint64_t number) const;
  bool read_record(LogPosition at, std::uint64_t bytes);
  bool stop_at(LogPosition at, Stop stop);
  bool fail_at(LogPosition at, Status status);
  bool first_data(LogPosition from, LogPosition& found, Status& status);
  template <class Visit>
  bool scan(LogPosition from, const Visit& visit, Status& status);

  const SegmentLog& log_;
  const LengthOf length_of_;
  const std::vector<SegmentInfo> segments_;
  LogPosition next_;
  LogPosition position_;
  DirectBuffer buffer_;
  DirectBuffer page_;
  DirectBuffer scan_;
  Stop stop_ = Stop::kNone;
  Status status_;
};

}  // namespace weir::storage
