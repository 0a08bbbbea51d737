#include "device/spill_file.hpp"

#include <fcntl.h>
#include <lz4.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/hash.hpp"

namespace weir::device {
namespace {

constexpr std::uint64_t kPage = 4096;

std::uint64_t pages(std::uint64_t bytes) {
  return align_up(std::max<std::uint64_t>(bytes, 1), kPage);
}

// Moves all bytes or says which error stopped it; 0 if none, EIO if the file ends before.
template <class Move>
int move_all(std::size_t bytes, Move&& move) {
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t moved = move(done);
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) return moved == 0 ? EIO : errno;
    done += static_cast<std::size_t>(moved);
  }
  return 0;
}

int write_all(int fd, Bytes bytes, std::uint64_t offset) {
  return move_all(bytes.size(), [&](std::size_t done) {
    return ::pwrite(fd, bytes.data() + done, bytes.size() - done,
                    static_cast<off_t>(offset + done));
  });
}

int read_all(int fd, std::span<std::uint8_t> bytes, std::uint64_t offset) {
  return move_all(bytes.size(), [&](std::size_t done) {
    return ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
  });
}

// Returns a descriptor of a file in `dir` that has no name, or -1 with errno.
int open_nameless(const std::string& dir) {
  const int fd = ::open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (fd >= 0 || errno == ENOENT || errno == EACCES || errno == ENOTDIR) return fd;
  std::string path = dir + "/weir-spill-XXXXXX";  // a file system without such files
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(path.c_str());
  return named;
}

}  // namespace

SpillFile::Block::~Block() {
  for (const Part& part : parts_) file_->give_back(part.offset, pages(part.stored));
}

std::uint64_t SpillFile::Block::stored_bytes() const {
  std::uint64_t bytes = 0;
  for (const Part& part : parts_) bytes += part.stored;
  return bytes;
}

Result<std::shared_ptr<SpillFile>> SpillFile::open(const std::string& dir,
                                                   std::uint64_t bytes_max) {
  const int fd = open_nameless(dir);
  if (fd < 0) {
    return fail(errno_status("make a spill file in", dir, errno)
                    .at("device.spill_dir")
                    .hint("name a directory that this process may write, or leave it empty"));
  }
  return std::shared_ptr<SpillFile>(new SpillFile(fd, dir, bytes_max));
}

SpillFile::~SpillFile() {
  ::close(fd_);
}

Result<std::uint64_t> SpillFile::take(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > bytes_max_ - std::min(used_, bytes_max_)) {
    return fail(resource_exhausted("spill_file_full",
                                   std::to_string(bytes) + " bytes do not fit beside " +
                                       std::to_string(used_) + " of " + std::to_string(bytes_max_))
                    .at("device.spill_file_bytes_max"));
  }
  used_ += bytes;
  for (auto at = free_.begin(); at != free_.end(); ++at) {
    const auto [offset, size] = *at;
    if (size < bytes) continue;
    free_.erase(at);
    if (size > bytes) free_.emplace(offset + bytes, size - bytes);
    return offset;
  }
  const std::uint64_t offset = end_;
  end_ += bytes;
  return offset;
}

void SpillFile::give_back(std::uint64_t offset, std::uint64_t bytes) {
  // Before anybody else may write there. Where it is not supported the pages are only used again.
  static_cast<void>(::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                static_cast<off_t>(offset), static_cast<off_t>(bytes)));
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
  auto after = free_.lower_bound(offset);
  if (after != free_.end() && after->first == offset + bytes) {
    bytes += after->second;
    after = free_.erase(after);
  }
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      offset = before->first;
      bytes += before->second;
      free_.erase(before);
    }
  }
  if (offset + bytes == end_) {
    end_ = offset;
  } else {
    free_.emplace(offset, bytes);
  }
}

Result<std::shared_ptr<const SpillFile::Block>> SpillFile::write(Bytes bytes) {
  auto block = std::shared_ptr<Block>(new Block(shared_from_this()));
  std::vector<std::uint8_t> packed(
      static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(kPartBytes))));
  for (std::size_t at = 0; at < bytes.size(); at += kPartBytes) {
    const Bytes raw = bytes.subspan(at, std::min(kPartBytes, bytes.size() - at));
    const int size = LZ4_compress_default(
        reinterpret_cast<const char*>(raw.data()), reinterpret_cast<char*>(packed.data()),
        static_cast<int>(raw.size()), static_cast<int>(packed.size()));
    const bool smaller = size > 0 && static_cast<std::size_t>(size) < raw.size();
    const Bytes stored = smaller ? Bytes(packed.data(), static_cast<std::size_t>(size)) : raw;
    WEIR_ASSIGN(const std::uint64_t offset, take(pages(stored.size())));
    block->parts_.push_back({offset, xxh3_64(stored), static_cast<std::uint32_t>(stored.size()),
                             static_cast<std::uint32_t>(raw.size())});
    if (const int error = write_all(fd_, stored, offset); error != 0) {
      return fail(errno_status("write a spill file in", dir_, error));
    }
  }
  return std::shared_ptr<const Block>(std::move(block));
}

Status SpillFile::read(const Block& block, const Sink& sink) const {
  std::vector<std::uint8_t> stored;
  std::vector<std::uint8_t> raw;
  std::size_t at = 0;
  for (const Block::Part& part : block.parts_) {
    stored.resize(part.stored);
    const int error = read_all(fd_, stored, part.offset);
    bool good = error == 0 && xxh3_64(stored) == part.checksum;
    if (good && part.stored != part.raw) {
      raw.resize(part.raw);
      good = LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()),
                                 reinterpret_cast<char*>(raw.data()), static_cast<int>(part.stored),
                                 static_cast<int>(part.raw)) == static_cast<int>(part.raw);
    }
    if (!good) {
      return data_loss("spill_damaged", "the spill file in " + dir_ + " does not give back byte " +
                                            std::to_string(at) + " and what follows as written");
    }
    WEIR_TRY(sink(at, part.stored == part.raw ? Bytes(stored) : Bytes(raw)));
    at += part.raw;
  }
  return Status::ok();
}

std::uint64_t SpillFile::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

}  // namespace weir::device
