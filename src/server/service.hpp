// PassService: everything the network side asks of the transaction pass, as plain data. The server
// is built against this class alone; main/ wires the real pass behind it, the tests a fake.
//
//   service.submit({.batch = std::move(batch), .ack = Ack::kCommitted,
//                   .done = [](SubmitReply&& r) {...}});
//
// Threads: `submit` and the members marked "never blocks" are called on I/O threads and return at
// once. All others are called on the server's small worker pool and may take as long as the
// question needs. Every member is called from several threads at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "wire/batch.hpp"
#include "wire/verdict.hpp"

namespace weir::server {

// What a reply promises about its event.
enum class Ack : std::uint8_t { kReceived = 0, kDecided = 1, kCommitted = 2, kFinal = 3 };

// How much of each verdict is rendered. kCore renders nothing: the caller reads
// SubmitReply::verdicts.
enum class Detail : std::uint8_t { kCore, kFull, kFeatures };

struct RefusedEvent {
  std::uint32_t row = 0;
  wire::Refusal refusal{};
  std::string event_id{};
  std::string field{};    // at fault, or empty
  std::string message{};  // names the offending value; empty: a general one is made
};

struct SubmitReply {
  // Not ok: the batch as a whole was refused (queue_full, sequence_gap, not ready).
  Status status{};
  std::vector<wire::Verdict> verdicts{};  // one an event, in the batch's order; refused: seq 0
  std::vector<std::uint8_t> duplicate{};  // 1: an earlier verdict was returned; empty means none
  std::vector<RefusedEvent> refusals{};   // rows ascending
  // kFull, kFeatures: a verdict object a row, without latency_us; "" where refused.
  std::vector<std::string> json{};
  std::uint64_t first_seq = 0;  // of the events accepted now, 0 if none
  std::uint64_t last_seq = 0;
  // Given back when status is resource_exhausted: wait, then submit it again.
  wire::EventBatch batch{};
};

// With a producer a batch may be empty: all records of its frame were refused, its producer_seq
// counts.
struct Submission {
  wire::EventBatch batch{};
  Ack ack = Ack::kCommitted;
  Detail detail = Detail::kCore;
  bool shadow = false;            // decide and answer, change nothing
  std::uint64_t producer_id = 0;  // native protocol; 0: none
  std::uint64_t producer_seq = 0;
  std::function<void(SubmitReply&&)> done{};  // called exactly once, from any thread
};

// Who asks for a change; becomes the author in control records and the audit entry.
struct Actor {
  std::string name{};
  std::string role{};
  std::string address{};
  std::string request_id{};
};

struct DecisionFilter {
  std::string entity{};                   // "kind/id" or empty
  std::string outcome{};                  // "pass", "hold", "block", "alert" or empty
  std::optional<std::int64_t> from_us{};  // event time, inclusive
  std::optional<std::int64_t> to_us{};    // exclusive
  std::uint64_t after_seq = 0;            // 0: from the newest; else only seq < after_seq
  std::uint32_t limit = 50;               // 1..1000
};

// Items are rendered JSON objects, newest first; next_seq is the cursor of the following page, 0 at
// the end.
struct JsonPage {
  std::vector<std::string> items{};
  std::uint64_t next_seq = 0;
};

struct LabelInput {
  std::string event_id{};
  bool fraud = false;
  std::int64_t at_us = 0;  // 0: now
  std::string note{};
};
struct LabelsTaken {
  std::uint64_t accepted = 0;
  std::vector<std::string> unknown{};  // event ids the log does not hold
};

struct RuleInfo {
  std::string name{};
  std::string action{};  // "block", "hold", ...
  std::string mode{};    // "live", "shadow", "warming"
  std::uint64_t hits = 0;
  std::uint64_t fraud_hits = 0;  // among labelled hits
  std::uint64_t legit_hits = 0;
  std::string value{};  // money hit, exact decimal text
};
struct RulesView {
  std::uint32_t version = 0;
  std::string sha256{};
  std::string author{};
  std::string text{};
  std::vector<RuleInfo> rules{};
};
struct Changed {
  std::uint32_t version = 0;
  std::uint64_t effective_height = 0;
};
// One problem of a text that does not compile.
struct Problem {
  std::string message{};
  std::string hint{};
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};
struct RulesChecked {
  std::vector<Problem> problems{};  // empty: it compiles
  std::uint32_t rules = 0;
  std::uint32_t windows = 0;
  std::uint64_t bytes_per_key = 0;
  std::vector<std::string> coverage{};  // what each window counts, in words an auditor can use
};

struct ListEntry {
  std::string value{};
  std::string kind{};           // "account", "card", ...
  std::int64_t expires_us = 0;  // event time; 0: never
  std::string note{};
  std::string author{};
  std::uint64_t hits = 0;
};
struct ListView {
  std::string name{};
  std::uint32_t version = 0;
  std::vector<ListEntry> entries{};
};
enum class ListChange : std::uint8_t { kReplace, kAdd, kRemove };

struct Component {
  std::string name{};  // "log", "disk", "models", "profiles"
  bool ready = true;
  std::string reason{};
};
struct Health {
  bool ready = true;
  std::vector<Component> components{};
  std::string version{};
  std::int64_t uptime_s = 0;
};

struct ModelWeight {
  std::string name{};
  std::uint32_t stable = 0;
  std::uint32_t candidate = 0;  // 0: none
  double weight = 0;            // of the candidate
};
struct SparkSeries {
  std::string name{};  // "events_per_s", "p99_us", ...
  std::vector<double> points{};
};
// The body of GET /v1/overview and of the metrics event of the stream.
struct Overview {
  std::int64_t at_us = 0;
  std::int64_t uptime_s = 0;
  std::uint64_t events_total = 0;
  double events_per_s = 0;
  std::uint64_t pass = 0, hold = 0, block = 0;
  double p50_us = 0, p99_us = 0, p999_us = 0;
  std::uint32_t latency_window_s = 10;
  std::uint64_t queue_depth = 0, queue_limit = 0;
  double queue_wait_p99_us = 0;
  std::vector<std::pair<std::string, std::uint64_t>> refused_by_reason{};
  std::string commit_mode{};  // "power", "process", "off"
  std::uint64_t commit_seq = 0;
  double commit_lag_us = 0;
  std::string backend = "cpu";
  std::string backend_why{};
  std::uint64_t fallbacks_total = 0;
  std::uint64_t alerts_open = 0, incidents_open = 0, shadow_dropped = 0;
  std::uint32_t config_version = 0, rules_version = 0;
  std::vector<ModelWeight> models{};
  std::uint32_t spark_step_s = 10;
  std::vector<SparkSeries> spark{};
};

// A row of a threshold table, in tail units; the first whose `where` holds applies.
struct ThresholdLevel {
  std::string where{};  // a condition as in rules, or empty: always
  double alert = 0;
  double hold = 0;
  std::optional<double> block{};
};

struct ReplayRequest {
  std::uint64_t from = 0;                    // heights, inclusive; 0: from the first
  std::uint64_t to = 0;                      // 0: to the last
  std::string rules{};                       // candidate text, or empty: as live
  std::uint32_t models = 0;                  // candidate: a version that the log holds, 0: as live
  std::vector<ThresholdLevel> thresholds{};  // candidate table, or empty: as live
};

struct ConfigProblem {
  std::string key{};
  std::uint32_t line = 0;  // in the file, 0: not from there
  std::uint32_t column = 0;
  std::string message{};
};
// What a configuration would change, or has changed.
struct ConfigReview {
  std::uint32_t version = 0;                 // in force now
  std::vector<std::string> applied{};        // keys
  std::vector<std::string> needs_restart{};  // keys that differ and stay as they were
  std::vector<ConfigProblem> errors{};       // not empty: nothing changes
};

class PassService {
 public:
  virtual ~PassService() = default;

  // Takes a batch and answers by submission.done, exactly once, also when it is refused. Never
  // blocks; a full queue is answered resource_exhausted (queue_full).
  virtual void submit(Submission submission) = 0;
  // Returns whether the pass can take events, and why not. Never blocks.
  virtual Health health() = 0;
  // Returns the last whole overview, at most a second old. Never blocks.
  virtual Overview overview() = 0;

  // Returns the verdict object of an event plus its `event` member; not_found for an unknown id.
  virtual Result<std::string> decision(const std::string& event_id, bool features) = 0;
  virtual Result<JsonPage> decisions(const DecisionFilter& filter) = 0;
  virtual Result<LabelsTaken> label(std::vector<LabelInput> labels, const Actor& actor) = 0;

  virtual Result<RulesView> rules() = 0;
  virtual Result<RulesChecked> check_rules(const std::string& text) = 0;
  // Puts a rule set in force. `expected_version` guards against a lost update (aborted). A text
  // that does not compile is invalid_argument (rules_invalid) and changes nothing.
  virtual Result<Changed> put_rules(const std::string& text,
                                    std::optional<std::uint32_t> expected_version,
                                    const Actor& actor) = 0;
  virtual Result<Changed> rollback_rules(std::uint32_t to_version, const Actor& actor) = 0;
  // Runs a candidate over the log and returns the report as a JSON object.
  virtual Result<std::string> try_rules(const std::string& text) = 0;

  virtual Result<std::vector<std::string>> list_names() = 0;
  virtual Result<ListView> list(const std::string& name) = 0;
  virtual Result<Changed> change_list(const std::string& name, ListChange change,
                                      std::vector<ListEntry> entries, const Actor& actor) = 0;

  // Starts a replay job and returns its id.
  virtual Result<std::string> start_replay(const ReplayRequest& request, const Actor& actor) = 0;
  virtual Result<std::string> replay(const std::string& id) = 0;  // progress and matrix, JSON
  virtual Result<std::string> replay_changes(const std::string& id) = 0;  // changed verdicts, JSON
  virtual Status cancel_replay(const std::string& id, const Actor& actor) = 0;

  // Block headers as JSON objects, ascending from `from`.
  virtual Result<JsonPage> blocks(std::uint64_t from, std::uint32_t limit) = 0;
  virtual Result<std::string> block(std::uint64_t height, bool events) = 0;  // height 0: the latest
  virtual Result<std::string> proof(std::uint64_t height, const std::string& event_id) = 0;

  virtual Result<std::string> windows() = 0;   // JSON array: name, text, bytes per key, keys, warm
  virtual Result<std::string> features() = 0;  // JSON array: number, name, meaning
  // Profile of an entity now, or as of a sequence number; JSON object.
  virtual Result<std::string> entity(const std::string& kind, const std::string& id,
                                     std::optional<std::uint64_t> as_of) = 0;
  // The effective configuration with the source of each value, secrets redacted; JSON object.
  virtual Result<std::string> config() = 0;
  // Says what a reload would change, with `text` in the configuration file's place if it is given.
  virtual Result<ConfigReview> check_config(const std::optional<std::string>& text) = 0;
  // Reads the configuration again and puts what can be reloaded in force, as one version.
  // failed_precondition (config_fixed) if this process has no sources to read again.
  virtual Result<ConfigReview> reload_config(const Actor& actor) = 0;
};

}  // namespace weir::server
