#include "model/numeric/row_zeros.hpp"

#include <algorithm>
#include <vector>

#include "model/numeric/row_blocks.hpp"
#include "ops/sparse/from_dense/from_dense.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kSampleRows = 4096;
constexpr double kSampleShareMax = 0.25;
constexpr std::size_t kTaskValues = std::size_t{1} << 18;

std::size_t zeros_of(std::span<const double> values) {
  std::size_t zeros = 0;
  for (const double value : values) zeros += value == 0 ? 1 : 0;
  return zeros;
}

std::size_t zeros_of(const ops::MatrixView<double>& x, ops::Workers& workers) {
  const std::size_t task_rows = std::max<std::size_t>(kTaskValues / x.cols, 1);
  std::vector<std::size_t> zeros((x.rows + task_rows - 1) / task_rows);
  workers.run(zeros.size(), [&](std::size_t task) {
    const std::size_t end = std::min(x.rows, (task + 1) * task_rows);
    for (std::size_t i = task * task_rows; i < end; ++i) zeros[task] += zeros_of(x.row(i));
  });
  std::size_t sum = 0;
  for (const std::size_t part : zeros) sum += part;
  return sum;
}

}  // namespace

Result<double> zero_share(MatrixSource& x, ops::Workers& workers) {
  const auto share = [&](std::size_t zeros, std::size_t rows) {
    return static_cast<double>(zeros) / (static_cast<double>(rows) * static_cast<double>(x.cols()));
  };
  if (x.sparse() != nullptr) return share(x.rows() * x.cols() - x.sparse()->entries(), x.rows());
  const std::size_t sample = std::min(x.rows(), kSampleRows);
  AlignedBuffer<double> row(x.needs_buffer() ? x.cols() : 0);
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < sample; ++i) {
    WEIR_ASSIGN(const auto view, x.block(i * x.rows() / sample, 1, row.span()));
    zeros += zeros_of(view.row(0));
  }
  if (share(zeros, sample) <= kSampleShareMax) return share(zeros, sample);
  zeros = 0;
  AlignedBuffer<double> buffer = row_block_buffer(x);
  WEIR_TRY(for_row_blocks(x, buffer.span(), [&](ops::MatrixView<double> block, std::size_t) {
    zeros += zeros_of(block, workers);
    return Status::ok();
  }));
  return share(zeros, x.rows());
}

Result<ops::Csr> compress_rows(MatrixSource& x, ops::Workers& workers) {
  ops::CpuRun run{workers};
  ops::CsrParts all{.rows = x.rows(), .cols = x.cols()};
  ops::CsrFromDense::Output part;
  AlignedBuffer<double> buffer = row_block_buffer(x);
  const auto add = [&](ops::MatrixView<double> block, std::size_t) -> Status {
    const ops::CsrFromDense::Args args{.dense = block, .format = ops::MatrixFormat::kCsr};
    WEIR_TRY(ops::CsrFromDense::check(args));
    WEIR_TRY(ops::CsrFromDense::cpu(run, args, part));
    const std::uint64_t before = all.offsets.back();
    const ops::CsrParts& more = part.matrix.parts();
    for (std::size_t i = 1; i <= block.rows; ++i) {
      all.offsets.push_back(before + more.offsets[i]);
    }
    all.columns.insert(all.columns.end(), more.columns.begin(), more.columns.end());
    all.values.insert(all.values.end(), more.values.begin(), more.values.end());
    return Status::ok();
  };
  WEIR_TRY(for_row_blocks(x, buffer.span(), add));
  return ops::Csr(std::move(all));
}

}  // namespace weir::model
