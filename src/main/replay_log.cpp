#include "main/replay_log.hpp"

#include "base/isa.hpp"
#include "gate/replay_start.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"

namespace weir::main {

Result<std::unique_ptr<ReplayedLog>> ReplayedLog::open(const std::string& dir,
                                                       const Arguments& args) {
  WEIR_ASSIGN(const auto config, logged_configuration(dir));
  if (args.has("isa")) {
    WEIR_ASSIGN(const Isa isa, parse_isa(args.text("isa")));
    limit_isa(isa);
  }
  WEIR_ASSIGN(gate::GateOptions options, gate_options(*config, args, dir));
  WEIR_ASSIGN(auto held, storage::DataDir::open(dir));
  std::unique_ptr<ReplayedLog> replayed(new ReplayedLog(std::move(held), std::move(options)));
  ledger::RecoveryReport recovery;
  ledger::BlockLogOptions log_options;
  log_options.segments = replayed->options_.segments;
  WEIR_ASSIGN(replayed->log_, ledger::BlockLog::open(dir, log_options, recovery));
  replayed->pass_ = std::make_unique<gate::Pass>(replayed->options_.pass);
  WEIR_ASSIGN(replayed->first_, gate::start_replay(*replayed->log_, replayed->held_.snapshot_dir(),
                                                   *replayed->pass_));
  return replayed;
}

}  // namespace weir::main
