#include "main/replay_log.hpp"

#include "base/isa.hpp"
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
  const ledger::Genesis& genesis = replayed->log_->genesis();
  replayed->pass_ = std::make_unique<gate::Pass>(replayed->options_.pass);
  replayed->pass_->start_chain(genesis.chain_id, genesis.hash(), 1);
  return replayed;
}

}  // namespace weir::main
