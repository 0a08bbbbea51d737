// DiskProbe: what the disk itself takes to make 4 KiB durable, measured beside a bench: latencies
// of committed decisions mean little without it.
//
//   WEIR_ASSIGN(auto probe, DiskProbe::open(dir));
//   WEIR_TRY(probe->measure(200));
//   probe->latency_ns().percentile(99.0);
//
// Each sample is one O_DIRECT write of 4 KiB into a preallocated, zero-filled file and one
// fdatasync: what the log does for a block of a single decision.
#pragma once

#include <memory>
#include <string>

#include "base/histogram.hpp"
#include "base/result.hpp"
#include "storage/direct_buffer.hpp"

namespace weir::main {

class DiskProbe {
 public:
  // Creates the probe's file in `dir`; the destructor removes it.
  static Result<std::unique_ptr<DiskProbe>> open(const std::string& dir);
  ~DiskProbe();
  DiskProbe(const DiskProbe&) = delete;
  DiskProbe& operator=(const DiskProbe&) = delete;

  // Adds `samples` to the histogram, one after another.
  Status measure(unsigned samples);
  const LatencyHistogram& latency_ns() const { return latency_ns_; }

 private:
  DiskProbe(std::string path, int fd);

  const std::string path_;
  const int fd_;
  storage::DirectBuffer block_;
  std::uint64_t next_ = 0;
  LatencyHistogram latency_ns_;
};

}  // namespace weir::main
