#include "main/event_feed.hpp"

#include <algorithm>
#include <map>

namespace weir::main {
namespace {

std::int64_t latest_time(const wire::EventBatch& batch) {
  std::int64_t latest_us = 0;
  for (const wire::Event& event : batch.events) latest_us = std::max(latest_us, event.time_us);
  return latest_us;
}

}  // namespace

void EventFeed::answered(FedRows& rows, gate::Reply&& reply) {
  if (reply.status.is_ok() && take_) take_(rows, reply);
  const std::lock_guard lock(mutex_);
  if (!rows.fraud.empty()) {
    for (const wire::Verdict& verdict : reply.verdicts) rows.seqs.push_back(verdict.seq);
  }
  rows.answered = true;
  if (!reply.status.is_ok()) status_ = reply.status;
  --open_;
  changed_.notify_all();
}

std::vector<gate::LabelInput> EventFeed::due_labels(std::int64_t now_us) {
  std::vector<gate::LabelInput> due;
  std::unique_lock lock(mutex_);
  while (!labels_.empty() && labels_.front().due_us <= now_us) {
    const WaitingLabel& label = labels_.front();
    changed_.wait(lock, [&] { return label.rows->answered; });
    if (label.row < label.rows->seqs.size() && label.rows->seqs[label.row] != 0) {
      due.push_back({label.rows->seqs[label.row], true, label.due_us});
    }
    labels_.pop_front();
  }
  return due;
}

Status EventFeed::send(wire::EventBatch batch) {
  auto rows = std::make_shared<FedRows>();
  if (options_.keep_ids) rows->ids.emplace(batch);
  gate::Submission submission;
  submission.labels = due_labels(latest_time(batch));
  if (!batch.labels.empty()) {
    rows->fraud.assign(batch.size(), 2);
    for (const wire::Label& label : batch.labels) {
      rows->fraud[label.row] = label.fraud ? 1 : 0;
      if (!label.fraud) continue;
      labels_.push_back(
          {rows, label.row, batch.events[label.row].time_us + options_.label_delay_us});
    }
    batch.labels.clear();
  }
  submission.batch = std::move(batch);
  submission.live = false;
  if (options_.checkpoint) submission.checkpoint = options_.checkpoint();
  submission.done = [this, rows](gate::Reply&& reply) { answered(*rows, std::move(reply)); };
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ < kSubmissionsMax; });
    WEIR_TRY(status_);
    ++open_;
  }
  Status status = gate_.submit(std::move(submission));
  if (!status.is_ok()) {
    const std::lock_guard lock(mutex_);
    --open_;
  }
  return status;
}

Status EventFeed::play(wire::EventSource& source) {
  Status status;
  while (true) {
    wire::EventBatch batch;
    const auto read = source.read(batch, options_.batch_events);
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

Status EventFeed::recall(wire::EventSource& source, const std::function<bool()>& more) {
  std::deque<std::pair<wire::EventKey, std::int64_t>> waiting;  // id, due
  while (more()) {
    wire::EventBatch batch;
    WEIR_ASSIGN(const std::size_t read, source.read(batch, options_.batch_events));
    if (read == 0) break;
    const std::int64_t now_us = latest_time(batch);
    while (!waiting.empty() && waiting.front().second <= now_us) waiting.pop_front();
    for (const wire::Label& label : batch.labels) {
      const wire::Event& event = batch.events[label.row];
      if (label.fraud) waiting.emplace_back(event.id, event.time_us + options_.label_delay_us);
    }
  }
  std::vector<wire::EventKey> ids;
  for (const auto& [id, due_us] : waiting) {
    auto rows = std::make_shared<FedRows>();
    rows->answered = true;
    labels_.push_back({std::move(rows), 0, due_us});
    ids.push_back(id);
  }
  find_numbers(ids);
  return Status::ok();
}

// The events are recent: the search goes from the end of the log backwards.
void EventFeed::find_numbers(const std::vector<wire::EventKey>& ids) {
  std::map<wire::EventKey, std::size_t> wanted;
  for (std::size_t i = 0; i < ids.size(); ++i) wanted[ids[i]] = i;
  if (gate_.log() == nullptr) return;
  ledger::Block block;
  for (ledger::Height height = gate_.log()->durable_height(); height > 0 && !wanted.empty();
       --height) {
    if (!gate_.log()->read(height, block).is_ok()) return;
    std::uint64_t seq = block.view().header().first_seq;
    for (const wire::Event& event : block.view().events()) {
      const auto found = wanted.find(event.id);
      if (found != wanted.end()) {
        labels_[found->second].rows->seqs.push_back(seq);
        wanted.erase(found);
      }
      ++seq;
    }
  }
}

}  // namespace weir::main
