// ReplayJobs: a short table of replays, run one after the other on a thread of their own.
//
//   WEIR_ASSIGN(const std::string id, jobs.start({.author = "ana", .from = 1, .to = 9}, work));
//   WEIR_ASSIGN(const std::string json, jobs.show(id));   // {"id":"r-1","state":"running",...}
//
// The table lives with the process: what a replay found is not kept.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"

namespace weir::main {

struct ReplayRange {
  std::string author;
  std::uint64_t from = 1;  // heights, inclusive
  std::uint64_t to = 0;
};

// What the work reports while it runs. Thread-safe.
struct ReplayProgress {
  std::atomic<std::uint64_t> blocks{0};
  std::atomic<std::uint64_t> blocks_total{0};
  std::atomic<bool> cancelled{false};
};

struct ReplayOutcome {
  std::string result;   // a JSON object
  std::string changes;  // a JSON array of verdicts that came out differently
};

// Thread-safe.
class ReplayJobs {
 public:
  using Work = std::function<Result<ReplayOutcome>(ReplayProgress&)>;

  ReplayJobs() = default;
  ~ReplayJobs() { close(); }

  // Queues a job and returns its id. resource_exhausted (replays_full) if eight wait already.
  Result<std::string> start(ReplayRange range, Work work);
  // Returns state, progress and result as a JSON object. not_found (replay_unknown).
  Result<std::string> show(const std::string& id) const;
  // Returns {"items":[...]}; failed_precondition (replay_running) before it has finished.
  Result<std::string> changes(const std::string& id) const;
  // Stops a job that waits or runs; one that has finished stays as it is.
  Status cancel(const std::string& id);
  // Cancels everything and waits for the thread. Nothing can be started afterwards.
  void close();

 private:
  enum class State : std::uint8_t { kQueued, kRunning, kDone, kFailed, kCancelled };
  struct Job {
    std::string id;
    ReplayRange range;
    Work work;
    ReplayProgress progress;
    State state = State::kQueued;
    ReplayOutcome outcome;
    Status status;
  };
  std::shared_ptr<Job> find(const std::string& id) const;
  void run();
  static std::string_view state_name(State state);

  mutable std::mutex mutex_;  // guards all but the progress of a job
  std::condition_variable work_;
  std::deque<std::shared_ptr<Job>> jobs_;  // oldest first
  std::uint64_t started_ = 0;
  bool closing_ = false;
  std::thread thread_;  // since the first job
};

}  // namespace weir::main
