// EventFeed: plays an event source into a gate, a block at a time, and hands the verdicts back in
// order. Labels of the source become known a delay of event time after their events, whatever the
// machine's speed, so that two runs of a file are equal.
//
//   EventFeed feed(gate, {.label_delay_us = 7 * kMicrosPerDay},
//                  [&](const FedRows& rows, const gate::Reply& reply) { report.add(...); });
//   WEIR_TRY(feed.play(source));
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/time_text.hpp"
#include "gate/gate.hpp"
#include "main/verdict_file.hpp"
#include "wire/source.hpp"

namespace weir::main {

// What is remembered of a submission until, and after, its verdicts are back.
struct FedRows {
  std::optional<IdTexts> ids;       // if asked for
  std::vector<std::uint8_t> fraud;  // [rows] 0 legit, 1 fraud, 2 unlabelled; empty: no labels
  std::vector<std::uint64_t> seqs;  // [rows] once answered, of batches with labels; 0: refused
  bool answered = false;
};

struct FeedOptions {
  std::uint32_t batch_events = 8192;  // a submission, and a block
  std::int64_t label_delay_us = 7 * kMicrosPerDay;
  bool keep_ids = false;
  // Returns how far the source has come, after each read; empty: blocks hold no checkpoint.
  std::function<gate::CheckpointControl()> checkpoint = {};
};

class EventFeed {
 public:
  // `take` is called from the log's thread for every answered submission, in order.
  using Take = std::function<void(const FedRows&, const gate::Reply&)>;
  EventFeed(gate::Gate& gate, FeedOptions options, Take take)
      : gate_(gate), options_(std::move(options)), take_(std::move(take)) {}

  // Plays the source to its end and waits for the answers. Returns the first error of the source,
  // of a submission, or of the log; what was accepted before stays.
  Status play(wire::EventSource& source);

  // Remembers the fraud labels of rows that were committed by an earlier process but had not become
  // known yet: reads batches while `more` says so, without submitting them. The log must hold their
  // events.
  Status recall(wire::EventSource& source, const std::function<bool()>& more);

 private:
  static constexpr unsigned kSubmissionsMax = 12;

  // A label on its way: the event's number is known once its submission has been answered.
  struct WaitingLabel {
    std::shared_ptr<FedRows> rows;
    std::uint32_t row;
    std::int64_t due_us;
  };

  Status send(wire::EventBatch batch);
  void answered(FedRows& rows, gate::Reply&& reply);
  std::vector<gate::LabelInput> due_labels(std::int64_t now_us);
  void find_numbers(const std::vector<wire::EventKey>& ids);

  gate::Gate& gate_;
  FeedOptions options_;
  Take take_;
  std::deque<WaitingLabel> labels_;  // in order of their events
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned open_ = 0;
  Status status_;
};

}  // namespace weir::main
