// FakePass: a PassService that answers from memory, at once or when the test says so.
//
//   FakePass pass;
//   pass.mode = FakePass::Mode::kHeld;   // replies wait for pass.release()
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/service.hpp"

namespace weir::server {

class FakePass final : public PassService {
 public:
  enum class Mode { kInline, kHeld };
  // Set before the requests that they are for.
  std::atomic<Mode> mode{Mode::kInline};
  std::atomic<bool> ready{true};
  std::atomic<int> queue_full_times{0};      // this many submissions find the queue full
  std::atomic<std::uint16_t> refuse_all{0};  // every event is refused so, unless 0
  std::atomic<std::uint64_t> events_seen{0};

  void submit(Submission submission) override {
    if (queue_full_times.fetch_sub(1) > 0) {
      SubmitReply full{.status = resource_exhausted("queue_full", "the queue is full")};
      full.batch = std::move(submission.batch);
      return submission.done(std::move(full));
    }
    if (!refusal_.empty()) {
      return submission.done({.status = out_of_range(std::exchange(refusal_, {}), "refused")});
    }
    if (mode == Mode::kHeld) {
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(submission));
      return;
    }
    submission.done(decide(submission));
  }
  // Refuses the next submission as a whole, for this reason.
  void refuse_next(std::string reason) { refusal_ = std::move(reason); }
  // Answers what kHeld mode kept, on the calling thread; returns how many.
  std::size_t release() {
    std::vector<Submission> held;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    for (Submission& submission : held) submission.done(decide(submission));
    return held.size();
  }
  std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::string last_actor() {
    const std::lock_guard lock(mutex_);
    return last_actor_;
  }

  Health health() override {
    return {.ready = ready,
            .components = {{.name = "log", .ready = ready, .reason = ready ? "" : "recovering"}},
            .version = "0.1.0",
            .uptime_s = 7};
  }
  Overview overview() override {
    Overview view;
    view.events_total = events_seen;
    view.refused_by_reason = {{"queue_full", 3}};
    view.commit_mode = "power";
    view.models = {{.name = "forest", .stable = 12, .candidate = 13, .weight = 0.1}};
    view.spark = {{.name = "events_per_s", .points = {1, 2.5}}};
    return view;
  }
  Result<std::string> decision(const std::string& event_id, bool features) override {
    const std::lock_guard lock(mutex_);
    const auto found = seqs_.find(event_id);
    if (found == seqs_.end()) return fail(not_found("event_unknown", "no event " + event_id));
    return "{\"event_id\":\"" + event_id + "\",\"seq\":" + std::to_string(found->second) +
           ",\"features\":" + (features ? "true" : "false") + "}";
  }
  Result<JsonPage> decisions(const DecisionFilter& filter) override {
    return JsonPage{{"{\"limit\":" + std::to_string(filter.limit) + "}"}, 41};
  }
  Result<LabelsTaken> label(std::vector<LabelInput> labels, const Actor& actor) override {
    LabelsTaken taken;
    const std::lock_guard lock(mutex_);
    last_actor_ = actor.name;
    for (const LabelInput& label : labels) {
      if (seqs_.contains(label.event_id))
        ++taken.accepted;
      else
        taken.unknown.push_back(label.event_id);
    }
    return taken;
  }

  Result<RulesView> rules() override {
    const std::lock_guard lock(mutex_);
    return rules_;
  }
  Result<RulesChecked> check_rules(const std::string& text) override {
    RulesChecked checked{
        .problems = {}, .rules = 1, .windows = 1, .bytes_per_key = 112, .coverage = {}};
    if (text.find("blok") != std::string::npos)
      checked.problems.push_back({"unknown action 'blok'", "did you mean block?", 1, 1});
    return checked;
  }
  Result<Changed> put_rules(const std::string& text, std::optional<std::uint32_t> expected_version,
                            const Actor& actor) override {
    const std::lock_guard lock(mutex_);
    if (expected_version && *expected_version != rules_.version)
      return fail(Status(Code::kAborted, "version_changed", "the rules are another version now"));
    if (text.find("blok") != std::string::npos)
      return fail(invalid_argument("rules_invalid", "unknown action 'blok'")
                      .at_line(1, 1)
                      .hint("did you mean block?"));
    rules_.text = text;
    rules_.author = actor.name;
    return Changed{++rules_.version, 9};
  }
  Result<Changed> rollback_rules(std::uint32_t to_version, const Actor&) override {
    const std::lock_guard lock(mutex_);
    if (to_version > rules_.version) return fail(not_found("version_unknown", "no such version"));
    return Changed{++rules_.version, 10};
  }
  Result<std::string> try_rules(const std::string&) override { return "{\"matrix\":{}}"; }

  Result<std::vector<std::string>> list_names() override {
    return std::vector<std::string>{"deny"};
  }
  Result<ListView> list(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return lists_.contains(name) ? lists_[name]
                                 : ListView{.name = name, .version = 0, .entries = {}};
  }
  Result<Changed> change_list(const std::string& name, ListChange change,
                              std::vector<ListEntry> entries, const Actor& actor) override {
    const std::lock_guard lock(mutex_);
    ListView& list = lists_[name];
    list.name = name;
    if (change == ListChange::kReplace) list.entries.clear();
    for (ListEntry& entry : entries) {
      if (change == ListChange::kRemove) {
        std::erase_if(list.entries, [&](const ListEntry& one) { return one.value == entry.value; });
        continue;
      }
      entry.author = actor.name;
      list.entries.push_back(std::move(entry));
    }
    return Changed{++list.version, 11};
  }

  Result<std::string> start_replay(const ReplayRequest&, const Actor&) override { return "r-1"; }
  Result<std::string> replay(const std::string& id) override {
    if (id != "r-1") return fail(not_found("replay_unknown", "no replay " + id));
    return "{\"progress\":1}";
  }
  Result<std::string> replay_changes(const std::string&) override { return "{\"items\":[]}"; }
  Status cancel_replay(const std::string&, const Actor&) override { return Status::ok(); }

  Result<JsonPage> blocks(std::uint64_t, std::uint32_t) override { return JsonPage{}; }
  Result<std::string> block(std::uint64_t height, bool events) override {
    return "{\"height\":" + std::to_string(height) + ",\"events\":" + (events ? "1" : "0") + "}";
  }
  Result<std::string> proof(std::uint64_t, const std::string&) override { return "{\"path\":[]}"; }
  Result<std::string> windows() override { return "[]"; }
  Result<std::string> features() override { return "[]"; }
  Result<std::string> entity(const std::string& kind, const std::string& id,
                             std::optional<std::uint64_t> as_of) override {
    return "{\"kind\":\"" + kind + "\",\"id\":\"" + id +
           "\",\"as_of\":" + std::to_string(as_of.value_or(0)) + "}";
  }
  Result<std::string> config() override { return "{}"; }
  Result<ConfigReview> check_config(const std::optional<std::string>& text) override {
    ConfigReview review{.version = 3, .applied = {}, .needs_restart = {}, .errors = {}};
    if (text && text->find("levle") != std::string::npos) {
      review.errors.push_back({"log.levle", 2, 1, "unknown key; did you mean log.level?"});
    }
    return review;
  }
  Result<ConfigReview> reload_config(const Actor&) override {
    return ConfigReview{
        .version = 4, .applied = {"log.level"}, .needs_restart = {"server.listen"}, .errors = {}};
  }

 private:
  SubmitReply decide(Submission& submission) {
    const std::lock_guard lock(mutex_);
    SubmitReply reply;
    wire::EventBatch& batch = submission.batch;
    events_seen += batch.size();
    for (std::uint32_t row = 0; row < batch.size(); ++row) {
      const wire::Event& event = batch.events[row];
      const std::string id =
          wire::event_id_text(event, Bytes(batch.side).subspan(event.side_off, event.side_len));
      wire::Verdict verdict{};
      verdict.id = event.id;
      reply.duplicate.push_back(0);
      std::string json;
      if (refuse_all != 0) {
        reply.refusals.push_back(
            {.row = row, .refusal = static_cast<wire::Refusal>(refuse_all.load()), .event_id = id});
      } else {
        auto [known, fresh] = seqs_.emplace(id, next_seq_);
        if (fresh) {
          if (reply.first_seq == 0) reply.first_seq = next_seq_;
          reply.last_seq = next_seq_++;
        } else {
          reply.duplicate[row] = 1;
        }
        verdict.seq = known->second;
        verdict.height = 1;
        json = "{\"event_id\":\"" + id + "\",\"seq\":" + std::to_string(verdict.seq) +
               ",\"outcome\":\"pass\",\"duplicate\":" + (fresh ? "false" : "true") + "}";
      }
      reply.verdicts.push_back(verdict);
      reply.json.push_back(std::move(json));
    }
    return reply;
  }

  std::mutex mutex_;
  std::uint64_t next_seq_ = 1;
  std::map<std::string, std::uint64_t> seqs_;
  std::vector<Submission> held_;
  std::string refusal_;
  std::string last_actor_;
  RulesView rules_{.version = 1, .sha256 = "00", .author = "test", .text = "", .rules = {}};
  std::map<std::string, ListView> lists_;
};

}  // namespace weir::server
