// Pipeline: drives batches through the stages of the pass, several at a time, each stage in order.
//
//   StageTimes times;
//   run_pipeline(stages, {.threads = 2, .batches_in_flight = 6}, times);
//   // returns when admit() gives nullptr
//
// Serial stages see the batches one by one in order; the parallel ones (score, hash) may run on
// several batches at once. With one thread the stages run in a plain loop.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
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
};

// Processor time of each stage, in nanoseconds. Thread-safe.
struct StageTimes {
  std::array<std::atomic<std::int64_t>, kStages> ns{};
};

struct PipelineOptions {
  unsigned threads = 1;
  unsigned batches_in_flight = 6;
};

// Runs until admit() returns nullptr and every batch admitted has been sealed.
void run_pipeline(Stages& stages, const PipelineOptions& options, StageTimes& times);

}  // namespace weir::gate
