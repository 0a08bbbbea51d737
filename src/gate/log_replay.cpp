#include "gate/log_replay.hpp"

#include <cstring>
#include <mutex>

#include "base/clock.hpp"

namespace weir::gate {

void load_batch(const ledger::BlockView& view, PassBatch& batch) {
  const ledger::BlockHeader& header = view.header();
  batch.height = header.height;
  batch.first_seq = header.first_seq;
  batch.created_us = header.created_us;
  batch.events.assign(view.events().begin(), view.events().end());
  batch.side.assign(view.side().begin(), view.side().end());
  batch.controls.clear();
  ledger::ControlReader controls(view.control());
  while (const auto record = controls.next()) {
    if (record->type == ledger::ControlType::kRuleHits) continue;
    batch.controls.add(record->type, record->payload, record->flags);
  }
}

LogReplay::LogReplay(const ledger::BlockLog& log, Pass& pass, Admission* admission,
                     LabelBook* labels)
    : log_(log), pass_(pass), admission_(admission), labels_(labels) {}

Result<ReplayReport> LogReplay::run(ledger::Height from, ledger::Height to,
                                    const PipelineOptions& options) {
  const std::int64_t started_ns = system_clock().mono_ns();
  next_ = from;
  to_ = to;
  StageTimes times;
  for (unsigned i = 0; i < options.batches_in_flight + 1; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    free_.push_back(slots_.back().get());
  }
  Pipeline pipeline(*this, options, times);
  while (!stop_ && (waiting_ != nullptr || next_ <= to_)) {
    if (waiting_ != nullptr) {
      WEIR_TRY(pass_.apply_all(waiting_->controls.bytes()));
      note_fits(*waiting_);
      waiting_->sealed = true;
    }
    pipeline.run();
    WEIR_TRY(status_);
    WEIR_TRY(followed_);
  }
  report_.seconds = static_cast<double>(system_clock().mono_ns() - started_ns) * 1e-9;
  return report_;
}

// The log holds the model sets that the learner fitted; it must not fit them again. A fit that was
// due and left no record had failed: that is not tried again either.
void LogReplay::note_fits(const PassBatch& batch) {
  ledger::ControlReader in(batch.controls.bytes());
  while (const auto record = in.next()) {
    if (record->type != ledger::ControlType::kModels) continue;
    const auto models = decode_models(record->payload);
    if (models && models->author == kLearnerAuthor) pass_.learner().skip_fit();
  }
  if (pass_.learner().due(batch.first_seq - 1)) pass_.learner().skip_fit();
}

void LogReplay::note_labels(const PassBatch& batch) {
  if (labels_ == nullptr) return;
  ledger::ControlReader in(batch.controls.bytes());
  while (const auto record = in.next()) {
    if (record->type != ledger::ControlType::kLabel) continue;
    const auto labels = decode_labels(record->payload);
    if (labels) labels_->note(*labels);
  }
}

// Reads the next block into waiting_. `sealed` is false until its controls have been applied at
// rest.
bool LogReplay::read_next() {
  {
    const std::lock_guard lock(mutex_);
    CHECK(!free_.empty());
    waiting_ = free_.back();
    free_.pop_back();
  }
  status_ = log_.read(next_, waiting_->logged);
  if (!status_.is_ok()) return false;
  load_batch(waiting_->logged.view(), *waiting_);
  waiting_->sealed = !Pass::needs_rest(waiting_->controls.bytes()) &&
                     !pass_.learner().due(waiting_->first_seq - 1);
  ++next_;
  return true;
}

PassBatch* LogReplay::admit() {
  if (stop_) return nullptr;
  if (waiting_ == nullptr) {
    if (next_ > to_ || !read_next()) return nullptr;
    if (!waiting_->sealed) return nullptr;
  }
  PassBatch* batch = std::exchange(waiting_, nullptr);
  if (admission_ != nullptr) {
    status_ = admission_->replay(*batch);
  } else {
    status_ = replay_dictionary(pass_.dictionary(), *batch);
  }
  if (!status_.is_ok()) {
    stop_ = true;
    return nullptr;
  }
  note_labels(*batch);
  return batch;
}

void LogReplay::decide(PassBatch& batch) {
  if (!trust_) return pass_.decide(batch);
  auto& slot = static_cast<Slot&>(batch);
  slot.followed = pass_.follow(batch, slot.logged.view());
  if (!slot.followed.is_ok()) stop_ = true;
}

void LogReplay::compare(PassBatch& batch) {
  const ledger::BlockView& logged = static_cast<const Slot&>(batch).logged.view();
  ReplayDifference difference;
  difference.height = batch.height;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    if (std::memcmp(&batch.verdicts[row], &logged.verdicts()[row], sizeof(wire::VerdictCore)) ==
        0) {
      continue;
    }
    difference.what = "verdict";
    difference.seq = batch.first_seq + row;
    difference.logged = logged.verdicts()[row];
    difference.computed = batch.verdicts[row];
    for (unsigned f = 0; f < profile::kFeatures; ++f) {
      difference.features[f] = batch.features.at(row, static_cast<profile::Feature>(f));
    }
    break;
  }
  if (!trust_ && difference.what.empty() && batch.block.hash != logged.hash())
    difference.what = "block_hash";
  if (!difference.what.empty()) {
    report_.difference = std::move(difference);
    stop_ = true;
  }
}

void LogReplay::seal(PassBatch& batch) {
  const auto& slot = static_cast<const Slot&>(batch);
  if (followed_.is_ok()) followed_ = slot.followed;
  if (!report_.difference && followed_.is_ok()) {
    const ledger::BlockView& logged = slot.logged.view();
    trust_ ? pass_.seal_followed(logged) : pass_.seal(batch, 0);
    compare(batch);
    if (see_) see_(batch);
    ++report_.blocks;
    report_.events += batch.rows();
  }
  const std::lock_guard lock(mutex_);
  free_.push_back(static_cast<Slot*>(&batch));
}

}  // namespace weir::gate
