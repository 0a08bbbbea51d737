// The examples of Pipeline::validate(): small inputs whose results were worked out elsewhere.
#include <cmath>
#include <cstdio>
#include <cstring>

#include "model/numeric/pipeline.hpp"
#include "model/numeric/predict.hpp"

namespace weir::model {
namespace {

class Checks {
 public:
  explicit Checks(ValidationReport& report) : report_(report) {}
  void near(const char* name, double got, double expected, double tolerance) {
    char text[96] = "";
    const bool passed = std::fabs(got - expected) <= tolerance;
    if (!passed) std::snprintf(text, sizeof(text), "expected %.15g, came %.15g", expected, got);
    report_.checks.push_back({name, passed, text});
  }
  void holds(const char* name, bool passed, std::string detail) {
    report_.checks.push_back({name, passed, passed ? std::string() : std::move(detail)});
  }

 private:
  ValidationReport& report_;
};

constexpr double kRows[] = {1, 2, 0, 2, 1, 1, 3, 4, 0, 4, 3, 1, 5, 6, 0, 6, 5, 2};
constexpr double kTargets[] = {1, 2, 3, 5, 4, 7};

void check_features(Pipeline& pipeline, Checks& checks) {
  constexpr double kSeries[] = {1, 2, 3, 4, 5, 6, 7, 9};
  constexpr double kExpected[] = {4.625,
                                  6.234375,
                                  .237138714152412,
                                  1,
                                  9,
                                  4.625,
                                  1.35931298132055,
                                  .800390529679106,
                                  .658421004231679,
                                  .625};
  double got[kWindowFeatures] = {};
  const Status status = pipeline.extract_features(kSeries, {.size = 8, .stride = 4}, got);
  checks.holds("features", status.is_ok(), status.is_ok() ? "" : status.to_string());
  if (!status.is_ok()) return;
  for (std::size_t i = 0; i < kWindowFeatures; ++i) {
    const std::string name = "features." + std::string(kWindowFeatureNames[i]);
    checks.near(name.c_str(), got[i], kExpected[i], 1e-13);
  }
}

void check_training(Pipeline& pipeline, Checks& checks) {
  struct Example {
    const char* name;
    TrainOptions options;
    double bias;
    double said;
  };
  const Example examples[] = {
      {"train.energy", {}, -.0084692976, 3.46897643432},
      {"train.components", {.components = 1}, .0826642571, 3.18487672456},
      {"train.ridge", {.components = 3, .lambda = .5}, .0509428652, 3.4582043344},
  };
  for (const Example& example : examples) {
    MemorySource source(ops::MatrixView<double>(kRows, 6, 3));
    const auto model = pipeline.train(source, kTargets, example.options);
    checks.holds(example.name, bool(model), model ? "" : model.error().to_string());
    if (!model) continue;
    const std::string name = example.name;
    checks.near((name + ".bias").c_str(), model->bias, example.bias, 1e-10);
    constexpr double kRow[] = {3, 3, 1};
    double said = 0;
    const Status status = pipeline.predict(*model, {kRow, 1, 3}, {&said, 1});
    checks.holds((name + ".predict").c_str(), status.is_ok(), "predict failed");
    checks.near((name + ".said").c_str(), said, example.said, 1e-10);
  }
}

void check_bits(Checks& checks) {
  std::vector<double> values(101 * 11);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<double>(i * 2'654'435'761 % 4096) / 64 - 31;
  }
  const std::span<const double> weight(values.data(), 101);
  double fast[10];
  double plain[10];
  predict_rows(weight, 0.5, {values.data() + 101, 10, 101}, fast);
  predict_rows_reference(weight, 0.5, {values.data() + 101, 10, 101}, plain);
  checks.holds("predict.bits", std::memcmp(fast, plain, sizeof(fast)) == 0,
               "the vector form's bits differ from the plain form's");
}

}  // namespace

bool ValidationReport::passed() const {
  for (const Check& check : checks) {
    if (!check.passed) return false;
  }
  return !checks.empty();
}

ValidationReport Pipeline::validate() {
  ValidationReport report;
  Checks checks(report);
  check_features(*this, checks);
  check_training(*this, checks);
  check_bits(checks);
  return report;
}

}  // namespace weir::model
