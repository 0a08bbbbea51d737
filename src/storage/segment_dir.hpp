// SegmentDir: the directory of a segment log: names, opens and creates segment files.
//
//   SegmentDir dir("/var/lib/weir/log", options);
//   WEIR_ASSIGN(const SegmentPtr segment, dir.create(0));   // log/000...000.seg
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "storage/direct_buffer.hpp"
#include "storage/file_ops.hpp"
#include "storage/segment_log.hpp"

namespace weir::storage {

// Zeros are written in pieces of this.
inline constexpr std::uint64_t kZeroChunk = std::uint64_t{1} << 20;

// An open segment. The writer, readers and the zero-filler have a descriptor each, so that an
// error the kernel holds for the writer is reported to the writer.
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

// Thread-safe: it keeps no state but the path.
class SegmentDir {
 public:
  SegmentDir(std::string path, const SegmentLogOptions& options)
      : path_(std::move(path)),
        options_(options),
        files_(options.files != nullptr ? *options.files : system_files()) {}

  const std::string& path() const { return path_; }
  FileOps& files() const { return files_; }
  const DirectBuffer& zeros() const { return zeros_; }

  // Returns the numbers of the segments there are, ascending; creates the directory if missing.
  Result<std::vector<std::uint64_t>> list() const;
  Result<SegmentPtr> open(std::uint64_t number) const;
  // Creates a segment of the options' size. It appears under its name only when it has its
  // full size: a crash leaves none or a whole one.
  Result<SegmentPtr> create(std::uint64_t number) const;
  // Removes what a crash inside create() left.
  Status remove_unfinished() const;
  // Gives [from, to) of the file blocks that read as zero, with fallocate's `mode` where it is
  // supported.
  Status allocate(int fd, const std::string& path, std::uint64_t from, std::uint64_t to,
                  int mode) const;

 private:
  Result<int> open_file(const std::string& path, int flags) const;
  Result<int> open_direct(const std::string& path) const;

  const std::string path_;
  const SegmentLogOptions options_;
  FileOps& files_;
  const DirectBuffer zeros_{kZeroChunk};
};

}  // namespace weir::storage
