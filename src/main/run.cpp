#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "base/time_text.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/run_directory.hpp"
#include "main/run_report.hpp"
#include "main/verbs.hpp"
#include "main/verdict_file.hpp"
#include "wire/csv/csv_source.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"preset", "NAME", "the file's shape: handbook, berka, amlsim, ...; default by header"},
    {"map", "FILE", "a mapping of columns to fields (TOML)"},
    {"rules", "FILE", "rules, default the ones that ship"},
    {"no-rules", "", "no rules at all"},
    {"out", "FILE", "write every verdict as CSV"},
    {"dir", "DIR", "data directory, default a new weir-run-NNN"},
    {"label-delay", "TIME", "event time until the file's labels are known, default 7d"},
    {"batch", "N", "events per block, default gate.batch_events"},
    {"max-errors", "N", "refused lines before the run stops, default 100"},
    {"step", "TIME", "length of an integer time step, for example 1h"},
    {"start", "DATE", "date of time step 0"},
    {"tz", "ZONE", "zone of times without one, default UTC"},
    {"decimal", "CHAR", "decimal separator: . or comma"},
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kSetOption,
};

Result<wire::CsvOptions> csv_options(const Arguments& args) {
  wire::CsvOptions csv;
  csv.preset = args.text("preset");
  if (args.has("map")) {
    WEIR_ASSIGN(const std::string text, read_text_file(args.text("map")));
    WEIR_ASSIGN(csv.mapping, wire::parse_mapping(text));
  }
  wire::TimeRule time{};
  if (args.has("step") && !parse_duration(args.text("step"), time.step_us)) {
    return fail(invalid_argument("usage", "--step takes a duration such as 1h or 1d"));
  }
  if (args.has("start") && !parse_time(args.text("start"), time.start_us)) {
    return fail(invalid_argument("usage", "--start takes a date such as 2024-01-31"));
  }
  if (args.has("tz") && !parse_zone(args.text("tz"), time.zone_s)) {
    return fail(invalid_argument("usage", "--tz takes UTC or an offset such as +01:00"));
  }
  if (args.has("step") || args.has("start") || args.has("tz")) csv.time = time;
  if (args.has("decimal")) csv.decimal_point = args.text("decimal") == "." ? '.' : ',';
  WEIR_ASSIGN(csv.rejects_max, args.u64("max-errors", 100));
  return csv;
}

// What the runner remembers of a submission until, and after, its verdicts are back.
struct Sent {
  std::optional<IdTexts> ids;
  std::vector<std::uint8_t> fraud;  // [rows] 0 legit, 1 fraud, 2 unlabelled; empty: no labels
  std::vector<std::uint64_t> seqs;  // [rows] once answered; 0: refused
  bool answered = false;
};

// A label on its way: the event's number is known once its submission has been answered.
struct WaitingLabel {
  std::shared_ptr<Sent> sent;
  std::uint32_t row;
  std::int64_t due_us;
};

// Feeds one file to the gate, a block at a time, and gathers what comes back in order.
class FileRun {
 public:
  FileRun(gate::Gate& gate, VerdictFile* out, std::int64_t label_delay_us)
      : gate_(gate), out_(out), label_delay_us_(label_delay_us) {}

  Status feed(wire::EventSource& source, std::uint32_t batch_events);
  const RunReport& report() const { return report_; }

 private:
  static constexpr unsigned kSubmissionsMax = 12;

  Status send(wire::EventBatch batch);
  void take(Sent& sent, gate::Reply&& reply);
  std::vector<gate::LabelInput> due_labels(std::int64_t now_us);

  gate::Gate& gate_;
  VerdictFile* out_;
  std::int64_t label_delay_us_;
  std::deque<WaitingLabel> labels_;  // in order of their events
  RunReport report_;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned open_ = 0;
  Status status_;
};

void FileRun::take(Sent& sent, gate::Reply&& reply) {
  if (reply.status.is_ok()) {
    report_.add(reply.verdicts, reply.duplicate, sent.fraud);
    if (out_ != nullptr) out_->write(*sent.ids, reply.verdicts);
  }
  const std::lock_guard lock(mutex_);
  if (!sent.fraud.empty()) {
    for (const wire::Verdict& verdict : reply.verdicts) sent.seqs.push_back(verdict.seq);
  }
  sent.answered = true;
  if (!reply.status.is_ok()) status_ = reply.status;
  --open_;
  changed_.notify_all();
}

// Labels enter in the block whose time has passed their delay, whatever the machine's speed: so two runs of a
// file are equal.
std::vector<gate::LabelInput> FileRun::due_labels(std::int64_t now_us) {
  std::vector<gate::LabelInput> due;
  std::unique_lock lock(mutex_);
  while (!labels_.empty() && labels_.front().due_us <= now_us) {
    const WaitingLabel& label = labels_.front();
    changed_.wait(lock, [&] { return label.sent->answered; });
    if (label.row < label.sent->seqs.size() && label.sent->seqs[label.row] != 0) {
      due.push_back({label.sent->seqs[label.row], true, label.due_us});
    }
    labels_.pop_front();
  }
  return due;
}

Status FileRun::send(wire::EventBatch batch) {
  auto sent = std::make_shared<Sent>();
  if (out_ != nullptr) sent->ids.emplace(batch);
  gate::Submission submission;
  std::int64_t now_us = 0;
  for (const wire::Event& event : batch.events) now_us = std::max(now_us, event.time_us);
  submission.labels = due_labels(now_us);
  if (!batch.labels.empty()) {
    sent->fraud.assign(batch.size(), 2);
    for (const wire::Label& label : batch.labels) {
      sent->fraud[label.row] = label.fraud ? 1 : 0;
      if (label.fraud) {
        labels_.push_back({sent, label.row, batch.events[label.row].time_us + label_delay_us_});
      }
    }
    batch.labels.clear();
  }
  submission.batch = std::move(batch);
  submission.live = false;
  submission.done = [this, sent](gate::Reply&& reply) { take(*sent, std::move(reply)); };
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ < kSubmissionsMax; });
    WEIR_TRY(status_);
    ++open_;
  }
  return gate_.submit(std::move(submission));
}

Status FileRun::feed(wire::EventSource& source, std::uint32_t batch_events) {
  Status status;
  while (true) {
    wire::EventBatch batch;
    const auto read = source.read(batch, batch_events);
    if (!read) {
      status = read.error();
      break;
    }
    if (*read == 0) break;
    status = send(std::move(batch));
    if (!status.is_ok()) break;
  }
  gate_.drain();
  const std::lock_guard lock(mutex_);
  return status_.is_ok() ? status : status_;
}

Result<int> run_file(gate::Gate& gate, const std::string& path, const Arguments& args,
                     VerdictFile* out, std::uint32_t batch_events) {
  WEIR_ASSIGN(wire::CsvOptions csv, csv_options(args));
  csv.ids = wire::TextIds(&gate.pass().dictionary(), nullptr);
  wire::FileRejects rejects(path + ".rejected");
  WEIR_ASSIGN(const auto source, wire::CsvSource::open(path, csv, &rejects));
  std::printf("%s: mapping\n%s\n", path.c_str(), wire::print_mapping(source->mapping()).c_str());
  std::int64_t delay_us = 0;
  if (!parse_duration(args.text("label-delay", "7d"), delay_us)) {
    return fail(invalid_argument("usage", "--label-delay takes a duration such as 7d"));
  }
  FileRun run(gate, out, delay_us);
  const std::int64_t started_ns = system_clock().mono_ns();
  const Status status = run.feed(*source, batch_events);
  const double seconds = static_cast<double>(system_clock().mono_ns() - started_ns) * 1e-9;
  run.report().print(gate.pass().decider().rules(), seconds);
  const wire::ImportCheckpoint end = source->checkpoint();
  std::printf("  lines %llu: header 1, accepted %llu, repeated %llu, refused %llu, rejected %llu\n",
              static_cast<unsigned long long>(end.line),
              static_cast<unsigned long long>(run.report().accepted()),
              static_cast<unsigned long long>(run.report().duplicates()),
              static_cast<unsigned long long>(run.report().refused()),
              static_cast<unsigned long long>(rejects.count()));
  for (const wire::RejectReport& report : rejects.reports()) {
    std::fprintf(stderr, "%s\n", wire::reject_json(report).c_str());
  }
  WEIR_TRY(status);
  return kExitOk;
}

Result<int> run(const Arguments& args) {
  if (args.positional().empty()) {
    return fail(invalid_argument("usage", "weir run needs a file").hint("weir run tx.csv"));
  }
  WEIR_ASSIGN(const auto config, load_configuration(args));
  const std::string dir = args.text("dir", fresh_directory("weir-run"));
  WEIR_ASSIGN(gate::GateOptions options, gate_options(*config, args, dir));
  options.merge_submissions = false;
  WEIR_ASSIGN(const std::uint64_t batch, args.u64("batch", options.admission.batch_events));
  if (batch < 1 || batch > wire::kBatchEventsMax) {
    return fail(invalid_argument("usage", "--batch takes 1 to 65536"));
  }
  options.admission.batch_events = static_cast<std::uint32_t>(batch);
  std::string rules = shipped_rules();
  if (args.has("no-rules")) rules.clear();
  if (args.has("rules")) {
    WEIR_ASSIGN(rules, read_text_file(args.text("rules")));
  }
  WEIR_ASSIGN(const auto gate, start_pass(std::move(options), *config, rules, "run"));
  std::unique_ptr<VerdictFile> out;
  if (args.has("out")) {
    WEIR_ASSIGN(out, VerdictFile::create(args.text("out")));
  }
  for (const std::string& path : args.positional()) {
    WEIR_TRY(run_file(*gate, path, args, out.get(), static_cast<std::uint32_t>(batch)));
  }
  if (out != nullptr) WEIR_TRY(out->close());
  WEIR_TRY(gate->close());
  std::printf("log: %s (weir verify %s; weir replay %s)\n", dir.c_str(), dir.c_str(), dir.c_str());
  return kExitOk;
}

}  // namespace

const Command kRunCommand = {"run", "FILE...", "score and commit files of transactions", kOptions,
                             run};

}  // namespace weir::main
