// BlockLog: the chain of blocks in a data directory: recovery at start, append with group commit,
// reading by height.
//
//   WEIR_ASSIGN(auto log, BlockLog::open(dir.path(), options, report));
//   log->append(std::move(sealed), [](Height h, const Status& s) { ... });   // in order
//   Block block;   WEIR_TRY(log->read(7, block));   block.view().events() ...
//
// retain() drops the bodies of old blocks by whole segments; their headers stay (log/headers), so
// that the chain reaches back to the genesis.
//
// Recovery takes the first bad block as the end of the log, unless a later valid block says that it
// had been durable: then acknowledged data is damaged and open() refuses to start.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ledger/block.hpp"
#include "ledger/chain.hpp"
#include "ledger/header_file.hpp"
#include "storage/committer.hpp"
#include "storage/log_reader.hpp"
#include "storage/segment_log.hpp"

namespace weir::ledger {

struct BlockLogOptions {
  Genesis genesis;  // for a new log; an existing one keeps its own
  storage::SegmentLogOptions segments;
  storage::CommitterOptions committer;
  Height inspect_from = 1;  // bodies below are trusted to their header (a snapshot covers them)
};

struct RecoveryReport {
  Height blocks = 0;       // found sound, with their bodies
  Height last_height = 0;  // of the newest of them
  std::uint64_t next_seq = 1;
  std::uint64_t torn_bytes = 0;  // cut off behind the last sound block, as far as its header tells
  std::string torn_reason;       // what was wrong there, or empty
};

// Returns a segment's path in the data directory: "log/000...000.seg".
std::string segment_name(std::uint64_t segment);
// Says what is wrong where a reader stopped at something that is neither a block nor the end.
BlockFault diagnose_stop(const storage::SegmentLog& log, const storage::LogReader& reader);

// One block read from the log. Reuse it.
class Block {
 public:
  const BlockView& view() const { return *view_; }
  Bytes record() const { return buffer_.bytes(); }

 private:
  friend class BlockLog;
  storage::DirectBuffer buffer_;
  std::optional<BlockView> view_;
};

class BlockLog {
 public:
  // Opens or creates the log under `dir` and recovers it. data_loss (block_damaged) naming offset
  // and field if an acknowledged block is damaged.
  static Result<std::unique_ptr<BlockLog>> open(const std::string& dir,
                                                const BlockLogOptions& options,
                                                RecoveryReport& report);
  ~BlockLog();

  using Done = std::function<void(Height, const Status&)>;
  // Queues a block for commit; heights rise by one. `done` runs on the committing thread, in order
  // of height. One thread appends. After a failure every later block fails: exit and recover.
  void append(SealedBlock block, Done done);
  // Waits until everything appended is durable or failed.
  void drain();

  // Reads and parses one block. not_found (height_unknown; height_dropped if only its header is
  // kept). Thread-safe.
  Status read(Height height, Block& block) const;
  // Reads the header of one block, also of those whose bodies are gone. Thread-safe.
  Status read_header(Height height, BlockHeader& header) const;
  // Drops the bodies of the oldest blocks, segment by segment, while the log takes more than
  // `bytes_max` on disk; blocks from `keep` on stay. Returns the first height whose body is kept.
  // One thread at a time, beside the one that appends; costs a read of 4 KiB for each block
  // dropped.
  Result<Height> retain(std::uint64_t bytes_max, Height keep);
  // Returns the block that holds event `seq`, or nothing. Thread-safe.
  std::optional<Height> find_seq(std::uint64_t seq) const;

  const Genesis& genesis() const { return genesis_; }
  // Returns the hash that the next block to be sealed after open() must name as its parent.
  const Digest& head_hash() const { return head_hash_; }
  // Returns the first height whose body is kept. Thread-safe.
  Height first_height() const { return first_height_.load(std::memory_order_acquire); }
  // Returns the newest height that is durable (as storage.durability promises). Thread-safe.
  Height durable_height() const { return durable_.load(std::memory_order_acquire); }
  bool failed() const;
  storage::DirectBufferPool& pool();
  storage::SegmentLog& segments() { return *log_; }
  const storage::SegmentLog& segments() const { return *log_; }
  storage::CommitterStats commit_stats() const;
  std::uint64_t bytes_on_disk() const { return log_->bytes_on_disk(); }

 private:
  BlockLog() = default;
  Status recover(Height inspect_from, RecoveryReport& report);
  Status cut_or_refuse(const ChainChecker& chain, storage::LogPosition bad, const BlockFault& fault,
                       RecoveryReport& report);
  void add_place(const BlockHeader& header, storage::LogPosition at);
  // Puts the chain where the log's first block continues it.
  Status join_headers(ChainChecker& chain, Height first) const;
  // Returns the place of a block; not_found (height_unknown, height_dropped).
  Result<storage::LogPosition> place_of(Height height) const;
  Status keep_headers(Height end);

  Genesis genesis_;
  std::unique_ptr<storage::SegmentLog> log_;
  std::unique_ptr<storage::GroupCommitter> committer_;
  Digest head_hash_{};
  std::unique_ptr<HeaderFile> headers_;
  Height base_ = 1;  // height of pages_[0]
  std::atomic<Height> first_height_{1};
  std::atomic<Height> durable_{0};
  mutable std::shared_mutex mutex_;
  std::vector<std::uint32_t> pages_;
  std::vector<std::uint64_t> first_seqs_;  // of each block, then of the next one
};

}  // namespace weir::ledger
