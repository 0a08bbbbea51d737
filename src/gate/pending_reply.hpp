// PendingReply: one submission on its way through the pass, and its reply as it fills up. A
// submission may span several blocks, and a block may hold rows of several submissions.
//
//   auto pending = std::make_shared<PendingReply>(std::move(submission));
//   pending->refuse(row, status);             // admission
//   pending->answer(row, verdict, false);     // when its block is as durable as the ack asks
//
// Rows are answered by one thread at a time for a given row; the last answer calls `done`.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "gate/submission.hpp"
#include "wire/text_id.hpp"

namespace weir::gate {

class PendingReply {
 public:
  explicit PendingReply(Submission submission)
      : batch(std::move(submission.batch)),
        labels(std::move(submission.labels)),
        checkpoint(std::move(submission.checkpoint)),
        ack(submission.ack),
        details(submission.details),
        live(submission.live),
        done_(std::move(submission.done)),
        open_(batch.size()) {
    reply_.verdicts.resize(batch.size());
    if (details) reply_.decisions.resize(batch.size());
  }

  wire::EventBatch batch;  // what is left to admit starts at `next_row`
  std::vector<LabelInput> labels;
  const std::optional<CheckpointControl> checkpoint;
  std::size_t next_row = 0;
  const Ack ack;
  const bool details;
  const bool live;

  // Answers a row with a refusal. Admission only.
  void refuse(std::uint32_t row, wire::Refusal refusal, Status status) {
    wire::Verdict& verdict = reply_.verdicts[row];
    verdict.id = batch.events[row].id;
    verdict.core.ledger_status = static_cast<std::uint8_t>(wire::LedgerStatus::kRefused);
    verdict.core.top_rule = static_cast<std::uint32_t>(refusal);
    reply_.refused.push_back({row, event_id(row), std::move(status)});
    close_rows(1);
  }
  // Notes sequence numbers given to rows. Admission only.
  void accept(std::uint64_t first_seq, std::uint64_t count) {
    if (reply_.first_seq == 0) reply_.first_seq = first_seq;
    reply_.last_seq = first_seq + count - 1;
    reply_.accepted += count;
  }
  std::uint64_t first_seq() const { return reply_.first_seq; }
  void mark_duplicate(std::uint32_t row) {
    if (reply_.duplicate.empty()) reply_.duplicate.resize(batch.size());
    reply_.duplicate[row] = 1;
  }
  wire::Verdict& verdict(std::size_t row) { return reply_.verdicts[row]; }
  Decision& decision(std::size_t row) { return reply_.decisions[row]; }
  // Counts rows as answered; the last one hands the reply out.
  void close_rows(std::size_t rows) {
    if (open_.fetch_sub(rows, std::memory_order_acq_rel) == rows) finish();
  }
  // Answers the whole submission with a failure, once, whatever is still open.
  void fail(const Status& status) {
    reply_.status = status;
    open_.store(0, std::memory_order_release);
    finish();
  }

 private:
  // A record that lies about its side payload is named by its key alone.
  std::string event_id(std::uint32_t row) const {
    wire::Event event = batch.events[row];
    const bool inside =
        event.side_off <= batch.side.size() && event.side_len <= batch.side.size() - event.side_off;
    if (!inside) event.side_len = 0;
    const Bytes side = inside ? Bytes(batch.side).subspan(event.side_off, event.side_len) : Bytes();
    return wire::event_id_text(event, side);
  }
  void finish() {
    if (done_) std::exchange(done_, nullptr)(std::move(reply_));
  }

  std::function<void(Reply&&)> done_;
  std::atomic<std::size_t> open_;
  Reply reply_;
};

}  // namespace weir::gate
