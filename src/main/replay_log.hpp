// ReplayedLog: a data directory opened for recomputing: its lock, its log, and a pass that has the
// log's options and none of its state yet.
//
//   WEIR_ASSIGN(const auto replayed, ReplayedLog::open(dir, args));
//   gate::LogReplay replay(replayed->log(), replayed->pass(), nullptr, nullptr);
#pragma once

#include <memory>
#include <string>

#include "gate/gate.hpp"
#include "gate/log_replay.hpp"
#include "main/arguments.hpp"
#include "storage/data_dir.hpp"

namespace weir::main {

class ReplayedLog {
 public:
  // Applies --isa and --threads. Errors: not_found (no_log), data_dir_locked, those of the log.
  static Result<std::unique_ptr<ReplayedLog>> open(const std::string& dir, const Arguments& args);

  const ledger::BlockLog& log() const { return *log_; }
  gate::Pass& pass() { return *pass_; }
  // Returns the height that the pass is ready for: 1, unless bodies of old blocks are gone.
  ledger::Height first() const { return first_; }
  const gate::GateOptions& options() const { return options_; }
  gate::PipelineOptions pipeline() const { return {options_.threads, options_.batches_in_flight}; }

 private:
  ReplayedLog(storage::DataDir held, gate::GateOptions options)
      : held_(std::move(held)), options_(std::move(options)) {}

  storage::DataDir held_;
  gate::GateOptions options_;
  std::unique_ptr<ledger::BlockLog> log_;
  std::unique_ptr<gate::Pass> pass_;
  ledger::Height first_ = 1;
};

}  // namespace weir::main
