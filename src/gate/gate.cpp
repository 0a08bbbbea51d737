#include "gate/gate.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "gate/control.hpp"
#include "gate/log_replay.hpp"
#include "gate/replay_start.hpp"
#include "gate/verdict_ops.hpp"

namespace weir::gate {
namespace {

constexpr std::uint64_t kBatchesMax = 24;  // in the pipeline and on their way to the disk

std::uint64_t batch_bytes(const wire::EventBatch& batch) {
  return batch.events.size() * sizeof(wire::Event) + batch.side.size() + batch.text_bytes.size();
}

Status unknown_events() {
  return not_found("event_unknown", "the log holds none of the labelled events");
}

// What of a snapshot is copied at rest.
StagedSnapshot::Rest snapshot_rest(const Admission& admission) {
  StagedSnapshot::Rest rest;
  rest.names.assign(Pass::kRestSections.begin(), Pass::kRestSections.end());
  rest.names.insert(rest.names.end(), {"admission", "labels"});
  rest.large = "admission";
  rest.large_bytes = admission.bytes_to_save_max();
  return rest;
}

Status closing_status() {
  return unavailable("closing", "weir is shutting down");
}

}  // namespace

Gate::Gate(GateOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock), queue_bytes_(options_.queue_bytes) {}

Result<std::unique_ptr<Gate>> Gate::open(GateOptions options, Clock& clock) {
  WEIR_TRY(check_verdict_ops(verdict_ops()));
  std::unique_ptr<Gate> gate(new Gate(std::move(options), clock));
  gate->pass_ = std::make_unique<Pass>(gate->options_.pass);
  gate->admission_ = std::make_unique<Admission>(
      gate->pass_->dictionary(), clock,
      [g = gate.get()](std::uint64_t seq, wire::Event& record) {
        return g->find_record(seq, record);
      },
      gate->options_.admission);
  if (!gate->options_.dir.empty()) WEIR_TRY(gate->recover());
  gate->next_height_ = gate->pass_->next_height();
  gate->versions_ = gate->pass_->versions();
  gate->snapshot_wall_us_ = clock.wall_us();
  gate->snapshot_seq_ = gate->admission_->next_seq();
  const PipelineOptions pipeline{gate->options_.threads, gate->options_.batches_in_flight};
  Stages& stages = *gate;  // a private base: make_unique could not convert
  gate->pipeline_ = std::make_unique<Pipeline>(stages, pipeline, gate->stage_times_);
  if (gate->mirror_ != nullptr) gate->mirror_->start();
  gate->thread_ = std::thread([g = gate.get()] { g->run(); });
  return gate;
}

Gate::~Gate() {
  close().is_ok();
}

Status Gate::recover() {
  const std::int64_t started_ns = clock_.mono_ns();
  WEIR_ASSIGN(auto dir, storage::DataDir::open(options_.dir));
  dir_ = std::make_unique<storage::DataDir>(std::move(dir));
  ledger::BlockLogOptions log_options;
  log_options.genesis.chain_id = options_.chain_id;
  log_options.genesis.created_us = clock_.wall_us();
  log_options.genesis.config_hash = options_.config_hash;
  log_options.segments = options_.segments;
  log_options.committer.around_group = options_.around_replies;
  WEIR_ASSIGN(log_, ledger::BlockLog::open(options_.dir, log_options, recovery_.log));
  disk_ = std::make_unique<DiskGuard>(log_->segments(), clock_, options_.free_bytes_min);
  staged_ =
      std::make_unique<StagedSnapshot>(*pass_, dir_->snapshot_dir(), snapshot_rest(*admission_));
  records_ = std::make_unique<StoredRecords>(*log_);
  repeat_records_ = std::make_unique<StoredRecords>(*log_);
  const ledger::Genesis& genesis = log_->genesis();
  pass_->start_chain(genesis.chain_id, genesis.hash(), 1);
  WEIR_TRY(load_snapshot());
  WEIR_TRY(check_reach(*log_, *pass_));
  const ledger::Height durable = log_->durable_height();
  if (pass_->next_height() <= durable) {
    LogReplay replay(*log_, *pass_, admission_.get(), &labels_);
    if (options_.trust_log) replay.trust_log();
    const PipelineOptions pipeline{options_.threads, options_.batches_in_flight};
    WEIR_ASSIGN(const ReplayReport report, replay.run(pass_->next_height(), durable, pipeline));
    recovery_.replayed_events += report.events;
    if (report.difference) {
      return data_loss("replay_differs", "block " + std::to_string(report.difference->height) +
                                             ": the " + report.difference->what +
                                             " recomputed at start differs from the log")
          .hint("weir replay shows the difference; was the log written by another version?");
    }
  }
  mirror_ = std::make_unique<DictionaryMirror>(options_.dir + "/weir.db", pass_->dictionary());
  snapshot_height_ = recovery_.snapshot_height;
  counters_.snapshot_height = snapshot_height_;
  counters_.sealed_height = durable;
  counters_.committed_seq = admission_->next_seq() - 1;
  recovery_.seconds = static_cast<double>(clock_.mono_ns() - started_ns) * 1e-9;
  if (!recovery_.log.torn_reason.empty()) {
    log_warning("gate", "torn_tail", "cut off an unfinished block at the end of the log",
                {{"bytes", recovery_.log.torn_bytes}, {"reason", recovery_.log.torn_reason}});
  }
  return Status::ok();
}

Status Gate::submit(Submission&& submission) {
  const std::uint64_t bytes = batch_bytes(submission.batch);
  // The frame of a producer counts also where every record of it was refused.
  if (submission.batch.events.empty() && !submission.checkpoint) {
    if (submission.done) submission.done(Reply{});
    return Status::ok();
  }
  if (Status status = disk(); !status.is_ok()) {
    counters_.refused_disk.fetch_add(submission.batch.size(), std::memory_order_relaxed);
    return status;
  }
  const std::lock_guard lock(mutex_);
  if (!failure_.is_ok()) return failure_;
  if (closing_) return closing_status();
  const std::uint64_t queued = counters_.queued_bytes.load(std::memory_order_relaxed);
  if (queued != 0 && queued + bytes > queue_bytes()) {
    counters_.refused_full.fetch_add(submission.batch.size(), std::memory_order_relaxed);
    return resource_exhausted("queue_full", std::to_string(queued) + " bytes are queued, limit " +
                                                std::to_string(queue_bytes()))
        .hint("retry after a short wait");
  }
  counters_.queued_bytes.fetch_add(bytes, std::memory_order_relaxed);
  counters_.queued_events.fetch_add(submission.batch.size(), std::memory_order_relaxed);
  open_submissions_.fetch_add(1, std::memory_order_acq_rel);
  submission.done = [this, done = std::move(submission.done)](Reply&& reply) {
    if (done) done(std::move(reply));
    if (open_submissions_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      const std::lock_guard idle_lock(mutex_);
      idle_.notify_all();
    }
  };
  queue_.push_back(std::make_shared<PendingReply>(std::move(submission)));
  work_.notify_one();
  if (load_waits()) pipeline_->wake();
  return Status::ok();
}

void Gate::enqueue(Control control) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_.is_ok() && !closing_) {
      controls_.push_back(std::move(control));
      work_.notify_one();
      return;
    }
  }
  if (control.done) control.done(tl::unexpected<Status>(health()));
}

void Gate::control(ledger::ControlType type, std::vector<std::uint8_t> payload, ControlDone done) {
  enqueue({type, std::move(payload), {}, {}, std::move(done)});
}

void Gate::label(std::vector<LabelInput> labels, std::string author, ControlDone done) {
  enqueue({ledger::ControlType::kLabel, {}, std::move(labels), std::move(author), std::move(done)});
}

Status Gate::at_rest(std::function<void()> run) {
  const std::lock_guard lock(mutex_);
  if (ended_) return failure_.is_ok() ? closing_status() : failure_;
  rests_.push_back(std::move(run));
  work_.notify_one();
  return Status::ok();
}

Status Gate::health() const {
  const std::lock_guard lock(mutex_);
  if (!failure_.is_ok()) return failure_;
  return closing_ ? closing_status() : Status::ok();
}

Status Gate::disk() {
  return disk_ == nullptr ? Status::ok() : disk_->check();
}

Versions Gate::versions() const {
  const std::lock_guard lock(mutex_);
  return versions_;
}

void Gate::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return open_submissions_.load(std::memory_order_acquire) == 0; });
}

Status Gate::close() {
  {
    const std::lock_guard lock(mutex_);
    if (!closing_) closing_ = true;
    work_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  children_.stop();
  if (log_ != nullptr) log_->drain();
  if (mirror_ != nullptr) mirror_->stop();
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Gate::run() {
  while (wait_for_work()) {
    work_at_rest();
    pipeline_->run();
  }
  if (log_ != nullptr) log_->drain();
  finish_waiting();
  if (log_ == nullptr) return;
  staged_->cancel();
  if (!log_->failed() && pass_->next_height() > snapshot_height_ + 1) write_last_snapshot();
}

// Nothing is in flight any more, so reads are as consistent as ever; controls come too late.
void Gate::finish_waiting() {
  std::vector<std::function<void()>> rests;
  std::vector<Control> controls;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    rests.swap(rests_);
    controls.swap(controls_);
  }
  const Status status = health();
  for (const auto& run : rests) run();
  for (const Control& control : controls) {
    if (control.done) control.done(tl::unexpected<Status>(status));
  }
  for (const Awaiting& awaiting : next_awaiting_) awaiting.done(tl::unexpected<Status>(status));
  next_awaiting_.clear();
}

bool Gate::wait_for_work() {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] {
    return current_ != nullptr || !queue_.empty() || !controls_.empty() || !rests_.empty() ||
           next_controls_.count() != 0;
  };
  work_.wait(lock, [&] { return closing_ || has_work(); });
  return has_work() && failure_.is_ok();
}

void Gate::work_at_rest() {
  std::vector<std::function<void()>> rests;
  {
    const std::lock_guard lock(mutex_);
    rests.swap(rests_);
  }
  apply_controls();
  if (pass_->learner().due(admission_->next_seq() - 1)) fit();
  {
    const std::lock_guard lock(mutex_);
    versions_ = pass_->versions();
  }
  for (const auto& run : rests) run();
  if (staged_ != nullptr && staged_->wants_rest()) finish_snapshot();
}

void Gate::apply_controls() {
  std::vector<Control> controls;
  {
    const std::lock_guard lock(mutex_);
    controls.swap(controls_);
  }
  for (Control& control : controls) {
    if (control.type == ledger::ControlType::kLabel && control.payload.empty()) {
      control.payload =
          label_payload(std::move(control.labels), std::move(control.author), next_height_);
      if (control.payload.empty()) {
        if (control.done) control.done(tl::unexpected<Status>(unknown_events()));
        continue;
      }
    }
    const Status status = pass_->apply({control.type, 0, control.payload});
    if (!status.is_ok()) {
      if (control.done) control.done(tl::unexpected<Status>(status));
      continue;
    }
    if (staged_ != nullptr && Pass::changes_pieces(control.type)) staged_->cancel();
    next_controls_.add(control.type, control.payload);
    if (control.done) next_awaiting_.push_back({next_height_, std::move(control.done)});
  }
}

// A fit is due at a count of events, so that two runs over one file fit at the same place.
void Gate::fit() {
  const auto models = pass_->fit_if_due(admission_->next_seq() - 1);
  if (!models || *models == nullptr) return;
  ModelsControl control;
  control.version = pass_->versions().models + 1;
  control.author = std::string(kLearnerAuthor);
  control.set = (*models)->serialize();
  ByteWriter payload;
  encode(control, payload);
  const Status applied = pass_->apply({ledger::ControlType::kModels, 0, payload.bytes()});
  CHECK(applied.is_ok());
  if (staged_ != nullptr) staged_->cancel();
  next_controls_.add(ledger::ControlType::kModels, payload.bytes());
}

PassBatch* Gate::take_batch() {
  std::unique_lock lock(flight_mutex_);
  batch_free_.wait(lock, [this] { return !free_.empty() || batches_.size() < kBatchesMax; });
  if (free_.empty()) {
    batches_.push_back(std::make_unique<PassBatch>());
    batches_.back()->logged = log_ != nullptr;
    return batches_.back().get();
  }
  PassBatch* batch = free_.back();
  free_.pop_back();
  return batch;
}

void Gate::recycle(PassBatch& batch) {
  batch.events.clear();
  batch.side.clear();
  batch.controls.clear();
  batch.parts.clear();
  batch.repeats.clear();
  batch.verdicts.clear();
  batch.models.reset();
  batch.sealed = true;
  const std::lock_guard lock(flight_mutex_);
  free_.push_back(&batch);
  batch_free_.notify_one();
}

// Between batches: is there a reason to let the pipeline run dry?
bool Gate::needs_rest() {
  if (pass_->learner().due(admission_->next_seq() - 1)) return true;
  if (staged_ != nullptr && staged_->wants_rest()) return true;
  const std::lock_guard lock(mutex_);
  return !controls_.empty() || !rests_.empty() || !failure_.is_ok();
}

// A batch's worth: less is merged into the batch that the pass's thread admits next.
bool Gate::load_waits() {
  const std::uint64_t queued = counters_.queued_events.load(std::memory_order_relaxed);
  return queued >= options_.admission.batch_events;
}

PassBatch* Gate::admit() {
  tend_snapshot();
  if (needs_rest()) return nullptr;
  PassBatch* batch = take_batch();
  std::swap(batch->controls, next_controls_);
  batch->created_us = clock_.wall_us();
  batch->admitted_ns = clock_.mono_ns();
  batch->first_seq = admission_->next_seq();
  fill(*batch);
  admission_->finish(*batch);
  batch->sealed = !batch->events.empty() || batch->controls.count() != 0;
  if (!batch->sealed && batch->repeats.empty()) {
    recycle(*batch);
    return nullptr;
  }
  if (batch->sealed) {
    batch->height = next_height_++;
    if (log_ != nullptr) batch->block.record = log_->pool().acquire();
    const std::lock_guard lock(flight_mutex_);
    in_flight_.push_back(batch);
    for (Awaiting& awaiting : next_awaiting_) awaiting_.push_back(std::move(awaiting));
    next_awaiting_.clear();
  }
  return batch;
}

void Gate::fill(PassBatch& batch) {
  while (batch.rows() < options_.admission.batch_events) {
    if (current_ == nullptr) {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) break;
      current_ = std::move(queue_.front());
      queue_.pop_front();
      counters_.queued_bytes.fetch_sub(batch_bytes(current_->batch), std::memory_order_relaxed);
      counters_.queued_events.fetch_sub(current_->batch.size(), std::memory_order_relaxed);
    }
    if (!current_->labels.empty()) {
      const ledger::Height settled = next_height_ - std::min(next_height_, kBatchesMax);
      const auto payload = label_payload(std::exchange(current_->labels, {}), {}, settled);
      if (!payload.empty()) batch.controls.add(ledger::ControlType::kLabel, payload);
    }
    if (admission_->fill(current_, batch)) current_.reset();
    if (!options_.merge_submissions) break;
  }
  for (const ReplyPart& part : batch.parts) {
    if (part.reply->ack == Ack::kReceived) answer_part(part, batch, Ack::kReceived);
  }
}

std::vector<std::uint8_t> Gate::label_payload(std::vector<LabelInput> labels, std::string author,
                                              ledger::Height hits_to) {
  LabelsControl control;
  control.author = std::move(author);
  for (LabelInput& label : labels) {
    wire::Event event;
    if (!find_record(label.seq, event)) continue;
    LabelHits& hits = control.hits.emplace_back();
    if (records_ != nullptr) records_->find_hits(label.seq, hits_to, hits);
    control.labels.push_back(labels_.apply(label, event));
    control.notes.push_back(std::move(label.note));
    labels_.count(control.labels.back(), hits);
  }
  if (control.labels.empty()) return {};
  ByteWriter payload;
  encode(control, payload);
  return std::move(payload.buffer());
}

void Gate::touch(PassBatch& batch) {
  pass_->touch(batch);
  const profile::Profiles& profiles = pass_->profiles();
  const profile::ProfileCounts counts = profiles.counts();
  constexpr auto kRelaxed = std::memory_order_relaxed;
  counters_.profiles.store(counts.parties, kRelaxed);
  counters_.profile_bytes.store(profiles.bytes(), kRelaxed);
  counters_.edge_evictions.store(counts.edge_evictions, kRelaxed);
  if (staged_ != nullptr && batch.sealed) staged_->touched(batch.height);
}

void Gate::decide(PassBatch& batch) {
  pass_->decide(batch);
  if (staged_ != nullptr && batch.sealed) staged_->decided(batch.height);
}

void Gate::hash(PassBatch& batch) {
  if (batch.sealed && log_ != nullptr) pass_->hash(batch);
}

// A batch often answers a single submission: then there is nothing to gather.
void Gate::answer_decided(const PassBatch& batch) {
  const auto answer = [&] {
    for (const ReplyPart& part : batch.parts) {
      if (part.reply->ack == Ack::kDecided) answer_part(part, batch, Ack::kDecided);
    }
  };
  if (batch.parts.size() > 1 && options_.around_replies) return options_.around_replies(answer);
  answer();
}

void Gate::seal(PassBatch& batch) {
  answer_decided(batch);
  if (!batch.sealed) return seal_repeats(batch);
  if (log_ == nullptr) {
    pass_->skip_block();
    return committed(batch, Status::ok());
  }
  pass_->seal(batch, log_->durable_height());
  counters_.sealed_height.store(batch.height, std::memory_order_relaxed);
  log_->append(std::move(batch.block),
               [this, &batch](ledger::Height, const Status& status) { committed(batch, status); });
}

// Repetitions of events that may still be on their way to the disk wait until nothing is.
void Gate::seal_repeats(PassBatch& batch) {
  std::vector<RepeatedRow> ready;
  {
    const std::lock_guard lock(flight_mutex_);
    std::move(batch.repeats.begin(), batch.repeats.end(), std::back_inserter(late_repeats_));
    if (in_flight_.empty()) ready.swap(late_repeats_);
  }
  answer_repeats(ready, nullptr, Ack::kCommitted);
  recycle(batch);
}

bool Gate::find_record(std::uint64_t seq, wire::Event& record) {
  if (records_ == nullptr) return options_.find_record && options_.find_record(seq, record);
  {
    const std::lock_guard lock(flight_mutex_);
    for (const PassBatch* batch : in_flight_) {
      if (seq < batch->first_seq || seq - batch->first_seq >= batch->rows()) continue;
      record = batch->events[seq - batch->first_seq];
      return true;
    }
  }
  return records_->find(seq, record);
}

void Gate::committed(PassBatch& batch, const Status& status) {
  if (!status.is_ok()) {
    fail(status);
    for (const ReplyPart& part : batch.parts) part.reply->fail(status);
  } else {
    if (batch.controls.count() != 0) admission_->producers().commit(batch.controls.bytes());
    if (mirror_ != nullptr) mirror_->committed(batch.dictionary_end);
    // Whoever has the answer finds it counted.
    counters_.committed_events.fetch_add(batch.rows(), std::memory_order_relaxed);
    if (batch.rows() != 0) counters_.committed_seq = batch.first_seq + batch.rows() - 1;
    counters_.commit_lag_ns = clock_.mono_ns() - batch.admitted_ns;
    if (options_.on_committed) options_.on_committed(batch);
    for (const ReplyPart& part : batch.parts) {
      if (part.reply->ack >= Ack::kCommitted) answer_part(part, batch, Ack::kCommitted);
    }
    answer_repeats(batch.repeats, &batch, Ack::kCommitted);
  }
  std::vector<RepeatedRow> repeats;
  std::vector<Awaiting> controls;
  {
    const std::lock_guard lock(flight_mutex_);
    CHECK(!in_flight_.empty() && in_flight_.front() == &batch);
    in_flight_.pop_front();
    if (in_flight_.empty()) repeats.swap(late_repeats_);
    while (!awaiting_.empty() && awaiting_.front().height <= batch.height) {
      controls.push_back(std::move(awaiting_.front()));
      awaiting_.erase(awaiting_.begin());
    }
  }
  answer_repeats(repeats, nullptr, Ack::kCommitted);
  for (const Awaiting& control : controls) {
    control.done(status.is_ok() ? Result<ledger::Height>(control.height)
                                : tl::unexpected<Status>(status));
  }
  recycle(batch);
}

void Gate::answer_part(const ReplyPart& part, const PassBatch& batch, Ack reached) {
  const bool durable = reached >= Ack::kCommitted && log_ != nullptr;
  RuleHitCursor hits(batch.controls.bytes());
  for (std::uint32_t at = part.begin; at < part.end; ++at) {
    const std::uint32_t row = part.first_row + (at - part.begin);
    wire::Verdict& verdict = part.reply->verdict(row);
    verdict.id = batch.events[at].id;
    verdict.seq = batch.first_seq + at;
    verdict.height = durable ? batch.height : 0;
    if (reached == Ack::kReceived) continue;
    verdict.core = batch.verdicts[at];
    if (part.reply->details) {
      Decision& decision = part.reply->decision(row);
      decision = decision_of(batch, at, hits);
      decision.committed = durable;
    }
  }
  part.reply->close_rows(part.end - part.begin);
}

void Gate::answer_repeats(std::vector<RepeatedRow>& repeats, const PassBatch* batch, Ack reached) {
  const bool durable = reached >= Ack::kCommitted && log_ != nullptr;
  for (RepeatedRow& repeat : repeats) {
    wire::Verdict& verdict = repeat.reply->verdict(repeat.row);
    const bool same_batch = batch != nullptr && repeat.seq >= batch->first_seq;
    const std::size_t at = same_batch ? repeat.seq - batch->first_seq : 0;
    Decision decision;
    bool found = same_batch;
    if (same_batch) {
      verdict = {batch->events[at].id, repeat.seq, durable ? batch->height : 0,
                 batch->verdicts[at]};
      RuleHitCursor hits(batch->controls.bytes());
      if (repeat.reply->details) decision = decision_of(*batch, at, hits);
      decision.committed = durable;
    } else if (repeat_records_ != nullptr) {
      found = repeat_records_->find(repeat.seq, verdict) &&
              (!repeat.reply->details || repeat_records_->find(repeat.seq, decision));
    }
    if (!found) {
      repeat.reply->fail(data_loss(
          "log_unreadable",
          "the verdict of event " + std::to_string(repeat.seq) + " cannot be read from the log"));
      continue;
    }
    if (repeat.reply->details) {
      decision.duplicate = true;
      repeat.reply->decision(repeat.row) = std::move(decision);
    }
    repeat.reply->close_rows(1);
  }
  repeats.clear();
}

// After a failed write nothing more is acknowledged: everything open fails, the process has to
// recover.
void Gate::fail(const Status& status) {
  std::deque<std::shared_ptr<PendingReply>> open;
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.is_ok()) return;
    failure_ = unavailable("log_failed", status.message()).hint("restart weir to recover");
    closing_ = true;
    open.swap(queue_);
    work_.notify_one();
  }
  log_error("gate", status);
  for (const auto& pending : open) pending->fail(status);
}

}  // namespace weir::gate
