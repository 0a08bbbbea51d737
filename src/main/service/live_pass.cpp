#include "main/service/live_pass.hpp"

#include <algorithm>
#include <future>

#include "base/log.hpp"
#include "main/pass_start.hpp"
#include "main/version.hpp"
#include "server/http/responder.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kQuickRows = 32;  // rendered where they were answered: about 20 us each

gate::Ack gate_ack(server::Ack ack) {
  return static_cast<gate::Ack>(ack);
}

std::string_view ack_name(gate::Ack ack) {
  constexpr std::string_view kNames[] = {"received", "decided", "committed", "final"};
  return kNames[static_cast<std::size_t>(ack)];
}

server::SubmitReply failed_reply(const Status& status, gate::Submission&& submission) {
  server::SubmitReply reply;
  reply.status = status;
  reply.batch = std::move(submission.batch);
  return reply;
}

}  // namespace

LivePass::LivePass(std::shared_ptr<const Config> config, MetricRegistry& metrics)
    : config_(std::move(config)),
      metrics_(metrics),
      live_metrics_(metrics, system_clock().wall_us()),
      figures_(system_clock().wall_us()) {
  metrics_.add_collector([this] { collect(); });
}

Result<std::unique_ptr<LivePass>> LivePass::open(gate::GateOptions options,
                                                 std::shared_ptr<const Config> config,
                                                 const std::string& rules,
                                                 MetricRegistry& metrics) {
  std::unique_ptr<LivePass> live(new LivePass(config, metrics));
  options.on_committed = [self = live.get()](const gate::PassBatch& batch) {
    self->committed(batch);
  };
  options.around_replies = [](const std::function<void()>& answer) {
    const server::WakeBatch one_wake_for_all;
    answer();
  };
  const std::string dir = options.dir;
  WEIR_ASSIGN(live->gate_, start_pass(std::move(options), *config, rules, "start"));
  gate::Pass& pass = live->gate_->pass();
  live->json_.set_dictionary(&pass.dictionary());
  if (pass.decider().rules() != nullptr) {
    WEIR_ASSIGN(auto compiled,
                decide::compile_rules(pass.decider().rules()->text, pass.compile_context()));
    live->json_.note_rules(pass.versions().rules, std::move(compiled));
  }
  if (pass.models() != nullptr) live->json_.note_models(pass.versions().models, pass.models());
  if (!dir.empty()) {
    ledger::DecisionIndexOptions index;
    index.height_min = live->gate_->log()->first_height();
    WEIR_ASSIGN(live->index_, ledger::DecisionIndex::open(dir + "/index", index));
    live->indexer_ = std::thread([self = live.get()] { self->index_loop(); });
  }
  live->renderer_ = std::thread([self = live.get()] { self->render_loop(); });
  live->publisher_ = std::thread([self = live.get()] { self->publish_loop(); });
  live->ticker_ = std::thread([self = live.get()] { self->tick_loop(); });
  return live;
}

LivePass::~LivePass() {
  close().is_ok();
}

Status LivePass::close() {
  if (closed_.exchange(true)) return Status::ok();
  jobs_.close();
  const Status status = gate_ == nullptr ? Status::ok() : gate_->close();
  stopping_ = true;
  slow_answers_.close();
  if (renderer_.joinable()) renderer_.join();
  publish_.close();
  if (publisher_.joinable()) publisher_.join();
  if (indexer_.joinable()) indexer_.join();
  if (ticker_.joinable()) ticker_.join();
  return status;
}

// Runs on the log's thread, or the pass's without a log: it only copies the rows that people want
// to see.
void LivePass::committed(const gate::PassBatch& batch) {
  live_metrics_.committed(batch.rows(), system_clock().mono_ns() - batch.admitted_ns);
  if (batch.models != nullptr && batch.versions.models != noted_models_) {
    noted_models_ = batch.versions.models;
    json_.note_models(noted_models_, batch.models);
  }
  if (index_ != nullptr) index_feed_.offer(batch.height, batch.events);
  gate::RuleHitCursor hits(batch.controls.bytes());
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    const wire::VerdictCore& core = batch.verdicts[row];
    if (core.outcome == 0 && (core.flags & wire::kAlert) == 0) continue;
    gate::Decision decision = gate::decision_of(batch, row, hits);
    decision.committed = batch.logged;
    if (!publish_.try_push(std::move(decision))) {
      unpublished_.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

void LivePass::publish_to(server::SseHub* hub) {
  const std::lock_guard lock(hub_mutex_);
  hub_ = hub;
}

void LivePass::publish_loop() {
  while (auto decision = publish_.pop()) {
    const bool alert = (decision->core.flags & wire::kAlert) != 0;
    std::string text = json_.render(*decision, {.features = false, .event = true});
    if (alert && on_alert_) on_alert_(text);
    const std::lock_guard lock(hub_mutex_);
    if (hub_ == nullptr) continue;
    if (alert) hub_->publish({server::Topic::kAlert, false, decision->seq, text});
    hub_->publish({server::Topic::kVerdict, false, decision->seq, std::move(text)});
  }
}

// Brings the index of decisions up to the durable end of the log, many times a second.
void LivePass::index_loop() {
  ledger::Height next = index_->indexed_height() + 1;
  IndexFeed::Blocks fresh;
  Status status;
  while (!stopping_ && status.is_ok()) {
    const ledger::Height durable = gate_->log()->durable_height();
    index_feed_.take(fresh);
    for (const IndexFeed::Block& block : fresh.list) {
      if (status.is_ok()) status = index_from_log(next, block.height - 1);
      if (!status.is_ok() || block.height != next) continue;
      index_->add(next++, fresh.events(block));
    }
    if (status.is_ok()) status = index_from_log(next, durable);
    indexed_ = next - 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (status.is_ok()) status = index_->flush();
  if (!status.is_ok()) log_error("index", status);
}

// Adds the blocks from `next` to `last`, both included, as the log has them.
Status LivePass::index_from_log(ledger::Height& next, ledger::Height last) {
  ledger::Block block;
  next = std::max(next, gate_->log()->first_height());
  for (; next <= last && !stopping_; ++next) {
    WEIR_TRY(gate_->log()->read(next, block));
    index_->add(next, block.view().events());
  }
  return Status::ok();
}

server::SubmitReply LivePass::render(Answered&& answered) const {
  gate::Reply& reply = answered.reply;
  server::SubmitReply out;
  out.status = std::move(reply.status);
  for (gate::Refused& refused : reply.refused) {
    server::RefusedEvent item;
    item.row = refused.row;
    item.refusal = static_cast<wire::Refusal>(reply.verdicts[refused.row].core.top_rule);
    item.event_id = std::move(refused.event_id);
    item.field = refused.status.error().field;
    item.message = refused.status.message();
    out.refusals.push_back(std::move(item));
  }
  RenderOptions options;
  options.features = answered.detail == server::Detail::kFeatures;
  options.ack = ack_name(answered.shadow ? gate::Ack::kDecided : answered.ack);
  options.shadow = answered.shadow;
  out.json.reserve(reply.decisions.size());
  for (std::size_t row = 0; row < reply.decisions.size(); ++row) {
    const bool refused = reply.verdicts[row].seq == 0;
    out.json.push_back(refused ? "" : json_.render(reply.decisions[row], options));
  }
  out.verdicts = std::move(reply.verdicts);
  out.duplicate = std::move(reply.duplicate);
  out.first_seq = reply.first_seq;
  out.last_seq = reply.last_seq;
  return out;
}

void LivePass::answer(Answered&& answered) {
  const bool rendered = answered.detail != server::Detail::kCore;
  const bool repeats = !answered.reply.duplicate.empty();
  const bool slow = repeats || answered.reply.verdicts.size() > kQuickRows;
  if (rendered && slow && slow_answers_.try_push(std::move(answered))) return;
  finish(std::move(answered));
}

void LivePass::finish(Answered&& answered) {
  const std::size_t rows = answered.reply.verdicts.size();
  const bool shadow = answered.shadow;
  const gate::Ack ack = answered.ack;
  const std::int64_t received_ns = answered.received_ns;
  const auto done = std::move(answered.done);
  server::SubmitReply out = render(std::move(answered));
  if (!shadow) {
    const std::int64_t elapsed_ns = system_clock().mono_ns() - received_ns;
    figures_.answered(elapsed_ns, rows);
    live_metrics_.answered(ack, elapsed_ns);
  }
  (*done)(std::move(out));
}

// Rendering a thousand verdicts takes longer than writing them to the disk, and the log's thread
// has the next group to write. A repeated event may rest on rules and models of an earlier run:
// here there is time to read them.
void LivePass::render_loop() {
  while (auto answered = slow_answers_.pop()) {
    for (const gate::Decision& decision : answered->reply.decisions) {
      if (!decision.duplicate) continue;
      if (const Status status = learn_versions(decision.versions); !status.is_ok()) {
        log_warning("render", status);
        break;
      }
    }
    finish(std::move(*answered));
  }
}

void LivePass::submit(server::Submission submission) {
  gate::Submission inner;
  inner.batch = std::move(submission.batch);
  inner.batch.labels.clear();
  inner.ack = gate_ack(submission.ack);
  inner.details = submission.detail != server::Detail::kCore;
  inner.live = true;
  if (submission.producer_id != 0) {
    inner.checkpoint = gate::CheckpointControl{.producer_id = submission.producer_id,
                                               .producer_seq = submission.producer_seq,
                                               .first_seq = 0,
                                               .source = {}};
  }
  const std::int64_t received_ns = system_clock().mono_ns();
  auto done =
      std::make_shared<std::function<void(server::SubmitReply &&)>>(std::move(submission.done));
  inner.done = [this, done, received_ns, detail = submission.detail, ack = inner.ack,
                shadow = submission.shadow](gate::Reply&& reply) {
    answer({std::move(reply), detail, ack, shadow, received_ns, done});
  };
  const Status status =
      submission.shadow ? gate_->shadow(std::move(inner)) : gate_->submit(std::move(inner));
  if (!status.is_ok()) (*done)(failed_reply(status, std::move(inner)));
}

server::Health LivePass::health() {
  server::Health health;
  health.version = program_version();
  health.uptime_s = overview().uptime_s;
  const Status status = gate_->health();
  const bool closing = !status.is_ok() && status.reason() == "closing";
  health.components.push_back(
      {"log", status.is_ok() || closing, status.is_ok() ? "" : status.message()});
  health.components.push_back({"gate", !closing, closing ? "draining" : ""});
  const Status disk = gate_->disk();
  health.components.push_back({"disk", disk.is_ok(), disk.is_ok() ? "" : disk.message()});
  const bool full = gate_->pass().profiles().full();
  health.components.push_back(
      {"profiles", !full, full ? "profile.bytes_max reached; new accounts share a profile" : ""});
  for (const server::Component& component : health.components) health.ready &= component.ready;
  return health;
}

void LivePass::retain() {
  if (gate_->log() == nullptr) return;
  const ledger::Height before = gate_->log()->first_height();
  const auto first = gate_->retain(running_config()->u64("log.retain_bytes"));
  if (!first) return log_warning("log", first.error());
  if (*first == before) return;
  log_info("log", "bodies_dropped", "old blocks are kept by their headers only",
           {{"first_height", *first}, {"bytes", gate_->log()->bytes_on_disk()}});
}

// Closes a second of the figures, once a second.
void LivePass::tick_loop() {
  std::int64_t next_ns = system_clock().mono_ns();
  while (!stopping_) {
    if (system_clock().mono_ns() >= next_ns) {
      next_ns += 1'000'000'000;
      retain();
      figures_.tick(system_clock().wall_us(), gate_->counters().committed_events.load(),
                    gate_->pass().counters().alerted.load());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Sets the gauges that are cheaper to read than to keep.
void LivePass::collect() {
  if (gate_ == nullptr) return;
  live_metrics_.collect(*gate_, health());
}

server::Overview LivePass::overview() {
  server::Overview out;
  figures_.fill(system_clock().wall_us(), out);
  const gate::Pass& pass = gate_->pass();
  const gate::PassCounters& counters = pass.counters();
  const gate::GateCounters& gate = gate_->counters();
  out.events_total = counters.events;
  out.pass = counters.passed;
  out.hold = counters.held;
  out.block = counters.blocked;
  out.queue_depth = gate.queued_events;
  out.queue_limit = gate_->queue_bytes() / sizeof(wire::Event);
  for (unsigned i = 0; i < wire::kRefusals; ++i) {
    const std::uint64_t count = gate_->admission().refused()[i].load();
    if (count == 0) continue;
    out.refused_by_reason.emplace_back(wire::refusal_name(static_cast<wire::Refusal>(1001 + i)),
                                       count);
  }
  if (gate.refused_full != 0) out.refused_by_reason.emplace_back("queue_full", gate.refused_full);
  if (gate.refused_disk != 0) out.refused_by_reason.emplace_back("disk_low", gate.refused_disk);
  out.commit_mode = gate_->log() == nullptr ? "off" : running_config()->text("storage.durability");
  out.commit_seq = gate.committed_seq;
  out.commit_lag_us = static_cast<double>(gate.commit_lag_ns.load()) * 1e-3;
  out.backend = "cpu";
  out.backend_why = "no GPU path in this build";
  out.alerts_open = counters.alerted;
  out.shadow_dropped = unpublished_.load();
  const gate::Versions versions = gate_->versions();
  out.config_version = versions.config;
  out.rules_version = versions.rules;
  out.models.push_back({"default", versions.models, 0, 0});
  return out;
}

Status LivePass::at_rest(const std::function<void()>& run) {
  std::promise<void> finished;
  WEIR_TRY(gate_->at_rest([&] {
    run();
    finished.set_value();
  }));
  finished.get_future().wait();
  return Status::ok();
}

Result<server::Changed> LivePass::change(ledger::ControlType type,
                                         std::vector<std::uint8_t> payload, std::uint32_t version) {
  std::promise<Result<ledger::Height>> applied;
  gate_->control(type, std::move(payload),
                 [&applied](const Result<ledger::Height>& at) { applied.set_value(at); });
  WEIR_ASSIGN(const ledger::Height height, applied.get_future().get());
  return server::Changed{version, height};
}

}  // namespace weir::main
