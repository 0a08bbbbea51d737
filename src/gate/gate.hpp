// Gate: the running pass: a queue of submissions, the pipeline, the log, and the replies.
//
//   WEIR_ASSIGN(auto gate, Gate::open({.dir = "/var/lib/weir"}, system_clock()));
//   WEIR_TRY(gate->submit(std::move(submission)));        // queue_full when the queue is full
//   gate->control(ControlType::kRules, payload, [](const Result<ledger::Height>& at) { ... });
//   WEIR_TRY(gate->close());                              // finishes what was accepted
//
// One thread drives the pass, others help it when several batches are queued, and the log's thread
// acknowledges. submit() and control() may be called from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/histogram.hpp"
#include "gate/admission.hpp"
#include "gate/child_replies.hpp"
#include "gate/dictionary_mirror.hpp"
#include "gate/disk_guard.hpp"
#include "gate/label_book.hpp"
#include "gate/pass.hpp"
#include "gate/pipeline.hpp"
#include "gate/staged_snapshot.hpp"
#include "gate/stored_records.hpp"
#include "gate/submission.hpp"
#include "ledger/block_log.hpp"
#include "storage/data_dir.hpp"

namespace weir::gate {

struct GateOptions {
  std::string dir;  // data directory; empty: score only, nothing is logged
  PassOptions pass;
  AdmissionOptions admission;
  storage::SegmentLogOptions segments;
  std::uint64_t chain_id = 1;
  Digest config_hash{};  // of the configuration's text, for the genesis of a new log
  std::uint64_t queue_bytes = std::uint64_t{64} << 20;
  std::uint64_t free_bytes_min = 0;  // below this much free disk new events are refused
  bool trust_log = false;  // recovery takes the log's verdicts instead of computing them again
  unsigned threads = 2;
  unsigned batches_in_flight = 6;
  bool merge_submissions = true;  // false: a submission is a block (files: two runs are equal)
  // A snapshot is due after so many events (what 16,384 full blocks hold), or so much time if there
  // was a block. It counts events, because a block may hold one of them or 65,536.
  std::uint64_t snapshot_events = std::uint64_t{16'384} * 8'192;  // 0: only at close()
  std::int64_t snapshot_us = 600'000'000;
  // Without a directory: finds the record of a decided event that a label names, on the pass's
  // thread. Empty: labels are not taken, and no repeated event is told from another of its id.
  FindRecord find_record;
  // Called with every committed block, in order, on the log's thread; must be quick.
  std::function<void(const PassBatch&)> on_committed;
  // Runs a function that answers the submissions of one commit group or batch, on the log's or the
  // pass's thread: whoever hands replies on may gather them and wake their readers once. Empty: it
  // is simply called.
  std::function<void(const std::function<void()>& answer)> around_replies;
};

// Figures of a running gate. All thread-safe to read.
struct GateCounters {
  std::atomic<std::uint64_t> queued_events{0};
  std::atomic<std::uint64_t> queued_bytes{0};
  std::atomic<std::uint64_t> refused_full{0};
  std::atomic<std::uint64_t> refused_disk{0};
  std::atomic<std::uint64_t> committed_events{0};
  std::atomic<std::uint64_t> committed_seq{0};
  std::atomic<std::int64_t> commit_lag_ns{0};  // of the last block: admission to durable
  std::atomic<ledger::Height> sealed_height{0};
  std::atomic<std::uint64_t> snapshots{0};
  std::atomic<ledger::Height> snapshot_height{0};
  std::atomic<std::int64_t> snapshot_us{0};  // from the first piece of the newest to its last byte
  std::atomic<std::uint64_t> profiles{0};
  std::atomic<std::uint64_t> profile_bytes{0};
  std::atomic<std::uint64_t> edge_evictions{0};
};

struct RecoverySummary {
  ledger::RecoveryReport log;
  ledger::Height snapshot_height = 0;
  std::uint64_t replayed_events = 0;
  double seconds = 0;
};

class Gate final : private Stages {
 public:
  // Opens the data directory, recovers state from snapshot and log, and starts the pass. Errors:
  // data_dir_locked, data_loss (a damaged log, or one whose verdicts do not come out equal), and
  // those of the disk.
  static Result<std::unique_ptr<Gate>> open(GateOptions options, Clock& clock);
  ~Gate() override;

  // Takes a submission; `done` is called exactly once later. Errors, with `done` not called and
  // the submission untouched: resource_exhausted (queue_full, disk_low), unavailable (closing,
  // log_failed).
  Status submit(Submission&& submission);
  // Decides a submission without committing and without changing anything: `done` gets what the
  // reply would be now, at rest, with height 0. A forked child decides, on copies of what it
  // touches: the cost is that of a fork (milliseconds, by the size of the state). Errors as for
  // submit(); resource_exhausted (queue_full) while kChildrenMax are under way.
  Status shadow(Submission&& submission);
  using ControlDone = std::function<void(const Result<ledger::Height>&)>;
  // Queues a control record. `done` gets the height from whose first event on it holds, once that
  // block is durable, or why it was not applied (then nothing changed).
  void control(ledger::ControlType type, std::vector<std::uint8_t> payload, ControlDone done);
  // Queues labels of events that the log holds, as one control record; `done` as for control(),
  // with not_found (event_unknown) if the log holds none of the events. `author` is kept with them.
  void label(std::vector<LabelInput> labels, std::string author, ControlDone done);
  // Runs a function on the pass's thread while nothing is in flight: for consistent reads.
  // unavailable, and it is not run, once the gate is closed; what was taken always runs.
  Status at_rest(std::function<void()> run);

  // Stops taking submissions, finishes the accepted ones, writes a snapshot. Returns the log's
  // failure, if any.
  Status close();
  // Waits until everything submitted so far has been answered.
  void drain();

  const Pass& pass() const { return *pass_; }
  Pass& pass() { return *pass_; }
  const Admission& admission() const { return *admission_; }
  // Returns the last committed producer_seq of a producer of frames, 0 if there is none.
  // Thread-safe.
  std::uint64_t committed_frame(std::uint64_t producer_id) const {
    return admission_->producers().committed(producer_id);
  }
  // The last label of each event; only inside at_rest().
  const LabelBook& labels() const { return labels_; }
  const ledger::BlockLog* log() const { return log_.get(); }
  const GateCounters& counters() const { return counters_; }
  const StageTimes& stage_times() const { return stage_times_; }
  const RecoverySummary& recovery() const { return recovery_; }
  const GateOptions& options() const { return options_; }
  // Returns ok, or why the gate takes no submissions.
  Status health() const;
  // Returns ok, or why the disk takes no new events (disk_low).
  Status disk();
  // Returns the versions in force. Thread-safe.
  Versions versions() const;
  // Limits that may change while the gate runs. Thread-safe.
  void set_limits(std::uint64_t queue_bytes, std::uint64_t free_bytes_min);
  // Drops bodies of old blocks while the log takes more than `bytes_max` on disk, as far as neither
  // recovery nor repeated events need them; 0: never. Returns the first height whose body is kept.
  // One thread at a time.
  Result<ledger::Height> retain(std::uint64_t bytes_max);
  std::uint64_t queue_bytes() const { return queue_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Control {
    ledger::ControlType type;
    std::vector<std::uint8_t> payload;
    std::vector<LabelInput> labels;  // of type label: the payload is made of them
    std::string author;
    ControlDone done;
  };
  // A control that is in a block which is not durable yet.
  struct Awaiting {
    ledger::Height height;
    ControlDone done;
  };

  Gate(GateOptions options, Clock& clock);
  Status recover();
  Status load_snapshot();
  void run();
  bool wait_for_work();
  void work_at_rest();
  void apply_controls();
  void enqueue(Control control);
  // Answers what is still waiting when the pass's thread ends.
  void finish_waiting();
  void fit();
  bool needs_rest();
  bool snapshot_due() const;
  void note_snapshot(const Result<ledger::Height>& written);
  // Begins a snapshot that is due; looks whether one has ended.
  void tend_snapshot();
  void finish_snapshot();
  // Writes a whole one with nothing in flight, for good.
  void write_last_snapshot();

  void fork_shadow(Submission& submission);
  void decide_in_child(Submission&& submission, int pipe);

  PassBatch* admit() override;
  void touch(PassBatch& batch) override;
  void score(PassBatch& batch) override { pass_->score(batch); }
  void decide(PassBatch& batch) override;
  void hash(PassBatch& batch) override;
  void seal(PassBatch& batch) override;
  bool load_waits() override;

  PassBatch* take_batch();
  void recycle(PassBatch& batch);
  void fill(PassBatch& batch);
  // Turns labels into a record that names the parties, so that replay need not look events up;
  // empty if the log holds none of the events. Rules are named for events of blocks up to
  // `hits_to`: two runs of one file must not depend on how far the disk has come.
  std::vector<std::uint8_t> label_payload(std::vector<LabelInput> labels, std::string author,
                                          ledger::Height hits_to);
  bool find_record(std::uint64_t seq, wire::Event& record);
  void committed(PassBatch& batch, const Status& status);
  void seal_repeats(PassBatch& batch);
  void answer_decided(const PassBatch& batch);
  void answer_part(const ReplyPart& part, const PassBatch& batch, Ack reached);
  void answer_repeats(std::vector<RepeatedRow>& repeats, const PassBatch* batch, Ack reached);
  void fail(const Status& status);

  GateOptions options_;
  Clock& clock_;
  std::unique_ptr<storage::DataDir> dir_;
  std::unique_ptr<ledger::BlockLog> log_;
  std::unique_ptr<DiskGuard> disk_;
  std::atomic<std::uint64_t> queue_bytes_;
  std::unique_ptr<Pass> pass_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<DictionaryMirror> mirror_;  // of the pass's dictionary; null without a log
  RecoverySummary recovery_;

  mutable std::mutex mutex_;  // guards the queues and flags below
  std::condition_variable work_;
  std::condition_variable idle_;
  std::deque<std::shared_ptr<PendingReply>> queue_;
  std::vector<Control> controls_;
  std::vector<std::function<void()>> rests_;
  bool closing_ = false;
  bool ended_ = false;  // the pass's thread takes nothing more
  Versions versions_;
  Status failure_;

  // The pass's thread.
  std::shared_ptr<PendingReply> current_;
  ledger::ControlWriter next_controls_;
  std::vector<Awaiting> next_awaiting_;
  ledger::Height next_height_ = 1;
  ledger::Height snapshot_height_ = 0;
  std::int64_t snapshot_wall_us_ = 0;
  std::uint64_t snapshot_seq_ = 0;          // the next seq when the last one was begun
  std::unique_ptr<StagedSnapshot> staged_;  // null without a log
  std::unique_ptr<StoredRecords> records_;
  LabelBook labels_;

  std::mutex flight_mutex_;  // guards the batches and what waits for them
  std::condition_variable batch_free_;
  std::vector<std::unique_ptr<PassBatch>> batches_;
  std::vector<PassBatch*> free_;
  std::deque<PassBatch*> in_flight_;
  std::vector<Awaiting> awaiting_;
  std::vector<RepeatedRow> late_repeats_;  // of batches without a block, until the log is quiet
  std::unique_ptr<StoredRecords> repeat_records_;

  std::atomic<std::uint64_t> open_submissions_{0};
  GateCounters counters_;
  StageTimes stage_times_;
  std::unique_ptr<Pipeline> pipeline_;
  ChildReplies children_;
  std::thread thread_;
};

}  // namespace weir::gate
