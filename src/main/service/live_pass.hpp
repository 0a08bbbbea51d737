// LivePass: the running gate as the network side sees it: submissions with rendered verdicts,
// decisions by id, labels, rules, lists, blocks, entities, and the figures of the overview.
//
//   WEIR_ASSIGN(auto live, LivePass::open(options, config, rules, metrics));
//   Parts parts{.pass = *live, ...};
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/config/config.hpp"
#include "base/metrics.hpp"
#include "base/ring.hpp"
#include "gate/gate.hpp"
#include "ledger/decision_index.hpp"
#include "main/service/decision_json.hpp"
#include "main/service/index_feed.hpp"
#include "main/service/live_figures.hpp"
#include "main/service/live_metrics.hpp"
#include "main/service/replay_jobs.hpp"
#include "server/service.hpp"
#include "server/sse/hub.hpp"

namespace weir::main {

class LogTrial;

class LivePass final : public server::PassService {
 public:
  // Opens the gate and recovers; `metrics` must outlive this object.
  static Result<std::unique_ptr<LivePass>> open(gate::GateOptions options,
                                                std::shared_ptr<const Config> config,
                                                const std::string& rules, MetricRegistry& metrics);
  ~LivePass() override;

  // Finishes what was accepted, stops the threads, writes a snapshot.
  Status close();
  gate::Gate& gate() { return *gate_; }
  // Returns how readers of events turn texts into parties.
  wire::TextIds text_ids() const {
    return {&gate_->pass().dictionary(), gate_->options().pass.masking.get()};
  }
  // Sends alerts and verdicts to this stream from now on; null: to none.
  void publish_to(server::SseHub* hub);
  // Calls `seen` with the verdict of every alert, from the publishing thread. Set it before events
  // come.
  void on_alert(std::function<void(const std::string&)> seen) { on_alert_ = std::move(seen); }

  // Reads the configuration again; `text` goes in the place of its file.
  using ReadConfig = std::function<Result<ConfigLoad>(const std::optional<std::string>& text)>;
  // Makes reload_config() read from here, and call `use` with what has come into force. Set it
  // before requests come.
  void reload_from(ReadConfig read, std::function<void(const Config&)> use);

  void submit(server::Submission submission) override;
  server::Health health() override;
  server::Overview overview() override;

  Result<std::string> decision(const std::string& event_id, bool features) override;
  Result<server::JsonPage> decisions(const server::DecisionFilter& filter) override;
  Result<server::LabelsTaken> label(std::vector<server::LabelInput> labels,
                                    const server::Actor& actor) override;

  Result<server::RulesView> rules() override;
  Result<server::RulesChecked> check_rules(const std::string& text) override;
  Result<server::Changed> put_rules(const std::string& text,
                                    std::optional<std::uint32_t> expected_version,
                                    const server::Actor& actor) override;
  Result<server::Changed> rollback_rules(std::uint32_t to_version,
                                         const server::Actor& actor) override;
  Result<std::string> try_rules(const std::string& text) override;

  Result<std::vector<std::string>> list_names() override;
  Result<server::ListView> list(const std::string& name) override;
  Result<server::Changed> change_list(const std::string& name, server::ListChange change,
                                      std::vector<server::ListEntry> entries,
                                      const server::Actor& actor) override;

  Result<std::string> start_replay(const server::ReplayRequest& request,
                                   const server::Actor& actor) override;
  Result<std::string> replay(const std::string& id) override;
  Result<std::string> replay_changes(const std::string& id) override;
  Status cancel_replay(const std::string& id, const server::Actor& actor) override;

  Result<server::JsonPage> blocks(std::uint64_t from, std::uint32_t limit) override;
  Result<std::string> block(std::uint64_t height, bool events) override;
  Result<std::string> proof(std::uint64_t height, const std::string& event_id) override;

  Result<std::string> windows() override;
  Result<std::string> features() override;
  Result<std::string> entity(const std::string& kind, const std::string& id,
                             std::optional<std::uint64_t> as_of) override;
  Result<std::string> config() override;
  Result<server::ConfigReview> check_config(const std::optional<std::string>& text) override;
  Result<server::ConfigReview> reload_config(const server::Actor& actor) override;

 private:
  LivePass(std::shared_ptr<const Config> config, MetricRegistry& metrics);

  // A committed row of interest on its way to the stream.
  void committed(const gate::PassBatch& batch);
  void publish_loop();
  void tick_loop();
  // Drops what the log need not keep any more.
  void retain();
  void collect();
  void index_loop();
  Status index_from_log(ledger::Height& next, ledger::Height last);
  // What is left to do for a submission that the gate has answered.
  struct Answered {
    gate::Reply reply;
    server::Detail detail{};
    gate::Ack ack{};
    bool shadow = false;
    std::int64_t received_ns = 0;
    std::shared_ptr<std::function<void(server::SubmitReply&&)>> done;
  };
  // Renders a reply and hands it on: at once if that is quick, else on the renderer's thread.
  void answer(Answered&& answered);
  void finish(Answered&& answered);
  void render_loop();
  server::SubmitReply render(Answered&& answered) const;
  // Finds the place of an event; not_found (event_unknown).
  Result<ledger::DecisionPlace> locate(const std::string& event_id, ledger::Block& block);
  // Applies a control record and waits until it is durable.
  Result<server::Changed> change(ledger::ControlType type, std::vector<std::uint8_t> payload,
                                 std::uint32_t version);
  // Runs a function on the pass's thread, with nothing in flight, and waits for it. unavailable
  // once closed.
  Status at_rest(const std::function<void()>& run);
  // Returns the log; failed_precondition (no_log) where nothing is stored.
  Result<const ledger::BlockLog*> stored_log() const;
  // Makes rules and models known to json_, from the log. Not on the threads of the pass and the
  // log.
  Status learn_versions(const gate::Versions& versions);
  // Returns the models of a version, null for version 0.
  Result<std::shared_ptr<const detect::ModelSet>> stored_models(std::uint32_t version);
  Result<wire::EntityId> entity_id(const std::string& kind, const std::string& id) const;
  // Returns the time of the newest event stored, 0 if there is none.
  std::int64_t newest_event_us() const;
  // Compiles a text against the pass, with its thresholds or those given; invalid_argument
  // (rules_invalid) with `errors` filled.
  Result<std::shared_ptr<const decide::RuleSet>> compile(
      const std::string& text, std::vector<decide::RuleError>& errors,
      std::optional<std::vector<decide::ThresholdRow>> thresholds = std::nullopt);
  // Puts a text in force as the next version.
  Result<server::Changed> put_version(const std::string& text, const server::Actor& actor);
  std::string rules_author(std::uint32_t version);
  Result<std::shared_ptr<LogTrial>> make_trial(const server::ReplayRequest& candidate);

  std::shared_ptr<const Config> running_config() const;
  // Says what `wanted` would change now; `next` is the configuration that would then be in force.
  server::ConfigReview review(const ConfigLoad& wanted, std::shared_ptr<const Config>& next) const;
  Status put_config(std::shared_ptr<const Config> next, const server::Actor& actor,
                    server::ConfigReview& review);

  mutable std::mutex config_mutex_;
  std::shared_ptr<const Config> config_;  // guarded by config_mutex_
  ReadConfig read_config_;
  std::function<void(const Config&)> use_config_;
  MetricRegistry& metrics_;
  std::mutex hub_mutex_;
  server::SseHub* hub_ = nullptr;  // guarded by hub_mutex_
  DecisionJson json_;
  LiveMetrics live_metrics_;
  LiveFigures figures_;
  std::uint32_t noted_models_ = 0;  // the log's thread
  std::unique_ptr<gate::Gate> gate_;
  IndexFeed index_feed_;
  std::unique_ptr<ledger::DecisionIndex> index_;
  std::mutex change_mutex_;  // one change of rules, lists or configuration at a time
  std::mutex authors_mutex_;
  std::map<std::uint32_t, std::string> rules_authors_;  // by version

  BlockingQueue<Answered> slow_answers_{1024};
  BlockingQueue<gate::Decision> publish_{8192};
  std::atomic<std::uint64_t> unpublished_{0};
  std::atomic<ledger::Height> indexed_{0};
  std::function<void(const std::string&)> on_alert_;
  std::thread renderer_;
  std::thread publisher_;
  std::thread indexer_;
  std::thread ticker_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> closed_{false};
  ReplayJobs jobs_;
};

}  // namespace weir::main
