#include "ledger/header_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.hpp"

namespace weir::ledger {
namespace {

std::uint64_t offset_of(Height height) {
  return (height - 1) * kBlockHeaderBytes;
}

}  // namespace

Result<std::unique_ptr<HeaderFile>> HeaderFile::open(const std::string& log_dir,
                                                     storage::FileOps& files) {
  std::unique_ptr<HeaderFile> made(new HeaderFile(log_dir + "/headers", log_dir, files));
  const int fd = files.open(made->path_, O_RDONLY | O_CLOEXEC, 0);
  if (fd == -ENOENT) return made;
  WEIR_TRY(storage::system_status("open", made->path_, fd));
  made->read_fd_ = fd;
  const std::int64_t size = files.size(fd);
  WEIR_TRY(storage::system_status("stat", made->path_, size));
  made->last_ = static_cast<std::uint64_t>(size) / kBlockHeaderBytes;
  return made;
}

HeaderFile::~HeaderFile() {
  if (read_fd_ >= 0 && read_fd_ != write_fd_) files_.close(read_fd_);
  if (write_fd_ >= 0) files_.close(write_fd_);
}

Status HeaderFile::append(std::span<const BlockHeader> headers) {
  if (headers.empty()) return Status::ok();
  const Height last = last_height();
  CHECK_EQ(headers.front().height, last + 1);
  CHECK_EQ(headers.back().height, last + headers.size());
  if (write_fd_ < 0) {
    const int fd = files_.open(path_, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    WEIR_TRY(storage::system_status("create", path_, fd));
    write_fd_ = fd;
    if (read_fd_ < 0) read_fd_ = fd;
    WEIR_TRY(storage::system_status("sync", dir_, files_.sync_directory(dir_)));
  }
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(headers.data()), headers.size_bytes());
  WEIR_TRY(storage::write_all(files_, write_fd_, bytes, offset_of(last + 1), path_));
  WEIR_TRY(storage::system_status("sync", path_, files_.fdatasync(write_fd_)));
  last_.store(headers.back().height, std::memory_order_release);
  return Status::ok();
}

Status HeaderFile::read(Height height, BlockHeader& header) const {
  if (height == 0 || height > last_height()) {
    return not_found("height_unknown", path_ + " holds no block " + std::to_string(height));
  }
  alignas(BlockHeader) std::array<std::uint8_t, kBlockHeaderBytes> bytes;
  WEIR_TRY(storage::read_exactly(files_, read_fd_, bytes, offset_of(height), path_));
  header = load<BlockHeader>(bytes.data());
  const bool spare = std::any_of(std::begin(header.reserved), std::end(header.reserved),
                                 [](std::uint8_t byte) { return byte != 0; });
  if (block_record_bytes(bytes) != 0 && !spare && header.height == height) return Status::ok();
  return data_loss("header_damaged", path_ + " offset " + std::to_string(offset_of(height)) +
                                         ": the header of block " + std::to_string(height) +
                                         " is damaged")
      .at("header");
}

}  // namespace weir::ledger
