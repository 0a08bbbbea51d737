// Pipeline: drives batches through the stages of the pass, several at a time, each stage in order.
//
//   StageTimes times;
//   Pipeline pipeline(stages, {.threads = 2, .batches_in_flight = 6}, times);
//   pipeline.run();       // returns when admit() has nothing more and every batch is sealed
//   pipeline.wake();      // any thread, during run(): there is a batch's worth to admit
//
// Serial stages see the batches one by one in order; the parallel ones (score, hash) may run on
// several batches at once. The thread that calls run() works itself; the others sleep until there
// is more to do than the awake ones have begun, so a single decision wakes nobody. Of the batches
// that may go on the oldest goes first, and a new one is admitted only where none may.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

namespace weir::gate {

struct PassBatch;

enum class Stage : std::uint8_t { kAdmit, kTouch, kScore, kDecide, kHash, kSeal };
inline constexpr unsigned kStages = 6;
std::string_view stage_name(Stage stage);

class Stages {
 public:
  virtual ~Stages() = default;
  virtual PassBatch* admit() = 0;             // serial; nullptr: nothing to do now
  virtual void touch(PassBatch& batch) = 0;   // serial
  virtual void score(PassBatch& batch) = 0;   // parallel
  virtual void decide(PassBatch& batch) = 0;  // serial
  virtual void hash(PassBatch& batch) = 0;    // parallel
  virtual void seal(PassBatch& batch) = 0;    // serial; gives the batch back
  // Returns whether enough waits to be admitted that another thread should be woken for it.
  virtual bool load_waits() = 0;
};

// Processor time of each stage, in nanoseconds. Thread-safe.
struct StageTimes {
  std::array<std::atomic<std::int64_t>, kStages> ns{};
};

struct PipelineOptions {
  unsigned threads = 1;
  unsigned batches_in_flight = 6;
};

class Pipeline {
 public:
  // Starts threads - 1 threads that sleep; `stages` and `times` outlive the pipeline.
  Pipeline(Stages& stages, const PipelineOptions& options, StageTimes& times);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Runs until admit() has returned nullptr and every batch admitted has been sealed. One caller at
  // a time.
  void run();
  // Tells that admit() may have something after it had not, and wakes a thread for it. Costs two
  // atomic operations where nobody sleeps. Thread-safe.
  void wake();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::gate
