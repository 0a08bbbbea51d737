#include <algorithm>
#include <cstdio>

#include "base/isa.hpp"
#include "main/gate_options.hpp"
#include "main/replay_log.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"from", "HEIGHT", "compare from here on; everything before is recomputed too"},
    {"to", "HEIGHT", "last block, default the newest"},
    kThreadsOption,
    kIsaOption,
};

void print_verdict(const char* name, const wire::VerdictCore& core) {
  std::printf(
      "  %-9s %s tail %.6f threshold %.6f flags %u ledger %s rules %u reasons", name,
      std::string(wire::outcome_name(static_cast<wire::Outcome>(core.outcome))).c_str(),
      core.tail_e6 * 1e-6, core.threshold_e6 * 1e-6, core.flags,
      std::string(wire::ledger_status_name(static_cast<wire::LedgerStatus>(core.ledger_status)))
          .c_str(),
      core.live_hits);
  for (unsigned i = 0; i < core.reason_count && i < 4; ++i) {
    std::printf(" %s",
                std::string(wire::reason_name(static_cast<wire::Reason>(core.reasons[i]))).c_str());
  }
  std::printf("\n");
}

void print_difference(const gate::ReplayDifference& difference) {
  std::printf("differs at height %llu", static_cast<unsigned long long>(difference.height));
  if (difference.seq == 0) {
    std::printf(": the %s\n", difference.what.c_str());
    return;
  }
  std::printf(", event %llu\n", static_cast<unsigned long long>(difference.seq));
  print_verdict("logged", difference.logged);
  print_verdict("computed", difference.computed);
  for (unsigned f = 0; f < profile::kFeatures; ++f) {
    std::printf("  %s=%.9g",
                std::string(profile::feature_name(static_cast<profile::Feature>(f))).c_str(),
                static_cast<double>(difference.features[f]));
  }
  std::printf("\n");
}

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1) {
    return fail(invalid_argument("usage", "weir replay needs one data directory"));
  }
  const std::string& dir = args.positional()[0];
  WEIR_ASSIGN(const auto replayed, ReplayedLog::open(dir, args));
  const ledger::Height head = replayed->log().durable_height();
  WEIR_ASSIGN(const std::uint64_t to, args.u64("to", head));
  const ledger::Height first = replayed->first();
  WEIR_ASSIGN(const std::uint64_t from, args.u64("from", first));
  if (from < first || to > head || from > to + 1) {
    return fail(invalid_argument("usage", "blocks " + std::to_string(first) + " to " +
                                              std::to_string(head) + " can be recomputed, not " +
                                              std::to_string(from) + " to " + std::to_string(to)));
  }
  if (first != 1) {
    std::printf("bodies are kept from block %llu on; recomputed from the snapshot of block %llu\n",
                static_cast<unsigned long long>(replayed->log().first_height()),
                static_cast<unsigned long long>(first - 1));
  }
  gate::LogReplay replay(replayed->log(), replayed->pass(), nullptr, nullptr);
  WEIR_ASSIGN(const gate::ReplayReport report, replay.run(first, to, replayed->pipeline()));
  std::printf("%llu blocks, %llu events in %.2f s (%.0f per second), %u threads, %s\n",
              static_cast<unsigned long long>(report.blocks),
              static_cast<unsigned long long>(report.events), report.seconds,
              static_cast<double>(report.events) / std::max(report.seconds, 1e-9),
              replayed->options().threads, std::string(isa_name(isa_active())).c_str());
  if (report.difference && report.difference->height >= from) {
    print_difference(*report.difference);
    return kExitReplayDiffers;
  }
  std::printf("equal\n");
  return kExitOk;
}

}  // namespace

const Command kReplayCommand = {"replay", "DIR", "recompute a log and compare every verdict",
                                kOptions, run};

}  // namespace weir::main
