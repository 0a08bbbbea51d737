#include "model/numeric/pipeline.hpp"

#include <algorithm>

#include "model/numeric/predict.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kMatrixValues = std::size_t{64} * 64;
constexpr std::size_t kVectorValues = 1024;
constexpr std::size_t kBatchValues = std::size_t{32} * 1024;
constexpr std::size_t kWorkspacesMax = 16;

ops::WindowFeatures::Args window_args(std::span<const double> series, const WindowSpec& spec) {
  return {.series = series, .size = spec.size, .stride = spec.stride};
}

}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::create(const PipelineConfig& config,
                                                   ops::Context& context) {
  std::unique_ptr<Pipeline> made(new Pipeline(config, context));
  const auto pool = [&](const char* name, std::size_t values, std::size_t blocks) {
    return Pool::create(
        {.name = name, .block_values = values, .blocks = blocks, .strict = config.strict});
  };
  WEIR_ASSIGN(made->matrices_, pool("matrix", kMatrixValues, config.matrices));
  WEIR_ASSIGN(made->vectors_, pool("vector", kVectorValues, config.vectors));
  WEIR_ASSIGN(made->batches_, pool("batch", kBatchValues, config.batches));
  return made;
}

Result<FeatureMatrix> Pipeline::extract_features(std::span<const double> series,
                                                 const WindowSpec& spec) {
  WEIR_TRY(ops::WindowFeatures::check(window_args(series, spec)));
  FeatureMatrix made{.windows = window_count(series.size(), spec), .values = {}};
  WEIR_ASSIGN(made.values, arena_.take<double>(made.windows * kWindowFeatures));
  WEIR_TRY(extract_features(series, spec, made.values.span()));
  return made;
}

Status Pipeline::extract_features(std::span<const double> series, const WindowSpec& spec,
                                  std::span<double> out) {
  Workspace workspace = take_workspace(spec);
  ops::WindowFeatures::Args args = window_args(series, spec);
  args.workspace = workspace.memory.get();
  WEIR_TRY(ops::WindowFeatures::check(args));
  const std::size_t windows = window_count(series.size(), spec);
  if (out.size() != windows * kWindowFeatures) {
    return invalid_argument("output_shape", "room for " + std::to_string(out.size()) + " values; " +
                                                std::to_string(windows) +
                                                " windows of 10 features come");
  }
  ops::WindowFeatures::Output made{out};
  const bool choice = placement_ == ops::Placement::kAuto ? context_.device() != nullptr
                                                          : placement_ == ops::Placement::kGpu;
  if (choice) {
    WEIR_TRY(ops::execute<ops::WindowFeatures>(context_, args, made, {.placement = placement_}));
  } else {  // without one there is nothing to report, and nothing to allocate
    ops::CpuRun run{context_.workers()};
    WEIR_TRY(ops::WindowFeatures::cpu(run, args, made));
  }
  give_back(std::move(workspace));
  windows_.fetch_add(windows, std::memory_order_relaxed);
  return Status::ok();
}

Pipeline::Workspace Pipeline::take_workspace(const WindowSpec& spec) {
  const std::lock_guard lock(workspaces_mutex_);
  const auto found =
      std::find_if(workspaces_.begin(), workspaces_.end(), [&](const Workspace& idle) {
        return idle.spec.size == spec.size && idle.spec.stride == spec.stride;
      });
  if (found == workspaces_.end()) return {spec, std::make_unique<ops::WindowWorkspace>()};
  Workspace taken = std::move(*found);
  workspaces_.erase(found);
  return taken;
}

void Pipeline::give_back(Workspace workspace) {
  const std::lock_guard lock(workspaces_mutex_);
  if (workspaces_.size() == kWorkspacesMax) workspaces_.erase(workspaces_.begin());
  workspaces_.push_back(std::move(workspace));
}

Result<LinearModel> Pipeline::train(MatrixSource& x, std::span<const double> y,
                                    const TrainOptions& options) {
  auto model = train_linear(x, y, options, context_.workers());
  if (model) {
    trainings_.fetch_add(1, std::memory_order_relaxed);
    rows_trained_.fetch_add(model->rows, std::memory_order_relaxed);
  }
  return model;
}

Status Pipeline::predict(const LinearModel& model, const ops::MatrixView<double>& x,
                         std::span<double> out) const noexcept {
  if (x.cols != model.width() || out.size() != x.rows) {
    return invalid_argument("predict_shape",
                            "x is " + std::to_string(x.rows) + " x " + std::to_string(x.cols) +
                                ", the model has " + std::to_string(model.width()) +
                                " columns, the output room for " + std::to_string(out.size()));
  }
  predict_rows(model.weight, model.bias, x, out);
  predictions_.fetch_add(x.rows, std::memory_order_relaxed);
  return Status::ok();
}

PipelineMetrics Pipeline::metrics() const {
  return {.windows = windows_.load(std::memory_order_relaxed),
          .predictions = predictions_.load(std::memory_order_relaxed),
          .trainings = trainings_.load(std::memory_order_relaxed),
          .rows_trained = rows_trained_.load(std::memory_order_relaxed),
          .matrices = matrices_->stats(),
          .vectors = vectors_->stats(),
          .batches = batches_->stats(),
          .arena = arena_.stats(),
          .arena_generation = arena_.generation()};
}

}  // namespace weir::model
