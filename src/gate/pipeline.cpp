#include "gate/pipeline.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include "base/clock.hpp"

namespace weir::gate {
namespace {

// Adds the processor time from construction to destruction to one stage.
class Timed {
 public:
  Timed(StageTimes& times, Stage stage)
      : total_(times.ns[static_cast<std::size_t>(stage)]), started_(thread_cpu_ns()) {}
  ~Timed() { total_.fetch_add(thread_cpu_ns() - started_, std::memory_order_relaxed); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  std::atomic<std::int64_t>& total_;
  std::int64_t started_;
};

void run_in_a_loop(Stages& stages, StageTimes& times) {
  std::int64_t started_ns = thread_cpu_ns();
  const auto ended = [&](Stage stage) {
    const std::int64_t now_ns = thread_cpu_ns();
    times.ns[static_cast<std::size_t>(stage)].fetch_add(now_ns - started_ns,
                                                        std::memory_order_relaxed);
    started_ns = now_ns;
  };
  while (true) {
    PassBatch* batch = stages.admit();
    ended(Stage::kAdmit);
    if (batch == nullptr) return;
    stages.touch(*batch);
    ended(Stage::kTouch);
    stages.score(*batch);
    ended(Stage::kScore);
    stages.decide(*batch);
    ended(Stage::kDecide);
    stages.hash(*batch);
    ended(Stage::kHash);
    stages.seal(*batch);
    ended(Stage::kSeal);
  }
}

}  // namespace

std::string_view stage_name(Stage stage) {
  constexpr std::array<std::string_view, kStages> kNames = {"admit",  "touch", "score",
                                                            "decide", "hash",  "seal"};
  return kNames[static_cast<std::size_t>(stage)];
}

void run_pipeline(Stages& stages, const PipelineOptions& options, StageTimes& times) {
  if (options.threads <= 1) return run_in_a_loop(stages, times);
  using tbb::filter_mode;
  using tbb::make_filter;
  const auto step = [&stages, &times](Stage stage, void (Stages::*run)(PassBatch&)) {
    return [&stages, &times, stage, run](PassBatch* batch) {
      const Timed timed(times, stage);
      (stages.*run)(*batch);
      return batch;
    };
  };
  const auto admit = [&stages, &times](tbb::flow_control& control) -> PassBatch* {
    const Timed timed(times, Stage::kAdmit);
    PassBatch* batch = stages.admit();
    if (batch == nullptr) control.stop();
    return batch;
  };
  const auto seal = [&stages, &times](PassBatch* batch) {
    const Timed timed(times, Stage::kSeal);
    stages.seal(*batch);
  };
  constexpr auto kSerial = filter_mode::serial_in_order;
  constexpr auto kParallel = filter_mode::parallel;
  const auto chain =
      make_filter<void, PassBatch*>(kSerial, admit) &
      make_filter<PassBatch*, PassBatch*>(kSerial, step(Stage::kTouch, &Stages::touch)) &
      make_filter<PassBatch*, PassBatch*>(kParallel, step(Stage::kScore, &Stages::score)) &
      make_filter<PassBatch*, PassBatch*>(kSerial, step(Stage::kDecide, &Stages::decide)) &
      make_filter<PassBatch*, PassBatch*>(kParallel, step(Stage::kHash, &Stages::hash)) &
      make_filter<PassBatch*, void>(kSerial, seal);
  // More threads than cores are allowed when asked for: tests of determinism do.
  const tbb::global_control workers(tbb::global_control::max_allowed_parallelism, options.threads);
  tbb::task_arena arena(static_cast<int>(options.threads));
  arena.execute([&] { tbb::parallel_pipeline(options.batches_in_flight, chain); });
}

}  // namespace weir::gate
