#include "gate/pipeline.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include "base/clock.hpp"

namespace weir::gate {
namespace {

// Adds the time from construction to destruction to one stage.
class Timed {
 public:
  Timed(StageTimes& times, Stage stage)
      : total_(times.ns[static_cast<std::size_t>(stage)]), started_(system_clock().mono_ns()) {}
  ~Timed() { total_.fetch_add(system_clock().mono_ns() - started_, std::memory_order_relaxed); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  std::atomic<std::int64_t>& total_;
  std::int64_t started_;
};

void run_in_a_loop(Stages& stages, StageTimes& times) {
  while (true) {
    PassBatch* batch = nullptr;
    {
      const Timed timed(times, Stage::kAdmit);
      batch = stages.admit();
    }
    if (batch == nullptr) return;
    {
      const Timed timed(times, Stage::kTouch);
      stages.touch(*batch);
    }
    {
      const Timed timed(times, Stage::kScore);
      stages.score(*batch);
    }
    {
      const Timed timed(times, Stage::kDecide);
      stages.decide(*batch);
    }
    {
      const Timed timed(times, Stage::kHash);
      stages.hash(*batch);
    }
    const Timed timed(times, Stage::kSeal);
    stages.seal(*batch);
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
