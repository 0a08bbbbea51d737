#include <algorithm>
#include <numeric>
#include <utility>

#include "ops/sparse/from_dense/from_dense.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskElements = std::size_t{1} << 18;
constexpr std::size_t kPiece = 512;

std::uint64_t count_entries(std::span<const double> row) {
  std::uint64_t entries = 0;
  for (const double value : row) entries += value != 0 ? 1 : 0;
  return entries;
}

// Without a branch an element, which random zeros would mispredict: each is written, and stays if
// the next one does not take its place.
void compress_row(std::span<const double> row, std::uint32_t* columns, double* values) {
  std::uint32_t column_buffer[kPiece];
  double value_buffer[kPiece];
  for (std::size_t from = 0; from < row.size(); from += kPiece) {
    const std::size_t end = std::min(row.size(), from + kPiece);
    std::size_t kept = 0;
    for (std::size_t c = from; c < end; ++c) {
      column_buffer[kept] = static_cast<std::uint32_t>(c);
      value_buffer[kept] = row[c];
      kept += row[c] != 0 ? 1 : 0;
    }
    columns = std::copy_n(column_buffer, kept, columns);
    values = std::copy_n(value_buffer, kept, values);
  }
}

}  // namespace

Status CsrFromDense::check(const Args& args) {
  return check_csr_cols(args.dense.cols);
}

Support CsrFromDense::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedType, "matrices are built on the CPU");
}

Footprint CsrFromDense::footprint(const Args& args) {
  return {.rows = args.dense.rows,
          .bytes_in = args.dense.size() * 8,
          .bytes_out = args.dense.size() * 6,
          .flops = static_cast<double>(args.dense.size()),
          .chunkable = false};
}

Status CsrFromDense::cpu(CpuRun& run, const Args& args, Output& out) {
  const MatrixView<double>& dense = args.dense;
  CsrParts parts = out.matrix.take();
  parts.rows = dense.rows;
  parts.cols = dense.cols;
  parts.offsets.assign(dense.rows + 1, 0);
  const std::size_t task_rows =
      std::max<std::size_t>(1, kTaskElements / std::max<std::size_t>(1, dense.cols));
  const auto for_each_row = [&](auto work) {
    run.workers.run((dense.rows + task_rows - 1) / task_rows, [&](std::size_t task) {
      const std::size_t end = std::min(dense.rows, (task + 1) * task_rows);
      for (std::size_t r = task * task_rows; r < end; ++r) work(r);
    });
  };
  for_each_row([&](std::size_t r) { parts.offsets[r + 1] = count_entries(dense.row(r)); });
  std::partial_sum(parts.offsets.begin(), parts.offsets.end(), parts.offsets.begin());
  out.zeros = dense.size() - parts.offsets.back();
  out.converted = args.format == MatrixFormat::kCsr || 2 * out.zeros > dense.size();
  if (!out.converted) return Status::ok();
  parts.columns.resize(parts.offsets.back());
  parts.values.resize(parts.offsets.back());
  for_each_row([&](std::size_t r) {
    compress_row(dense.row(r), parts.columns.data() + parts.offsets[r],
                 parts.values.data() + parts.offsets[r]);
  });
  out.matrix = Csr(std::move(parts));
  return Status::ok();
}

}  // namespace weir::ops
