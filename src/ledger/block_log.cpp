#include "ledger/block_log.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "base/check.hpp"
#include "storage/log_reader.hpp"

namespace weir::ledger {
namespace {

using storage::LogPosition;
using storage::LogReader;

std::string block_text(Height height, LogPosition at, const BlockFault& fault) {
  return "block " + std::to_string(height) + " at " + segment_name(at.segment) + " offset " +
         std::to_string(at.offset + fault.offset) + ", " + fault.field + ": " + fault.message;
}

}  // namespace

std::string segment_name(std::uint64_t segment) {
  char name[40];
  std::snprintf(name, sizeof(name), "log/%020" PRIu64 ".seg", segment);
  return name;
}

BlockFault diagnose_stop(const storage::SegmentLog& log, const LogReader& reader) {
  storage::DirectBuffer page;
  page.resize(storage::kLogAlignment);
  if (!log.read(reader.position(), page.span())) return {0, "header", "cannot be read"};
  if (reader.stop() == LogReader::Stop::kCut) {
    return {offsetof(BlockHeader, stored_bytes), "stored_bytes",
            "the block is longer than its segment"};
  }
  if (auto fault = inspect_block(page.bytes())) return *fault;
  return {0, "header", "no block starts here"};
}

Result<std::unique_ptr<BlockLog>> BlockLog::open(const std::string& dir,
                                                 const BlockLogOptions& options,
                                                 RecoveryReport& report) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return fail(errno_status("create", dir, error.value()));
  std::unique_ptr<BlockLog> log(new BlockLog());
  WEIR_ASSIGN(log->genesis_, load_genesis(dir, options.genesis));
  WEIR_ASSIGN(log->log_, storage::SegmentLog::open(dir + "/log", options.segments));
  WEIR_TRY(log->recover(options.inspect_from, report));
  log->committer_ = std::make_unique<storage::GroupCommitter>(*log->log_, options.committer);
  return log;
}

BlockLog::~BlockLog() = default;

Status BlockLog::recover(Height inspect_from, RecoveryReport& report) {
  report = {};
  ChainChecker chain(genesis_);
  if (log_->begin().linear() != 0) chain.start_anywhere();
  LogReader reader(*log_, log_->begin(), &block_record_bytes);
  std::optional<BlockFault> fault;
  while (!fault && reader.next()) {
    const auto header = load<BlockHeader>(reader.record().data());
    if (header.height >= inspect_from) {
      const Result<BlockView> view = BlockView::parse(reader.record());
      if (!view) fault = inspect_block(reader.record());
    }
    if (!fault) fault = chain.check(header);
    if (fault) break;
    if (pages_.empty()) first_height_ = header.height;
    chain.advance(header);
    add_place(header, reader.position());
    ++report.blocks;
  }
  if (reader.stop() == LogReader::Stop::kFailed) return reader.status();
  if (!fault && reader.stop() != LogReader::Stop::kEnd) fault = diagnose_stop(*log_, reader);
  if (fault) {
    WEIR_TRY(cut_or_refuse(chain, reader.position(), *fault, report));
  } else {
    WEIR_TRY(log_->truncate(reader.position()));
  }
  report.next_seq = chain.next_seq();
  head_hash_ = chain.head_hash();
  durable_.store(chain.next_height() - 1, std::memory_order_release);
  return Status::ok();
}

// A block is acknowledged only once it is durable, and blocks sealed later say so. Without such a
// witness the bad block is a write that a crash tore.
Status BlockLog::cut_or_refuse(const ChainChecker& chain, LogPosition bad, const BlockFault& fault,
                               RecoveryReport& report) {
  LogReader reader(*log_, bad, &block_record_bytes);
  LogPosition from{bad.segment, bad.offset + storage::kLogAlignment};
  report.torn_bytes = storage::kLogAlignment;
  if (reader.next()) {  // the header is sound: step over the whole block
    report.torn_bytes = reader.record().size();
    from.offset = bad.offset + report.torn_bytes;
  }
  LogReader later(*log_, from, &block_record_bytes);
  while (later.find(from)) {
    const auto header = load<BlockHeader>(later.record().data());
    from = {later.position().segment, later.position().offset + storage::kLogAlignment};
    if (header.chain_id != chain.chain_id() || !BlockView::parse(later.record())) continue;
    if (header.height > chain.next_height() && header.durable_height >= chain.next_height()) {
      return data_loss("block_damaged", block_text(chain.next_height(), bad, fault) + "; block " +
                                            std::to_string(header.height) +
                                            " says that it was durable")
          .at(fault.field)
          .hint("restore the log from a replica or a backup; nothing was changed");
    }
    from.offset = later.position().offset + later.record().size();
  }
  if (later.stop() == LogReader::Stop::kFailed) return later.status();
  report.torn_reason = block_text(chain.next_height(), bad, fault);
  return log_->truncate(bad);
}

void BlockLog::add_place(const BlockHeader& header, LogPosition at) {
  const std::unique_lock lock(mutex_);
  pages_.push_back(static_cast<std::uint32_t>(at.linear() / storage::kLogAlignment));
  if (first_seqs_.empty()) first_seqs_.push_back(header.first_seq);
  first_seqs_.push_back(header.first_seq + header.count);
}

void BlockLog::append(SealedBlock block, Done done) {
  const auto header = load<BlockHeader>(block.record.data());
  committer_->submit({std::move(block.record),
                      [this, header, done = std::move(done)](const storage::Committed& committed) {
                        if (committed.status) {
                          add_place(header, committed.position);
                          durable_.store(header.height, std::memory_order_release);
                        }
                        if (done) done(header.height, committed.status);
                      }});
}

void BlockLog::drain() {
  committer_->drain();
}
bool BlockLog::failed() const {
  return committer_->failed();
}
storage::DirectBufferPool& BlockLog::pool() {
  return committer_->pool();
}
storage::CommitterStats BlockLog::commit_stats() const {
  return committer_->stats();
}

Status BlockLog::read(Height height, Block& block) const {
  std::uint64_t linear = 0;
  {
    const std::shared_lock lock(mutex_);
    if (height < first_height_ || height - first_height_ >= pages_.size()) {
      return not_found("height_unknown", "there is no block " + std::to_string(height));
    }
    linear = std::uint64_t{pages_[height - first_height_]} * storage::kLogAlignment;
  }
  const std::vector<storage::SegmentInfo> segments = log_->segments();
  const auto after = std::upper_bound(
      segments.begin(), segments.end(), linear,
      [](std::uint64_t at, const storage::SegmentInfo& segment) { return at < segment.number; });
  if (after == segments.begin()) {
    return not_found("height_dropped", "block " + std::to_string(height) + " is no longer kept");
  }
  const std::uint64_t segment = std::prev(after)->number;
  const LogPosition at{segment, linear - segment};
  block.view_.reset();
  block.buffer_.resize(storage::kLogAlignment);
  WEIR_TRY(log_->read(at, block.buffer_.span()));
  const std::uint64_t bytes = block_record_bytes(block.buffer_.bytes());
  if (bytes == 0)
    return data_loss("block_damaged", "block " + std::to_string(height) + " has lost its header");
  block.buffer_.resize(bytes);
  WEIR_TRY(log_->read(at, block.buffer_.span()));
  WEIR_ASSIGN(const BlockView view, BlockView::parse(block.buffer_.bytes()));
  if (view.header().height != height) {
    return data_loss("block_damaged", "block " + std::to_string(view.header().height) +
                                          " stands in place of " + std::to_string(height));
  }
  block.view_ = view;
  return Status::ok();
}

std::optional<Height> BlockLog::find_seq(std::uint64_t seq) const {
  const std::shared_lock lock(mutex_);
  if (first_seqs_.empty() || seq < first_seqs_.front() || seq >= first_seqs_.back())
    return std::nullopt;
  const auto after = std::upper_bound(first_seqs_.begin(), first_seqs_.end(), seq);
  return first_height_ + static_cast<std::uint64_t>(after - first_seqs_.begin()) - 1;
}

}  // namespace weir::ledger
