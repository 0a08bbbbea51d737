// HeaderFile: the headers of the blocks whose bodies retention has dropped, so that the chain can
// still be followed from the genesis: log/headers, 320 bytes a block, from height 1 on.
//
//   WEIR_ASSIGN(auto headers, HeaderFile::open(dir + "/log", {}));
//   WEIR_TRY(headers->append(dropped));       // durable on return; then their segments may go
//   BlockHeader header{};   WEIR_TRY(headers->read(7, header));
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "ledger/block.hpp"
#include "storage/file_ops.hpp"

namespace weir::ledger {

class HeaderFile {
 public:
  // Opens the file in `log_dir`; a missing one is made with the first append. What a crash left of
  // a cut header is overwritten by the next append.
  static Result<std::unique_ptr<HeaderFile>> open(const std::string& log_dir,
                                                  storage::FileOps& files);
  ~HeaderFile();
  HeaderFile(const HeaderFile&) = delete;
  HeaderFile& operator=(const HeaderFile&) = delete;

  // Returns the height of the last header held, 0 if there is none. Thread-safe.
  Height last_height() const { return last_.load(std::memory_order_acquire); }
  // Adds the headers that follow last_height(), in order. One thread appends.
  Status append(std::span<const BlockHeader> headers);
  // Reads and checks one header. not_found (height_unknown), data_loss (header_damaged).
  // Thread-safe.
  Status read(Height height, BlockHeader& header) const;
  const std::string& path() const { return path_; }

 private:
  HeaderFile(std::string path, std::string dir, storage::FileOps& files)
      : path_(std::move(path)), dir_(std::move(dir)), files_(files) {}

  const std::string path_;
  const std::string dir_;
  storage::FileOps& files_;
  std::atomic<int> read_fd_{-1};
  int write_fd_ = -1;  // opened by the first append
  std::atomic<Height> last_{0};
};

}  // namespace weir::ledger
