#include "model/numeric/pipeline.hpp"

#include <algorithm>

#include "model/numeric/levels.hpp"
#include "model/numeric/predict.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kMatrixValues = std::size_t{64} * 64;
constexpr std::size_t kVectorValues = 1024;
constexpr std::size_t kBatchValues = std::size_t{32} * 1024;
constexpr std::size_t kWindowMin = 5;
constexpr std::size_t kWindowMax = 65'536;

Status check_spec(const WindowSpec& spec) {
  if (spec.size < kWindowMin || spec.size > kWindowMax) {
    return invalid_argument("window_size", "windows of " + std::to_string(spec.size) +
                                               " values; 5 to 65536 are possible");
  }
  if (spec.stride == 0) return invalid_argument("window_stride", "a stride of 0 values");
  return Status::ok();
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
  WEIR_TRY(check_spec(spec));
  FeatureMatrix made{.windows = window_count(series.size(), spec), .values = {}};
  WEIR_ASSIGN(made.values, arena_.take<double>(made.windows * kWindowFeatures));
  WEIR_TRY(extract_features(series, spec, made.values.span()));
  return made;
}

Status Pipeline::extract_features(std::span<const double> series, const WindowSpec& spec,
                                  std::span<double> out) {
  WEIR_TRY(check_spec(spec));
  const std::size_t windows = window_count(series.size(), spec);
  if (out.size() != windows * kWindowFeatures) {
    return invalid_argument("output_shape", "room for " + std::to_string(out.size()) + " values; " +
                                                std::to_string(windows) +
                                                " windows of 10 features come");
  }
  WEIR_TRY(pooled_window_features(series, spec, *vectors_, *batches_, out));
  windows_.fetch_add(windows, std::memory_order_relaxed);
  return Status::ok();
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
