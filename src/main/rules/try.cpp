#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "gate/pass_config.hpp"
#include "main/event_feed.hpp"
#include "main/gate_options.hpp"
#include "main/masking.hpp"
#include "main/pass_start.hpp"
#include "main/replay_log.hpp"
#include "main/rules/trial_input.hpp"
#include "main/simulation.hpp"
#include "main/verbs.hpp"
#include "wire/csv/csv_source.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"log", "DIR", "try on the events of a data directory"},
    {"file", "FILE", "try on a CSV file"},
    {"simulate", "PROFILE", "try on a simulated stream"},
    {"json", "FILE", "write the result as JSON"},
    kSeedOption,
    kEventsOption,
    kAccountsOption,
    kDaysOption,
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kSetOption,
};

// A source whose labels are remembered on the way.
class LabelledSource final : public wire::EventSource {
 public:
  LabelledSource(wire::EventSource& source, KnownLabels& labels)
      : source_(source), labels_(labels) {}
  Result<std::size_t> read(wire::EventBatch& batch, std::size_t events_max) override {
    auto rows = source_.read(batch, events_max);
    labels_.note(batch);
    return rows;
  }

 private:
  wire::EventSource& source_;
  KnownLabels& labels_;
};

Result<std::shared_ptr<const decide::RuleSet>> compile_candidate(const std::string& text,
                                                                 const gate::PassOptions& options) {
  decide::CompileContext context;
  context.masking = options.masking.get();
  context.detectors = {"ensemble", "forest"};
  context.thresholds = options.thresholds;
  context.window_keys_max = options.window_keys_max;
  return decide::compile_rules(text, context);
}

// What a pass without a log is asked for: records that labels name, days after they were decided.
class FraudRecords {
 public:
  void note(const gate::PassBatch& batch, std::span<const decide::TrialLabel> labels) {
    const std::lock_guard lock(mutex_);
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] != decide::TrialLabel::kFraud) continue;
      by_seq_.emplace(batch.first_seq + row, batch.events[row]);
    }
  }
  bool find(std::uint64_t seq, wire::Event& record) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_seq_.find(seq);
    if (found != by_seq_.end()) record = found->second;
    return found != by_seq_.end();
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, wire::Event> by_seq_;  // never iterated
};

// Plays a stream through a pass with the shipped rules; the candidate sees every block after it.
// Nothing is logged: writing a log takes longer than deciding.
Result<decide::TrialReport> try_source(wire::EventSource& source, const std::string& rules,
                                       const Arguments& args) {
  WEIR_ASSIGN(const auto config, load_configuration(args));
  WEIR_ASSIGN(gate::GateOptions options, gate_options(*config, args, ""));
  options.merge_submissions = false;
  WEIR_ASSIGN(const auto candidate, compile_candidate(rules, options.pass));
  decide::RuleTrial trial(candidate, options.pass.decide);
  KnownLabels labels;
  FraudRecords frauds;
  Status tried;
  const gate::Pass* pass = nullptr;
  options.on_committed = [&](const gate::PassBatch& batch) {
    if (!tried.is_ok() || pass == nullptr) return;
    const std::vector<decide::TrialLabel> known = labels.take(batch.events);
    frauds.note(batch, known);
    tried = try_batch(batch, pass->dictionary(), known, trial);
  };
  options.find_record = [&](std::uint64_t seq, wire::Event& record) {
    return frauds.find(seq, record);
  };
  const std::uint32_t batch_events = options.admission.batch_events;
  WEIR_ASSIGN(const auto gate, start_pass(std::move(options), *config, shipped_rules(), "try"));
  pass = &gate->pass();
  LabelledSource labelled(source, labels);
  EventFeed feed(*gate, {.batch_events = batch_events}, {});
  WEIR_TRY(feed.play(labelled));
  WEIR_TRY(gate->close());
  WEIR_TRY(tried);
  return trial.report();
}

// Labels that a log holds, each by its event, and its newest configuration.
Status read_controls(const ledger::BlockLog& log, KnownLabels& labels, gate::PassOptions& options) {
  std::map<std::uint64_t, bool> by_seq;
  ledger::Block block;
  for (ledger::Height height = log.first_height(); height <= log.durable_height(); ++height) {
    WEIR_TRY(log.read(height, block));
    ledger::ControlReader controls(block.view().control());
    while (const auto record = controls.next()) {
      if (record->type == ledger::ControlType::kConfig) {
        WEIR_ASSIGN(const auto control, gate::decode_config(record->payload));
        WEIR_ASSIGN(const Config config, read_logged_config(control.text));
        gate::set_decide_options(config, options);
      }
      if (record->type != ledger::ControlType::kLabel) continue;
      WEIR_ASSIGN(const auto given, gate::decode_labels(record->payload));
      for (const gate::LabelControl& label : given.labels) by_seq[label.seq] = label.fraud != 0;
    }
  }
  for (const auto& [seq, fraud] : by_seq) {
    const auto height = log.find_seq(seq);
    if (!height) continue;
    WEIR_TRY(log.read(*height, block));
    const std::uint64_t row = seq - block.view().header().first_seq;
    labels.note(block.view().events()[row].id, fraud);
  }
  return Status::ok();
}

Result<decide::TrialReport> try_log(const std::string& dir, const std::string& rules,
                                    const Arguments& args) {
  WEIR_ASSIGN(const auto replayed, ReplayedLog::open(dir, args));
  gate::PassOptions options = replayed->pass().options();
  KnownLabels labels;
  WEIR_TRY(read_controls(replayed->log(), labels, options));
  WEIR_ASSIGN(const auto candidate, compile_candidate(rules, options));
  decide::RuleTrial trial(candidate, options.decide);
  Status tried;
  std::uint32_t lists_version = 0;
  gate::LogReplay replay(replayed->log(), replayed->pass(), nullptr, nullptr);
  replay.observe([&](const gate::PassBatch& batch) {
    if (!tried.is_ok()) return;
    if (batch.versions.lists != lists_version) {  // changed with nothing in flight
      lists_version = batch.versions.lists;
      trial.set_lists(std::make_shared<const decide::Lists>(replayed->pass().lists()));
    }
    const std::vector<decide::TrialLabel> known = labels.take(batch.events);
    tried = try_batch(batch, replayed->pass().dictionary(), known, trial);
  });
  WEIR_ASSIGN(
      const gate::ReplayReport report,
      replay.run(replayed->first(), replayed->log().durable_height(), replayed->pipeline()));
  WEIR_TRY(tried);
  if (report.difference) {
    return fail(data_loss("replay_differs", "block " + std::to_string(report.difference->height) +
                                                " does not come out as logged")
                    .hint("weir replay shows the difference"));
  }
  return trial.report();
}

Result<decide::TrialReport> try_rules(const std::string& rules, const Arguments& args) {
  if (args.has("log")) return try_log(args.text("log"), rules, args);
  if (args.has("file")) {
    wire::MemoryRejects rejects;
    wire::CsvOptions csv;
    csv.rejects_max = UINT64_MAX;
    WEIR_ASSIGN(const auto config, load_configuration(args));
    WEIR_ASSIGN(const auto masking, load_masking(*config));
    csv.ids = wire::TextIds(nullptr, masking.get());
    WEIR_ASSIGN(const auto source, wire::CsvSource::open(args.text("file"), csv, &rejects));
    return try_source(*source, rules, args);
  }
  WEIR_ASSIGN(const simulator::SimulatorOptions options, simulation_options(args));
  WEIR_ASSIGN(const auto source, simulator::make_simulator(args.text("simulate"), options));
  return try_source(*source, rules, args);
}

Result<int> run(const Arguments& args) {
  const int sources = args.has("log") + args.has("file") + args.has("simulate");
  if (args.positional().size() != 1 || sources != 1) {
    return fail(invalid_argument("usage",
                                 "weir rules try needs rules, and one of --log, --file "
                                 "and --simulate")
                    .hint("weir rules try 'block if amount > 220' --simulate handbook"));
  }
  std::string rules = args.positional()[0];
  if (std::filesystem::is_regular_file(rules)) {
    WEIR_ASSIGN(rules, read_text_file(rules));
  }
  const std::int64_t started_ns = system_clock().mono_ns();
  WEIR_ASSIGN(const decide::TrialReport report, try_rules(rules, args));
  const double seconds = static_cast<double>(system_clock().mono_ns() - started_ns) * 1e-9;
  std::fputs(report.to_text().c_str(), stdout);
  std::printf("%llu events in %.2f s\n", static_cast<unsigned long long>(report.events), seconds);
  if (!args.has("json")) return kExitOk;
  std::string text;
  JsonWriter json(text);
  report.write(json);
  std::ofstream file(args.text("json"));
  file << text << '\n';
  file.close();
  if (!file) return fail(errno_status("write", args.text("json"), errno));
  return kExitOk;
}

}  // namespace

const Command kRulesTryCommand = {
    "rules try", "FILE|TEXT", "what rules would have done with events of the past", kOptions, run};

}  // namespace weir::main
