// LogReplay: drives a pass with what a log holds, and compares. Recovery uses it to bring the
// state up to date, `weir replay` to prove that the log's verdicts are what the pass computes.
//
//   LogReplay replay(log, pass, &admission);
//   WEIR_ASSIGN(const ReplayReport report, replay.run(1, log.durable_height(), {.threads = 2}));
//   if (report.difference) ...
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gate/admission.hpp"
#include "gate/label_book.hpp"
#include "gate/pass.hpp"
#include "gate/pipeline.hpp"
#include "ledger/block_log.hpp"

namespace weir::gate {

// The first thing that came out differently.
struct ReplayDifference {
  ledger::Height height = 0;
  std::uint64_t seq = 0;  // 0: the block's hash, not a verdict
  wire::VerdictCore logged{};
  wire::VerdictCore computed{};
  std::array<float, profile::kFeatures> features{};  // computed
  std::string what;                                  // "verdict", "block_hash", ...
};

struct ReplayReport {
  std::uint64_t blocks = 0;
  std::uint64_t events = 0;
  double seconds = 0;
  std::optional<ReplayDifference> difference;
};

// Fills a batch with what admission made of it once; derived records are computed again.
void load_batch(const ledger::BlockView& view, PassBatch& batch);

class LogReplay final : private Stages {
 public:
  // The pass must be in the state before the first block replayed. `admission` and `labels` may be
  // null; else they learn ids, names and labels too. Everything must outlive this object.
  LogReplay(const ledger::BlockLog& log, Pass& pass, Admission* admission, LabelBook* labels);

  // Takes the log's verdicts for right: detectors are not asked and blocks not made again; only
  // what the ledger executes is compared.
  void trust_log() { trust_ = true; }
  // Calls `see` for every block replayed, in order, while its batch holds all that the stages made.
  void observe(std::function<void(const PassBatch&)> see) { see_ = std::move(see); }

  // Replays blocks [from, to]; stops after the first difference. Errors: those of reading the log,
  // and control records that do not apply.
  Result<ReplayReport> run(ledger::Height from, ledger::Height to, const PipelineOptions& options);

 private:
  PassBatch* admit() override;
  void touch(PassBatch& batch) override { pass_.touch(batch); }
  void score(PassBatch& batch) override {
    trust_ ? pass_.score_to_follow(batch) : pass_.score(batch);
  }
  void decide(PassBatch& batch) override;
  void hash(PassBatch& batch) override {
    if (!trust_) pass_.hash(batch);
  }
  void seal(PassBatch& batch) override;
  bool load_waits() override { return !stop_ && next_ <= to_; }
  bool read_next();
  void note_fits(const PassBatch& batch);
  void note_labels(const PassBatch& batch);
  void compare(PassBatch& batch);

  struct Slot : PassBatch {
    ledger::Block logged;
    Status followed;  // of a log that is trusted
  };
  const ledger::BlockLog& log_;
  Pass& pass_;
  Admission* admission_;
  LabelBook* labels_;
  std::function<void(const PassBatch&)> see_;
  bool trust_ = false;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
  std::mutex mutex_;         // guards free_
  Slot* waiting_ = nullptr;  // read, but its controls need rest
  ledger::Height next_ = 0;
  ledger::Height to_ = 0;
  Status status_;
  Status followed_;  // the first failure of the batches sealed
  std::atomic<bool> stop_{false};
  ReplayReport report_;
};

}  // namespace weir::gate
