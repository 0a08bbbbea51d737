#include "main/service/live_metrics.hpp"

#include "base/log.hpp"
#include "main/bench/report.hpp"
#include "main/version.hpp"
#include "storage/data_dir.hpp"
#include "wire/csv/mapping.hpp"

namespace weir::main {
namespace {

constexpr std::string_view kAcks[] = {"received", "decided", "committed", "final"};

}  // namespace

LiveMetrics::LiveMetrics(MetricRegistry& registry, std::int64_t started_us)
    : registry_(registry),
      decision_seconds_{registry.histogram(Metric::kDecisionSeconds, {kAcks[0]}),
                        registry.histogram(Metric::kDecisionSeconds, {kAcks[1]}),
                        registry.histogram(Metric::kDecisionSeconds, {kAcks[2]}),
                        registry.histogram(Metric::kDecisionSeconds, {kAcks[3]})},
      commit_seconds_(registry.histogram(Metric::kCommitSeconds)),
      batch_events_(registry.histogram(Metric::kBatchEvents)) {
  registry_.gauge(Metric::kBuildInfo, {program_version(), program_commit()}).set(1);
  registry_.gauge(Metric::kStartTimeSeconds).set(static_cast<double>(started_us) * 1e-6);
}

void LiveMetrics::answered(gate::Ack ack, std::int64_t elapsed_ns) const {
  decision_seconds_[static_cast<std::size_t>(ack)].observe(elapsed_ns);
}

void LiveMetrics::committed(std::size_t rows, std::int64_t lag_ns) const {
  batch_events_.observe(static_cast<std::int64_t>(rows));
  commit_seconds_.observe(lag_ns);
}

void LiveMetrics::collect(gate::Gate& gate, const server::Health& health) {
  const std::lock_guard lock(mutex_);
  for (const server::Component& component : health.components) {
    registry_.gauge(Metric::kReady, {component.name}).set(component.ready ? 1 : 0);
  }
  registry_.gauge(Metric::kReady, {"server"}).set(1);
  registry_.gauge(Metric::kProcessResidentBytes).set(resident_bytes());
  raise(Metric::kLogMessagesDroppedTotal, {}, log().dropped());
  collect_admission(gate);
  collect_verdicts(gate);
  collect_state(gate);
  if (gate.log() != nullptr) collect_log(gate);
}

void LiveMetrics::raise(Metric metric, MetricRegistry::Labels labels, std::uint64_t total) {
  const auto known = static_cast<std::uint64_t>(registry_.value(metric, labels));
  if (total > known) registry_.counter(metric, labels).add(total - known);
}

void LiveMetrics::collect_admission(const gate::Gate& gate) {
  const gate::GateCounters& counters = gate.counters();
  const gate::Admission& admission = gate.admission();
  registry_.gauge(Metric::kQueueEvents).set(counters.queued_events.load());
  registry_.gauge(Metric::kQueueBytes).set(counters.queued_bytes.load());
  registry_.gauge(Metric::kQueueLimitBytes).set(gate.queue_bytes());
  raise(Metric::kDuplicatesTotal, {}, admission.repeated());
  for (unsigned i = 0; i < wire::kRefusals; ++i) {
    raise(Metric::kRefusedTotal, {wire::refusal_name(static_cast<wire::Refusal>(1001 + i))},
          admission.refused()[i].load() +
              (static_cast<wire::Refusal>(1001 + i) == wire::Refusal::kQueueFull
                   ? counters.refused_full.load()
                   : 0));
  }
  raise(Metric::kRefusedTotal, {"disk_low"}, counters.refused_disk.load());
}

void LiveMetrics::collect_verdicts(const gate::Gate& gate) {
  const gate::PassCounters& counters = gate.pass().counters();
  raise(Metric::kEventsTotal, {}, counters.events.load());
  raise(Metric::kVerdictsTotal, {"pass"}, counters.passed.load());
  raise(Metric::kVerdictsTotal, {"hold"}, counters.held.load());
  raise(Metric::kVerdictsTotal, {"block"}, counters.blocked.load());
  raise(Metric::kAlertsTotal, {}, counters.alerted.load());
  raise(Metric::kLateTotal, {}, counters.late.load());
  for (std::size_t status = 0; status < counters.by_ledger_status.size(); ++status) {
    const std::string_view name = wire::ledger_status_name(static_cast<wire::LedgerStatus>(status));
    if (name.empty()) continue;
    raise(Metric::kLedgerStatusTotal, {name}, counters.by_ledger_status[status].load());
  }
}

void LiveMetrics::collect_state(const gate::Gate& gate) {
  const gate::GateCounters& counters = gate.counters();
  registry_.gauge(Metric::kProfileAccounts).set(counters.profiles.load());
  registry_.gauge(Metric::kProfileBytes).set(counters.profile_bytes.load());
  registry_.gauge(Metric::kProfileFull).set(gate.pass().profiles().full() ? 1 : 0);
  raise(Metric::kEdgeEvictionsTotal, {}, counters.edge_evictions.load());
  const wire::Dictionary& dictionary = gate.pass().dictionary();
  constexpr unsigned kKinds = 64;
  for (unsigned kind = 0; kind < kKinds; ++kind) {
    const std::uint64_t count = dictionary.count(static_cast<std::uint8_t>(kind));
    if (count == 0) continue;
    const std::string name = wire::entity_kind_name(static_cast<wire::EntityKind>(kind));
    registry_.gauge(Metric::kDictionaryEntries, {name}).set(count);
  }
  const gate::Versions versions = gate.versions();
  registry_.gauge(Metric::kRulesVersion).set(versions.rules);
  registry_.gauge(Metric::kListsVersion).set(versions.lists);
  registry_.gauge(Metric::kDetectorsVersion).set(versions.models);
  registry_.gauge(Metric::kConfigVersion).set(versions.config);
}

void LiveMetrics::collect_log(const gate::Gate& gate) {
  const ledger::BlockLog& log = *gate.log();
  const ledger::Height durable = log.durable_height();
  registry_.gauge(Metric::kDurableHeight).set(durable);
  registry_.gauge(Metric::kLogFirstHeight).set(log.first_height());
  registry_.gauge(Metric::kLedgerHeight).set(gate.counters().sealed_height.load());
  const storage::CommitterStats stats = log.commit_stats();
  raise(Metric::kBlocksTotal, {}, stats.records);
  raise(Metric::kBlockBytesTotal, {}, stats.bytes);
  registry_.gauge(Metric::kCommitFailed).set(log.failed() ? 1 : 0);
  registry_.gauge(Metric::kLogBytes).set(log.bytes_on_disk());
  registry_.gauge(Metric::kSnapshotHeight).set(gate.counters().snapshot_height.load());
  registry_.gauge(Metric::kSnapshotSeconds)
      .set(static_cast<double>(gate.counters().snapshot_us.load()) * 1e-6);
  const gate::RecoverySummary& recovery = gate.recovery();
  raise(Metric::kRecoveryTruncatedTotal, {}, recovery.log.torn_reason.empty() ? 0 : 1);
  registry_.gauge(Metric::kRecoveryBlocks).set(recovery.log.last_height - recovery.snapshot_height);
  registry_.gauge(Metric::kRecoverySeconds).set(recovery.seconds);
  if (const auto space = storage::disk_space(gate.options().dir)) {
    registry_.gauge(Metric::kDiskFreeBytes).set(space->free_bytes);
    registry_.gauge(Metric::kDiskSizeBytes).set(space->size_bytes);
  }
}

}  // namespace weir::main
