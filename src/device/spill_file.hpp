// SpillFile: blocks of bytes in one file without a name, compressed by lz4 and checked by XXH3.
//
//   WEIR_ASSIGN(auto file, SpillFile::open("/var/tmp/weir", bytes_max));
//   WEIR_ASSIGN(auto block, file->write(bytes));                  // shared; its end frees the disk
//   WEIR_TRY(file->read(*block, [&](std::size_t at, Bytes part) { ...; return Status::ok(); }));
//
// The file is unlinked while it is open, so that nothing stays behind however the process ends. A
// block is kept in parts of at most 4 MiB, each on whole pages of its own; what a block leaves is
// given back to the file system and used again. Checksums stay in memory: what is read is what was
// written, from the place where it was written. Thread-safe; no lock is held while bytes move.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace weir::device {

class SpillFile : public std::enable_shared_from_this<SpillFile> {
 public:
  static constexpr std::size_t kPartBytes = std::size_t{4} << 20;
  // Takes one part of a block; its failure ends the reading.
  using Sink = std::function<Status(std::size_t offset, Bytes part)>;

  // A stored block. Keeps its file open.
  class Block {
   public:
    ~Block();
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    // Bytes on disk.
    std::uint64_t stored_bytes() const;

   private:
    friend class SpillFile;
    struct Part {
      std::uint64_t offset = 0;
      std::uint64_t checksum = 0;  // of what is stored
      std::uint32_t stored = 0;    // bytes; as many as raw: not compressed
      std::uint32_t raw = 0;
    };
    explicit Block(std::shared_ptr<SpillFile> file) : file_(std::move(file)) {}
    std::shared_ptr<SpillFile> file_;
    std::vector<Part> parts_;
  };

  // Makes the file in `dir`, which must exist. The errors of open(2), naming the directory.
  static Result<std::shared_ptr<SpillFile>> open(const std::string& dir, std::uint64_t bytes_max);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // Stores a copy. resource_exhausted (spill_file_full) beyond the limit; unavailable or the like
  // if the disk is full or fails. 4 MiB of memory for the time of the call.
  Result<std::shared_ptr<const Block>> write(Bytes bytes);
  // Gives the parts of a block to `sink` in order. data_loss (spill_damaged) if a part is not what
  // was written: nothing of that part was given.
  Status read(const Block& block, const Sink& sink) const;

  // Bytes on disk that blocks hold, in whole pages.
  std::uint64_t used_bytes() const;

 private:
  SpillFile(int fd, std::string dir, std::uint64_t bytes_max)
      : fd_(fd), dir_(std::move(dir)), bytes_max_(bytes_max) {}
  Result<std::uint64_t> take(std::uint64_t bytes);
  void give_back(std::uint64_t offset, std::uint64_t bytes);

  const int fd_;
  const std::string dir_;
  const std::uint64_t bytes_max_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> free_;  // offset -> bytes, below end_, never adjacent
  std::uint64_t end_ = 0;
  std::uint64_t used_ = 0;
};

}  // namespace weir::device
