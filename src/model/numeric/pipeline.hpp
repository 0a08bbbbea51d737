// Pipeline: features of a series, a model of rows, predictions, with the memory for them.
//
//   ops::Context context(ops::Workers(2), system_clock());
//   WEIR_ASSIGN(const auto pipeline, Pipeline::create({}, context));
//   WEIR_ASSIGN(const FeatureMatrix f, pipeline->extract_features(series, {.size = 64}));
//   MemorySource rows(f.view());
//   WEIR_ASSIGN(const LinearModel model, pipeline->train(rows, y, {}));
//   WEIR_TRY(pipeline->predict(model, f.view(), out));
//   pipeline->reset();                               // f is stale from here
//
// Pools and arena are reserved at once and committed as they are used. After one call of a shape,
// extract_features and predict allocate nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/numeric/arena.hpp"
#include "model/numeric/linear_model.hpp"
#include "model/numeric/matrix_source.hpp"
#include "model/numeric/pool.hpp"
#include "model/numeric/train.hpp"
#include "model/numeric/window_spec.hpp"
#include "ops/context.hpp"
#include "ops/execute.hpp"
#include "ops/stats/window_features/window_features.hpp"

namespace weir::model {

struct PipelineConfig {
  std::size_t matrices = 1000;   // blocks of 64 x 64
  std::size_t vectors = 10'000;  // of 1,024
  std::size_t batches = 100;     // of 32 x 1,024
  std::size_t arena_chunk_bytes = Arena::kChunkBytes;
  bool strict = false;  // an empty pool refuses instead of taking from the heap
  // Where features are computed: by default on a device where that pays.
  ops::Placement placement = ops::Placement::kAuto;
};

// [windows, 10] row-major in the pipeline's arena; stale after its reset.
struct FeatureMatrix {
  std::size_t windows = 0;
  ArenaView<double> values;

  ops::MatrixView<double> view() const { return {values.span().data(), windows, kWindowFeatures}; }
};

struct PipelineMetrics {
  std::uint64_t windows = 0;      // extracted
  std::uint64_t predictions = 0;  // rows
  std::uint64_t trainings = 0;
  std::uint64_t rows_trained = 0;
  PoolStats matrices;
  PoolStats vectors;
  PoolStats batches;
  ArenaStats arena;
  std::uint64_t arena_generation = 0;
};

// What validate() found.
struct ValidationReport {
  struct Check {
    std::string name;
    bool passed = false;
    std::string detail;  // what was expected and what came; empty if it passed
  };
  std::vector<Check> checks;
  bool passed() const;
};

// Thread-safe, but for reset().
class Pipeline {
 public:
  // `context` says where ops run and must outlive the pipeline. Errors: those of the pools.
  static Result<std::unique_ptr<Pipeline>> create(const PipelineConfig& config,
                                                  ops::Context& context);

  // Returns ten features of every window, computed where the context says. Errors: invalid_argument
  // for a window out of range, resource_exhausted if there is no memory for the result.
  Result<FeatureMatrix> extract_features(std::span<const double> series, const WindowSpec& spec);
  // The same into [windows, 10] of the caller's.
  Status extract_features(std::span<const double> series, const WindowSpec& spec,
                          std::span<double> out);

  // See train_linear.
  Result<LinearModel> train(MatrixSource& x, std::span<const double> y,
                            const TrainOptions& options);

  // Writes one value a row, on the calling thread. invalid_argument if x has other columns than the
  // model, or `out` another length.
  Status predict(const LinearModel& model, const ops::MatrixView<double>& x,
                 std::span<double> out) const noexcept;

  // Memory for the caller's own rows.
  Pool& matrices() { return *matrices_; }
  Pool& vectors() { return *vectors_; }
  Pool& batches() { return *batches_; }
  Arena& arena() { return arena_; }

  PipelineMetrics metrics() const;
  // Runs examples with known results through every step.
  ValidationReport validate();
  // Takes the arena back: feature matrices of before are stale. Counts go on.
  void reset() { arena_.reset(); }

 private:
  // What the feature op keeps between calls of one shape.
  struct Workspace {
    WindowSpec spec;
    std::unique_ptr<ops::WindowWorkspace> memory;
  };
  Pipeline(const PipelineConfig& config, ops::Context& context)
      : context_(context), placement_(config.placement), arena_(config.arena_chunk_bytes) {}
  Workspace take_workspace(const WindowSpec& spec);
  void give_back(Workspace workspace);

  ops::Context& context_;
  const ops::Placement placement_;
  std::unique_ptr<Pool> matrices_;
  std::unique_ptr<Pool> vectors_;
  std::unique_ptr<Pool> batches_;
  Arena arena_;
  std::mutex workspaces_mutex_;
  std::vector<Workspace> workspaces_;  // those not in use
  std::atomic<std::uint64_t> windows_{0};
  mutable std::atomic<std::uint64_t> predictions_{0};
  std::atomic<std::uint64_t> trainings_{0};
  std::atomic<std::uint64_t> rows_trained_{0};
};

}  // namespace weir::model
