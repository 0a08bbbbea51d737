#include "storage/log_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"

namespace weir::storage {
namespace {

constexpr std::size_t kScanBytes = std::size_t{1} << 20;

bool all_zero(Bytes bytes) {
  // Every byte equals its neighbour and the first is zero: one memcmp at memory speed.
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

LogReader::LogReader(const SegmentLog& log, LogPosition from, LengthOf length_of)
    : log_(log),
      length_of_(std::move(length_of)),
      segments_(log.segments()),
      next_(from),
      position_(from) {}

const SegmentInfo* LogReader::segment_at(std::uint64_t number) const {
  for (const SegmentInfo& segment : segments_) {
    if (segment.number == number) return &segment;
  }
  return nullptr;
}

bool LogReader::stop_at(LogPosition at, Stop stop) {
  position_ = at;
  stop_ = stop;
  buffer_.clear();
  return false;
}

bool LogReader::fail_at(LogPosition at, Status status) {
  status_ = std::move(status);
  return stop_at(at, Stop::kFailed);
}

bool LogReader::read_record(LogPosition at, std::uint64_t bytes) {
  buffer_.clear();
  buffer_.resize(bytes);
  if (Status status = log_.read(at, buffer_.span()); !status) return fail_at(at, std::move(status));
  position_ = at;
  next_ = {at.segment, at.offset + bytes};
  stop_ = Stop::kNone;
  return true;
}

bool LogReader::next() {
  if (stop_ != Stop::kNone) return false;
  while (true) {
    const SegmentInfo* segment = segment_at(next_.segment);
    if (segment == nullptr) return stop_at(next_, Stop::kEnd);
    const LogPosition following{segment->number + segment->bytes, 0};
    if (next_.offset >= segment->bytes) {
      // An empty file is followed by itself.
      if (segment->bytes == 0 || segment_at(following.segment) == nullptr) {
        return stop_at(next_, Stop::kEnd);
      }
      next_ = following;
      continue;
    }
    page_.resize(kLogAlignment);
    if (Status status = log_.read(next_, page_.span()); !status) {
      return fail_at(next_, std::move(status));
    }
    const std::uint64_t bytes = all_zero(page_.bytes()) ? 0 : length_of_(page_.bytes());
    if (bytes != 0) {
      if (bytes % kLogAlignment != 0) return stop_at(next_, Stop::kGarbage);
      if (bytes > segment->bytes - next_.offset) return stop_at(next_, Stop::kCut);
      return read_record(next_, bytes);
    }
    LogPosition data;
    Status status;
    if (!first_data(next_, data, status)) {
      return status ? stop_at(next_, Stop::kEnd) : fail_at(next_, std::move(status));
    }
    // Zeros up to the end of a segment are what a record that did not fit leaves behind.
    if (data != following) return stop_at(next_, Stop::kGarbage);
    next_ = following;
  }
}

// Finds the first 4 KiB at or after `from` that are not all zero.
bool LogReader::first_data(LogPosition from, LogPosition& found, Status& status) {
  const auto visit = [&](LogPosition at, Bytes page) {
    if (all_zero(page)) return false;
    found = at;
    return true;
  };
  return scan(from, visit, status);
}

bool LogReader::find(LogPosition from) {
  CHECK_EQ(from.offset % kLogAlignment, 0U);
  LogPosition found;
  std::uint64_t bytes = 0;
  Status status;
  const auto visit = [&](LogPosition at, Bytes page) {
    if (all_zero(page)) return false;
    bytes = length_of_(page);
    const SegmentInfo* segment = segment_at(at.segment);
    if (bytes == 0 || bytes % kLogAlignment != 0 || bytes > segment->bytes - at.offset)
      return false;
    found = at;
    return true;
  };
  if (scan(from, visit, status)) return read_record(found, bytes);
  return status ? stop_at(from, Stop::kEnd) : fail_at(from, std::move(status));
}

// Calls visit(position, page) for every 4 KiB from `from` to the log's end that may hold data,
// until it returns true; holes are skipped where the file system tells of them.
template <class Visit>
bool LogReader::scan(LogPosition from, const Visit& visit, Status& status) {
  for (const SegmentInfo& segment : segments_) {
    if (segment.number < from.segment) continue;
    LogPosition at{segment.number, segment.number == from.segment ? from.offset : 0};
    while (at.offset < segment.bytes) {
      const auto data = log_.next_data(at);
      if (!data) {
        status = data.error();
        return false;
      }
      if (!*data) break;
      at = **data;
      scan_.resize(std::min<std::uint64_t>(kScanBytes, segment.bytes - at.offset));
      status = log_.read(at, scan_.span());
      if (!status) return false;
      for (std::size_t i = 0; i < scan_.size(); i += kLogAlignment) {
        const LogPosition page{at.segment, at.offset + i};
        if (visit(page, scan_.bytes().subspan(i, kLogAlignment))) return true;
      }
      at.offset += scan_.size();
    }
  }
  return false;
}

}  // namespace weir::storage
