// What would have been: candidates over the log, and the log against itself.
#include <algorithm>

#include "base/json.hpp"
#include "gate/log_replay.hpp"
#include "gate/replay_start.hpp"
#include "main/service/live_pass.hpp"
#include "main/service/log_trial.hpp"

namespace weir::main {
namespace {

// A trial that somebody waits for looks at this many of the newest events.
constexpr std::uint64_t kTryEventsMax = 1'000'000;
constexpr ledger::Height kReplayStep = 64;  // blocks between looks at cancellation

void write_core(JsonWriter& json, std::string_view name, const wire::VerdictCore& core) {
  json.key(name).begin_object().key("outcome");
  json.string(wire::outcome_name(static_cast<wire::Outcome>(core.outcome)));
  json.key("tail").f64(core.tail_e6 * 1e-6).key("threshold").f64(core.threshold_e6 * 1e-6);
  json.key("flags").u64(core.flags).key("rules").u64(core.live_hits).end_object();
}

std::string difference_json(const gate::ReplayDifference& difference) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("height").u64(difference.height);
  json.key("what").string(difference.what);
  if (difference.seq != 0) {
    json.key("seq").u64(difference.seq);
    write_core(json, "before", difference.logged);
    write_core(json, "after", difference.computed);
  }
  json.end_object();
  return text;
}

std::string changes_json(const decide::TrialReport& report) {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (const decide::TrialChange& change : report.changes) {
    json.begin_object().key("seq").u64(change.seq);
    json.key("before").string(wire::outcome_name(change.before));
    json.key("after").string(wire::outcome_name(change.after));
    json.key("rule").string(change.rule).end_object();
  }
  json.end_array();
  return text;
}

// Recomputes the log from its first block that can be, because state is needed to decide, and
// compares.
Result<ReplayOutcome> replay_log(const ledger::BlockLog& log, const std::string& snapshot_dir,
                                 const gate::PassOptions& options, const ReplayRange& range,
                                 ReplayProgress& progress) {
  progress.blocks_total = range.to;
  gate::Pass pass(options);
  WEIR_ASSIGN(const ledger::Height first, gate::start_replay(log, snapshot_dir, pass));
  if (range.from < first) {
    return fail(failed_precondition("height_dropped",
                                    "blocks can be recomputed from " + std::to_string(first) +
                                        " on; earlier bodies are no longer kept"));
  }
  gate::ReplayReport whole;
  for (ledger::Height at = first; at <= range.to && !progress.cancelled; at += kReplayStep) {
    const ledger::Height end = std::min(range.to, at + kReplayStep - 1);
    gate::LogReplay replay(log, pass, nullptr, nullptr);
    WEIR_ASSIGN(const gate::ReplayReport part, replay.run(at, end, {1, 2}));
    whole.blocks += part.blocks;
    whole.events += part.events;
    whole.seconds += part.seconds;
    whole.difference = part.difference;
    progress.blocks = end;
    if (whole.difference) break;
  }
  const bool differs = whole.difference && whole.difference->height >= range.from;
  ReplayOutcome outcome;
  const std::string difference = differs ? difference_json(*whole.difference) : "";
  JsonWriter json(outcome.result);
  json.begin_object().key("blocks").u64(whole.blocks).key("events").u64(whole.events);
  json.key("seconds").f64(whole.seconds).key("equal").boolean(!differs).key("difference");
  differs ? json.raw(difference) : json.null();
  json.end_object();
  outcome.changes = "[" + difference + "]";
  return outcome;
}

Result<decide::TrialReport> run_trial(const ledger::BlockLog& log, const ReplayRange& range,
                                      LogTrial& trial, ReplayProgress& progress) {
  ledger::Block block;
  for (ledger::Height at = range.from; at <= range.to && !progress.cancelled; ++at) {
    WEIR_TRY(log.read(at, block));
    WEIR_TRY(trial.add(block.view()));
    progress.blocks = at + 1 - range.from;
  }
  return trial.report();
}

}  // namespace

Result<std::shared_ptr<LogTrial>> LivePass::make_trial(const server::ReplayRequest& candidate) {
  std::string text = candidate.rules;
  if (text.empty()) {
    WEIR_TRY(at_rest([&] { text = gate_->pass().decider().rules()->text; }));
  }
  std::optional<std::vector<decide::ThresholdRow>> thresholds;
  if (!candidate.thresholds.empty()) thresholds.emplace();
  for (const server::ThresholdLevel& level : candidate.thresholds) {
    thresholds->push_back({level.where, level.alert, level.hold, level.block});
  }
  std::vector<decide::RuleError> errors;
  WEIR_ASSIGN(auto compiled, compile(text, errors, std::move(thresholds)));
  LogTrialSettings settings;
  settings.dictionary = &gate_->pass().dictionary();
  if (candidate.models == 0) {
    settings.models = [this](std::uint32_t version) { return stored_models(version); };
  } else {
    WEIR_ASSIGN(const auto models, stored_models(candidate.models));
    settings.models = [models](std::uint32_t) { return models; };
  }
  const std::int64_t now_us = newest_event_us();
  WEIR_TRY(at_rest([&] {
    settings.decide = gate_->pass().options().decide;
    settings.labels = gate_->labels();
    settings.lists = std::make_shared<const decide::Lists>(gate_->pass().lists());
    settings.lists->flagged(
        settings.dictionary, gate_->options().pass.masking.get(), now_us,
        [&](wire::EntityId id, std::uint16_t flags) { settings.flags[id.word] = flags; });
  }));
  return std::make_shared<LogTrial>(std::move(compiled), std::move(settings));
}

Result<std::string> LivePass::try_rules(const std::string& text) {
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  WEIR_ASSIGN(const std::shared_ptr<LogTrial> trial, make_trial({.rules = text}));
  ReplayRange range;
  range.from = log->first_height();
  range.to = log->durable_height();
  const std::uint64_t newest = gate_->counters().committed_seq.load();
  if (newest > kTryEventsMax) {
    range.from = log->find_seq(newest - kTryEventsMax).value_or(range.from);
  }
  ReplayProgress progress;
  WEIR_ASSIGN(const decide::TrialReport report, run_trial(*log, range, *trial, progress));
  std::string json_text;
  JsonWriter json(json_text);
  report.write(json);
  return json_text;
}

Result<std::string> LivePass::start_replay(const server::ReplayRequest& request,
                                           const server::Actor& actor) {
  WEIR_ASSIGN(const ledger::BlockLog* log, stored_log());
  ReplayRange range{actor.name, std::max(request.from, log->first_height()),
                    request.to == 0 ? log->durable_height() : request.to};
  if (range.to > log->durable_height() || range.from > range.to) {
    return fail(invalid_argument("number_range", "the log holds blocks " +
                                                     std::to_string(log->first_height()) + " to " +
                                                     std::to_string(log->durable_height()))
                    .at("source.log"));
  }
  if (request.rules.empty() && request.models == 0 && request.thresholds.empty()) {
    return jobs_.start(range, [log, range, this](ReplayProgress& progress) {
      const gate::GateOptions& options = gate_->options();
      return replay_log(*log, options.dir + "/snap", options.pass, range, progress);
    });
  }
  WEIR_ASSIGN(const std::shared_ptr<LogTrial> trial, make_trial(request));
  return jobs_.start(range, [log, range, trial](ReplayProgress& progress) -> Result<ReplayOutcome> {
    WEIR_ASSIGN(const decide::TrialReport report, run_trial(*log, range, *trial, progress));
    ReplayOutcome outcome;
    JsonWriter json(outcome.result);
    json.begin_object().key("matrix");
    report.write(json);
    json.end_object();
    outcome.changes = changes_json(report);
    return outcome;
  });
}

Result<std::string> LivePass::replay(const std::string& id) {
  return jobs_.show(id);
}

Result<std::string> LivePass::replay_changes(const std::string& id) {
  return jobs_.changes(id);
}

Status LivePass::cancel_replay(const std::string& id, const server::Actor&) {
  return jobs_.cancel(id);
}

}  // namespace weir::main
