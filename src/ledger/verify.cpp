#include "ledger/verify.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "ledger/block_log.hpp"
#include "ledger/control.hpp"
#include "storage/log_reader.hpp"

namespace weir::ledger {
namespace {

using storage::LogReader;

// Opens the log for reading; a missing directory is an error and not created.
Result<std::unique_ptr<storage::SegmentLog>> open_for_reading(const std::string& dir) {
  struct stat info {};
  if (::stat((dir + "/log").c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return fail(not_found("data_dir_missing", dir + " is no data directory: it has no log"));
  }
  storage::SegmentLogOptions options;
  options.read_only = true;
  options.prepare_in_background = false;
  return storage::SegmentLog::open(dir + "/log", options);
}

LogFault locate(Height height, storage::LogPosition at, BlockFault fault) {
  return {height, segment_name(at.segment), at.offset + fault.offset, std::move(fault.field),
          std::move(fault.message)};
}

// Follows the chain over the headers of dropped blocks, up to the log's first block.
Status follow_headers(const std::string& dir, const storage::SegmentLog& log, ChainChecker& chain,
                      const std::optional<Digest>& since, VerifyReport& report) {
  WEIR_ASSIGN(const auto headers, HeaderFile::open(dir + "/log", storage::system_files()));
  LogReader reader(log, log.begin(), &block_record_bytes);
  Height end = headers->last_height() + 1;
  if (reader.next()) end = load<BlockHeader>(reader.record().data()).height;
  for (Height height = 1; height < end; ++height) {
    BlockHeader header{};
    const std::uint64_t at = (height - 1) * kBlockHeaderBytes;
    if (Status status = headers->read(height, header); !status.is_ok()) {
      if (status.code() == Code::kUnavailable) return status;
      report.fault = LogFault{height, "log/headers", at, "header", status.message()};
      return Status::ok();
    }
    if (auto fault = chain.check(header)) {
      report.fault = LogFault{height, "log/headers", at + fault->offset, std::move(fault->field),
                              std::move(fault->message)};
      return Status::ok();
    }
    chain.advance(header);
    ++report.headers;
    report.events += header.count;
    report.head = chain.head_hash();
    if (since && *since == report.head) report.since_height = header.height;
  }
  return Status::ok();
}

// Returns the payload of a sound block's record of the configuration, empty if it has none.
std::vector<std::uint8_t> config_of(Bytes record) {
  const auto view = BlockView::parse(record);
  CHECK(view);
  ControlReader controls(view->control());
  while (const auto control = controls.next()) {
    if (control->type == ControlType::kConfig) {
      return {control->payload.begin(), control->payload.end()};
    }
  }
  return {};
}

}  // namespace

Result<VerifyReport> verify_log(const std::string& dir, const std::optional<Digest>& since) {
  VerifyReport report;
  const Result<Genesis> genesis = read_genesis(dir);
  if (!genesis && genesis.error().code() != Code::kDataLoss) return fail(genesis.error());
  if (!genesis) {
    report.fault = LogFault{0, "genesis.json", 0, "genesis", genesis.error().message()};
    return report;
  }
  auto log = open_for_reading(dir);
  if (!log && log.error().code() == Code::kDataLoss) {
    report.fault = LogFault{0, "log", 0, log.error().reason(), log.error().message()};
    return report;
  }
  if (!log) return fail(log.error());

  report.config_hash = genesis->config_hash;
  ChainChecker chain(*genesis);
  report.head = chain.head_hash();
  if (since && *since == report.head) report.since_height = 0;
  if ((*log)->begin().linear() != 0) {
    WEIR_TRY(follow_headers(dir, **log, chain, since, report));
    if (report.fault) return report;
  }
  LogReader reader(**log, (*log)->begin(), &block_record_bytes);
  std::optional<BlockFault> fault;
  while (reader.next()) {
    const auto header = load<BlockHeader>(reader.record().data());
    fault = inspect_block(reader.record());
    if (!fault) fault = chain.check(header);
    if (fault) break;
    if (report.blocks == 0) report.first_height = header.height;
    if (header.height == 1) report.first_config = config_of(reader.record());
    chain.advance(header);
    ++report.blocks;
    report.events += header.count;
    report.bytes += reader.record().size();
    report.head = chain.head_hash();
    if (since && *since == report.head) report.since_height = header.height;
  }
  if (reader.stop() == LogReader::Stop::kFailed) return fail(reader.status());
  if (!fault && reader.stop() != LogReader::Stop::kEnd) fault = diagnose_stop(**log, reader);
  if (fault) report.fault = locate(chain.next_height(), reader.position(), std::move(*fault));
  return report;
}

Result<Proof> prove_event(const std::string& dir, const wire::EventKey& id) {
  WEIR_ASSIGN(const auto log, open_for_reading(dir));
  LogReader reader(*log, log->begin(), &block_record_bytes);
  std::optional<Proof> newest;
  while (reader.next()) {
    WEIR_ASSIGN(const BlockView view, BlockView::parse(reader.record()));
    const auto events = view.events();
    const auto at = std::find_if(events.begin(), events.end(),
                                 [&](const wire::Event& e) { return e.id == id; });
    if (at != events.end())
      newest = make_proof(view, static_cast<std::uint32_t>(at - events.begin()));
  }
  if (reader.stop() == LogReader::Stop::kFailed) return fail(reader.status());
  if (!newest) return fail(not_found("event_unknown", "no block holds the event " + to_hex(id)));
  return *newest;
}

}  // namespace weir::ledger
