#include "ledger/block_log.hpp"

#include <algorithm>
#include <array>
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
  storage::FileOps* const files = options.segments.files;
  WEIR_ASSIGN(log->headers_,
              HeaderFile::open(dir + "/log", files != nullptr ? *files : storage::system_files()));
  WEIR_TRY(log->recover(options.inspect_from, report));
  log->committer_ = std::make_unique<storage::GroupCommitter>(*log->log_, options.committer);
  return log;
}

BlockLog::~BlockLog() = default;

Status BlockLog::recover(Height inspect_from, RecoveryReport& report) {
  report = {};
  ChainChecker chain(genesis_);
  LogReader reader(*log_, log_->begin(), &block_record_bytes);
  std::optional<BlockFault> fault;
  while (!fault && reader.next()) {
    const auto header = load<BlockHeader>(reader.record().data());
    if (pages_.empty() && log_->begin().linear() != 0) {
      WEIR_TRY(join_headers(chain, header.height));
    }
    if (header.height >= inspect_from) {
      const Result<BlockView> view = BlockView::parse(reader.record());
      if (!view) fault = inspect_block(reader.record());
    }
    if (!fault) fault = chain.check(header);
    if (fault) break;
    if (pages_.empty()) first_height_ = base_ = header.height;
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
  report.last_height = chain.next_height() - 1;
  head_hash_ = chain.head_hash();
  durable_.store(chain.next_height() - 1, std::memory_order_release);
  return Status::ok();
}

Status BlockLog::join_headers(ChainChecker& chain, Height first) const {
  BlockHeader before{};
  if (first <= headers_->last_height() + 1) {
    if (first == 1) return Status::ok();
    WEIR_TRY(headers_->read(first - 1, before));
    chain.advance(before);
    return Status::ok();
  }
  return data_loss("headers_missing", "the log begins with block " + std::to_string(first) + ", " +
                                          headers_->path() + " ends with block " +
                                          std::to_string(headers_->last_height()))
      .hint("restore both from a backup or replica; nothing was changed");
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

Result<LogPosition> BlockLog::place_of(Height height) const {
  std::uint64_t linear = 0;
  {
    const std::shared_lock lock(mutex_);
    if (height != 0 && height < base_) {
      return fail(not_found("height_dropped",
                            "the body of block " + std::to_string(height) + " is no longer kept"));
    }
    if (height == 0 || height - base_ >= pages_.size()) {
      return fail(not_found("height_unknown", "there is no block " + std::to_string(height)));
    }
    linear = std::uint64_t{pages_[height - base_]} * storage::kLogAlignment;
  }
  const std::vector<storage::SegmentInfo> segments = log_->segments();
  const auto after = std::upper_bound(
      segments.begin(), segments.end(), linear,
      [](std::uint64_t at, const storage::SegmentInfo& segment) { return at < segment.number; });
  if (after == segments.begin()) {
    return fail(not_found("height_dropped",
                          "the body of block " + std::to_string(height) + " is no longer kept"));
  }
  const std::uint64_t segment = std::prev(after)->number;
  return LogPosition{segment, linear - segment};
}

Status BlockLog::read_header(Height height, BlockHeader& header) const {
  if (height != 0 && height < first_height()) return headers_->read(height, header);
  WEIR_ASSIGN(const LogPosition at, place_of(height));
  alignas(BlockHeader) std::array<std::uint8_t, kBlockHeaderBytes> bytes;
  WEIR_TRY(log_->read(at, bytes));
  if (block_record_bytes(bytes) == 0) {
    return data_loss("block_damaged", "block " + std::to_string(height) + " has lost its header");
  }
  header = load<BlockHeader>(bytes.data());
  return Status::ok();
}

// Headers are durable in their file before the segments that held them go.
Status BlockLog::keep_headers(Height end) {
  constexpr std::size_t kAtATime = 4096;
  std::vector<BlockHeader> headers;
  for (Height height = headers_->last_height() + 1; height < end; ++height) {
    WEIR_TRY(read_header(height, headers.emplace_back()));
    if (headers.size() < kAtATime && height + 1 < end) continue;
    WEIR_TRY(headers_->append(headers));
    headers.clear();
  }
  return Status::ok();
}

Result<Height> BlockLog::retain(std::uint64_t bytes_max, Height keep) {
  const auto place =
      place_of(std::clamp(keep, first_height(), std::max<Height>(1, durable_height())));
  if (!place) return first_height();
  const std::vector<storage::SegmentInfo> segments = log_->segments();
  std::uint64_t bytes = log_->bytes_on_disk();
  std::uint64_t cut = segments.front().number;
  for (const storage::SegmentInfo& segment : segments) {
    if (bytes <= bytes_max || segment.number + segment.bytes > place->linear()) break;
    bytes -= segment.bytes;
    cut = segment.number + segment.bytes;
  }
  if (cut == segments.front().number) return first_height();
  Height first = 0;
  {
    const std::shared_lock lock(mutex_);
    const auto at = std::lower_bound(pages_.begin(), pages_.end(), cut / storage::kLogAlignment);
    first = base_ + static_cast<Height>(at - pages_.begin());
  }
  WEIR_TRY(keep_headers(first));
  first_height_.store(first, std::memory_order_release);
  WEIR_TRY(log_->drop_before({cut, 0}));
  return first;
}

Status BlockLog::read(Height height, Block& block) const {
  WEIR_ASSIGN(const LogPosition at, place_of(height));
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
  return base_ + static_cast<std::uint64_t>(after - first_seqs_.begin()) - 1;
}

}  // namespace weir::ledger
