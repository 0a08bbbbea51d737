// X'X block of rows by block of rows. A block is copied with its shifts taken off, its y and a one
// beside it, so that the same product gives the sums and X'y too: for 100 columns 4 % more work
// instead of two more passes. Up to kOwnColsMax columns the product is our own, which works on the
// copy as it lies; beyond, where a block no longer fits the cache, OpenBLAS' dsyrk.
#include <cblas.h>

#include <algorithm>
#include <vector>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/gram/gram.hpp"
#include "ops/matrix/gram/upper_product.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kOwnColsMax = 768;
constexpr std::size_t kTaskRowsMin = 4096;
constexpr std::size_t kTasksMax = 32;
constexpr std::size_t kPartialBytesMax = std::size_t{256} << 20;

// How the rows are cut. A function of the shape, never of the threads.
struct Plan {
  std::size_t cols;   // of the product: x, y if there is one, and a one
  std::size_t side;   // of a partial result
  std::size_t y_col;  // where y lies, if there is y
  std::size_t task_rows;
  std::size_t tasks;
};

Plan make_plan(const Gram::Args& args) {
  Plan plan{};
  plan.cols = args.x.cols;
  plan.y_col = plan.cols;
  if (!args.y.empty()) ++plan.cols;
  ++plan.cols;
  plan.side = gram::padded(plan.cols);
  const std::size_t partial = plan.side * plan.side * sizeof(double);
  const std::size_t tasks_max = std::clamp<std::size_t>(kPartialBytesMax / partial, 1, kTasksMax);
  const std::size_t share = (args.x.rows + tasks_max - 1) / tasks_max;
  plan.task_rows =
      std::max(kTaskRowsMin, (share + gram::kBlockRows - 1) / gram::kBlockRows * gram::kBlockRows);
  plan.tasks = (args.x.rows + plan.task_rows - 1) / plan.task_rows;
  return plan;
}

// Adds the products of the rows of one task to the upper triangle of `partial`.
void run_task(const Gram::Args& args, const Plan& plan, const double* shift, std::size_t task,
              double* partial) {
  const std::size_t begin = task * plan.task_rows;
  const std::size_t end = std::min(args.x.rows, begin + plan.task_rows);
  const std::size_t stride = gram::block_stride(plan.cols);
  AlignedBuffer<double> block(gram::kBlockRows * stride);
  for (std::size_t first = begin; first < end; first += gram::kBlockRows) {
    const std::size_t rows = std::min(gram::kBlockRows, end - first);
    gram::copy_shifted({args.x.data + first * args.x.stride, args.x.stride}, rows, args.x.cols,
                       shift, {block.data(), stride});
    for (std::size_t r = 0; r < rows; ++r) {
      double* row = block.data() + r * stride;
      if (!args.y.empty()) row[plan.y_col] = args.y[first + r] - args.y_shift;
      row[plan.cols - 1] = 1;
    }
    if (plan.cols <= kOwnColsMax) {
      gram::add_upper_product({block.data(), stride}, rows, plan.cols, {partial, plan.side});
    } else {
      cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, static_cast<int>(plan.cols),
                  static_cast<int>(rows), 1.0, block.data(), static_cast<int>(stride), 1.0, partial,
                  static_cast<int>(plan.side));
    }
  }
}

void write_output(const Gram::Args& args, const Plan& plan, MatrixView<double> total,
                  Gram::Output& out) {
  const std::size_t cols = args.x.cols;
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = i; j < cols; ++j) out.gram(i, j) = out.gram(j, i) = total(i, j);
  }
  const std::size_t ones = plan.cols - 1;
  for (std::size_t i = 0; i < out.sums.size(); ++i) out.sums[i] = total(i, ones);
  for (std::size_t i = 0; i < out.xy.size(); ++i) out.xy[i] = total(i, plan.y_col);
  out.y_sum = args.y.empty() ? 0 : total(plan.y_col, ones);
  out.yy = args.y.empty() ? 0 : total(plan.y_col, plan.y_col);
}

}  // namespace

Status Gram::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  const Plan plan = make_plan(args);
  const std::size_t partial = plan.side * plan.side;
  std::vector<double> shift(args.shift.begin(), args.shift.end());
  shift.resize(args.x.cols);
  AlignedBuffer<double> partials(std::max<std::size_t>(plan.tasks, 1) * partial);
  run.workers.run(plan.tasks, [&](std::size_t task) {
    if (!run.cancelled())
      run_task(args, plan, shift.data(), task, partials.data() + task * partial);
  });
  WEIR_TRY(factor::check_cancelled(run, kInfo.name));
  for (std::size_t task = 1; task < plan.tasks; ++task) {
    const double* from = partials.data() + task * partial;
    for (std::size_t i = 0; i < partial; ++i) partials[i] += from[i];
  }
  write_output(args, plan, {partials.data(), plan.side, plan.side}, out);
  return Status::ok();
}

}  // namespace weir::ops
