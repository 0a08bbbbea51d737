// X'X by OpenBLAS' dsyrk over blocks of rows that fit the cache. A block is copied with its shifts
// taken off, its y and a one beside it, so that the same product gives the sums and X'y too: for
// 100 columns 4 % more work instead of two more passes.
#include <cblas.h>

#include <algorithm>

#include "base/result.hpp"
#include "ops/matrix/factor/check.hpp"
#include "ops/matrix/gram/gram.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kBlockRows = 512;  // times 100 columns: 400 KiB, half a level-2 cache
constexpr std::size_t kTaskRowsMin = 4096;
constexpr std::size_t kTasksMax = 32;
constexpr std::size_t kPartialBytesMax = std::size_t{256} << 20;

// How the rows are cut. A function of the shape, never of the threads.
struct Plan {
  std::size_t cols;    // of the product: x, and if they are asked for y and the ones
  std::size_t stride;  // of the copied block
  std::size_t y_col;   // where y lies in it, if there is y
  bool copies;         // false: the input as it lies
  std::size_t task_rows;
  std::size_t tasks;
};

Plan make_plan(const Gram::Args& args, const Gram::Output& out) {
  Plan plan{};
  const bool sums = !out.sums.empty() || !args.y.empty();
  plan.copies = sums || !args.shift.empty();
  plan.cols = args.x.cols;
  if (!args.y.empty()) plan.y_col = plan.cols++;
  if (sums) ++plan.cols;
  plan.stride = (plan.cols + 7) / 8 * 8;
  const std::size_t partial = std::max<std::size_t>(plan.cols * plan.cols * sizeof(double), 1);
  const std::size_t tasks_max = std::clamp<std::size_t>(kPartialBytesMax / partial, 1, kTasksMax);
  const std::size_t share = (args.x.rows + tasks_max - 1) / tasks_max;
  plan.task_rows = std::max(kTaskRowsMin, (share + kBlockRows - 1) / kBlockRows * kBlockRows);
  plan.tasks = (args.x.rows + plan.task_rows - 1) / plan.task_rows;
  return plan;
}

// Adds the product of `rows` rows to the upper triangle of `partial`.
void add_product(const double* x, std::size_t stride, std::size_t rows, std::size_t cols,
                 double* partial) {
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, static_cast<int>(cols), static_cast<int>(rows),
              1.0, x, static_cast<int>(stride), 1.0, partial, static_cast<int>(cols));
}

void copy_block(const Gram::Args& args, const Plan& plan, std::size_t begin, std::size_t rows,
                double* block) {
  const std::size_t cols = args.x.cols;
  for (std::size_t r = 0; r < rows; ++r) {
    const double* from = args.x.row(begin + r).data();
    double* to = block + r * plan.stride;
    if (args.shift.empty()) {
      std::copy_n(from, cols, to);
    } else {
      for (std::size_t c = 0; c < cols; ++c) to[c] = from[c] - args.shift[c];
    }
    if (!args.y.empty()) to[plan.y_col] = args.y[begin + r] - args.y_shift;
    if (plan.cols > cols) to[plan.cols - 1] = 1;
  }
}

void run_task(const Gram::Args& args, const Plan& plan, std::size_t task, double* partial) {
  if (plan.cols == 0) return;
  const std::size_t begin = task * plan.task_rows;
  const std::size_t end = std::min(args.x.rows, begin + plan.task_rows);
  if (!plan.copies) {
    for (std::size_t r = begin; r < end; r += kBlockRows)
      add_product(args.x.row(r).data(), args.x.stride, std::min(kBlockRows, end - r), plan.cols,
                  partial);
    return;
  }
  AlignedBuffer<double> block(kBlockRows * plan.stride);
  for (std::size_t r = begin; r < end; r += kBlockRows) {
    const std::size_t rows = std::min(kBlockRows, end - r);
    copy_block(args, plan, r, rows, block.data());
    add_product(block.data(), plan.stride, rows, plan.cols, partial);
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
  const Plan plan = make_plan(args, out);
  const std::size_t partial = plan.cols * plan.cols;
  AlignedBuffer<double> partials(std::max<std::size_t>(plan.tasks, 1) * partial);
  run.workers.run(plan.tasks, [&](std::size_t task) {
    if (!run.cancelled()) run_task(args, plan, task, partials.data() + task * partial);
  });
  if (run.cancelled()) return Status(Code::kCancelled, "cancelled", "matrix.gram was cancelled");
  for (std::size_t task = 1; task < plan.tasks; ++task) {
    const double* from = partials.data() + task * partial;
    for (std::size_t i = 0; i < partial; ++i) partials[i] += from[i];
  }
  write_output(args, plan, {partials.data(), plan.cols, plan.cols}, out);
  return Status::ok();
}

}  // namespace weir::ops
