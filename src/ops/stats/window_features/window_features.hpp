// stats.window_features: ten features of every window of a series.
//
//   std::vector<double> features(10 * WindowFeatures::windows(series.size(), 64, 1));
//   WindowFeatures::Output out{features};
//   WEIR_TRY(WindowFeatures::cpu(run, {.series = series, .size = 64, .stride = 1}, out));
//
//   WindowWorkspace workspace;              // kept between calls: no allocation from the second on
//   WEIR_TRY(WindowFeatures::cpu(run, {series, 64, 1, &workspace}, out));
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "ops/cpu_run.hpp"
#include "ops/device_run.hpp"
#include "ops/op.hpp"
#include "ops/stats/window_features/window_plan.hpp"

namespace weir::ops {

// What calls of one size and stride can share: the plan and each worker's scratch. Belongs to one
// call at a time.
class WindowWorkspace {
 public:
  // Returns the plan, made anew if it was of another size or stride.
  const WindowPlan& plan(std::size_t size, std::size_t stride);
  // Makes room for `slots` pieces of scratch of so many doubles.
  void reserve(std::size_t slots, std::size_t slot_values);
  double* slot(std::size_t i) { return slots_[i].data(); }

 private:
  std::unique_ptr<WindowPlan> plan_;
  std::vector<AlignedBuffer<double>> slots_;
};

// Class fixed (window_plan.hpp says in which order). Window i is values [i stride, i stride +
// size); every window that lies wholly within the series has a row, [windows, 10] row-major: mean,
// variance (/ size), skewness (0 where the variance is), min, max, |X_k| / size for k = 0..4, X_k =
// sum x_t exp(-2 pi i k t / size). A NaN or an infinity makes the ten values of its windows NaN,
// and no others. Error: <= 1e-12 max|x| of the window for |x| <= 1e300; variance 1e-12 max|x|^2
// for |x| <= 1e150 (it may be infinite beyond), skewness 1e-9 for values no further apart than
// 1e100 with a standard deviation of 1e-100 or more (it is NaN beyond, 0 or inexact below). Bits
// depend on the window's place in the series and on the stride, never on threads or chunks. Errors:
// invalid_argument for a size out of 5..65,536, stride 0, an output of another size. Cost: about 40
// operations a value and 100 a window, whatever the size, while the stride is below a quarter of
// it; else 30 a value of each window.
struct WindowFeatures {
  static constexpr OpInfo kInfo{.name = "stats.window_features",
                                .version = 1,
                                .numeric = NumericClass::kFixed,
                                .quantum_rows = 1024,
                                .summary = "ten features of every window of a series"};
  struct Args {
    std::span<const double> series;
    std::size_t size = 64;
    std::size_t stride = 1;
    WindowWorkspace* workspace = nullptr;  // null: one of the call's own
  };
  struct Output {
    std::span<double> features;
  };

  static constexpr std::size_t windows(std::size_t values, std::size_t size, std::size_t stride) {
    return values < size ? 0 : (values - size) / stride + 1;
  }
  static Status check(const Args& args);
  static Status check_output(const Args& args, const Output& out);
  static Support supports(const Args& args, device::Kind kind);
  static Footprint footprint(const Args& args);
  static Status reference(const Args& args, Output& out);
  static Status cpu(CpuRun& run, const Args& args, Output& out);
  static Status sim(DeviceRun& run, const Args& args, Output& out);
  static Status cuda(DeviceRun& run, const Args& args, Output& out);
};

}  // namespace weir::ops
