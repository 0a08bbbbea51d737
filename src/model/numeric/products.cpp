#include "model/numeric/products.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/aligned.hpp"
#include "ops/matrix/gram/gram.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 20;
constexpr std::size_t kBlockRowsStep = 4096;
constexpr std::size_t kShiftRows = 4096;
constexpr std::size_t kPartialBytesMax = std::size_t{256} << 20;
constexpr std::size_t kTasksMax = 32;
constexpr std::size_t kTaskEntriesMin = std::size_t{1} << 16;
// From this share of stored entries on compressed rows are slower than dense ones.
constexpr double kSparseShareMax = 0.25;
// Without a shift the variance of a constant column comes out as rounding of its squared mean.
constexpr double kUnshiftedConstantRatio = 1e-7;

// Rows of a block: by the width alone, so that a file and memory are summed alike.
std::size_t block_rows(std::size_t cols) {
  const std::size_t fit = kBlockBytes / (cols * sizeof(double));
  return std::max(fit / kBlockRowsStep, std::size_t{1}) * kBlockRowsStep;
}

// Calls visit(view, first row) for each block of the source.
template <class Visit>
Status for_blocks(MatrixSource& x, std::span<double> buffer, Visit visit) {
  const std::size_t step = block_rows(x.cols());
  for (std::size_t first = 0; first < x.rows(); first += step) {
    WEIR_ASSIGN(const auto view, x.block(first, std::min(step, x.rows() - first), buffer));
    WEIR_TRY(visit(view, first));
  }
  return Status::ok();
}

bool finite(const Products& products) {
  bool all = std::isfinite(products.y_sum);
  for (std::size_t j = 0; j < products.sums.size(); ++j) {
    all = all && std::isfinite(products.gram(j, j)) && std::isfinite(products.sums[j]) &&
          std::isfinite(products.xy[j]);
  }
  return all;
}

void join(const Products& part, Products& total) {
  for (std::size_t i = 0; i < total.gram.view().size(); ++i) {
    total.gram.data()[i] += part.gram.data()[i];
  }
  for (std::size_t j = 0; j < total.sums.size(); ++j) {
    total.sums[j] += part.sums[j];
    total.xy[j] += part.xy[j];
  }
  total.y_sum += part.y_sum;
}

void set_shifts(ops::MatrixView<double> first, std::span<const double> y, Products& products) {
  const std::size_t rows = std::min(first.rows, kShiftRows);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < first.cols; ++j) products.shift[j] += first(i, j);
    products.y_shift += y[i];
  }
  for (double& shift : products.shift) shift /= static_cast<double>(rows);
  products.y_shift /= static_cast<double>(rows);
}

Status not_finite(std::size_t row, const std::string& column, double value) {
  return invalid_argument("not_finite", "row " + std::to_string(row) + ", " + column + ": " +
                                            std::to_string(value) + " is not a finite number")
      .hint("leave the row out or fill the value in");
}

Status check_finite(MatrixSource& x, std::span<double> buffer) {
  return for_blocks(x, buffer, [&](ops::MatrixView<double> block, std::size_t first) -> Status {
    for (std::size_t i = 0; i < block.rows; ++i) {
      for (std::size_t j = 0; j < block.cols; ++j) {
        if (std::isfinite(block(i, j))) continue;
        return not_finite(first + i, "column " + std::to_string(j), block(i, j));
      }
    }
    return Status::ok();
  });
}

// `part` takes one block, so that blocks join in order.
Status add_dense(MatrixSource& x, std::span<const double> y, std::span<double> buffer,
                 ops::Workers& workers, Products& total) {
  Products part(x.cols());
  ops::CpuRun run{workers};
  return for_blocks(x, buffer, [&](ops::MatrixView<double> block, std::size_t first) -> Status {
    if (first == 0) set_shifts(block, y, total);
    ops::Gram::Output out{.gram = part.gram.view(), .sums = part.sums, .xy = part.xy};
    const ops::Gram::Args args{.x = block,
                               .shift = total.shift,
                               .y = y.subspan(first, block.rows),
                               .y_shift = total.y_shift};
    WEIR_TRY(ops::Gram::check(args));
    WEIR_TRY(ops::Gram::cpu(run, args, out));
    part.y_sum = out.y_sum;
    join(part, total);
    return Status::ok();
  });
}

// Adds rows [first, last): each entry with those right of it, into the upper triangle.
void add_sparse_rows(const ops::CsrView& x, std::span<const double> y, std::size_t first,
                     std::size_t last, Products& part) {
  for (std::size_t i = first; i < last; ++i) {
    const auto columns = x.columns().subspan(x.offsets()[i], x.row_entries(i));
    const auto values = x.values().subspan(x.offsets()[i], x.row_entries(i));
    const double t = y[i] - part.y_shift;
    part.y_sum += t;
    for (std::size_t a = 0; a < columns.size(); ++a) {
      const double value = values[a];
      double* const row = part.gram.data() + columns[a] * part.gram.cols();
      part.sums[columns[a]] += value;
      part.xy[columns[a]] += value * t;
      for (std::size_t b = a; b < columns.size(); ++b) row[columns[b]] += value * values[b];
    }
  }
}

void add_sparse(const ops::CsrView& x, std::span<const double> y, ops::Workers& workers,
                Products& total) {
  const std::size_t cols = x.cols();
  for (std::size_t i = 0; i < std::min(y.size(), kShiftRows); ++i) total.y_shift += y[i];
  total.y_shift /= static_cast<double>(std::min(y.size(), kShiftRows));
  total.constant_ratio = kUnshiftedConstantRatio;
  const std::size_t tasks_max =
      std::clamp<std::size_t>(kPartialBytesMax / (cols * cols * sizeof(double)), 1, kTasksMax);
  std::vector<std::size_t> cuts;
  ops::cut_rows(x, std::max(kTaskEntriesMin, x.entries() / tasks_max + 1), cuts);
  const std::size_t pieces = cuts.size() - 1;
  const std::size_t tasks = std::min(pieces, tasks_max);
  std::vector<Products> parts;
  for (std::size_t t = 0; t < tasks; ++t) {
    parts.emplace_back(cols);
    parts.back().y_shift = total.y_shift;
  }
  workers.run(tasks, [&](std::size_t t) {
    const std::size_t first = cuts[t * pieces / tasks];
    add_sparse_rows(x, y, first, cuts[(t + 1) * pieces / tasks], parts[t]);
  });
  for (const Products& part : parts) join(part, total);
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = i + 1; j < cols; ++j) total.gram(j, i) = total.gram(i, j);
  }
}

}  // namespace

Status check_finite(std::span<const double> y) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!std::isfinite(y[i])) return not_finite(i, "y", y[i]);
  }
  return Status::ok();
}

Status check_finite(const ops::CsrView& x) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t e = x.offsets()[i]; e < x.offsets()[i + 1]; ++e) {
      if (std::isfinite(x.values()[e])) continue;
      return not_finite(i, "column " + std::to_string(x.columns()[e]), x.values()[e]);
    }
  }
  return Status::ok();
}

Status squares_too_large() {
  return invalid_argument("train", "the values are too large: their squares do not fit a double")
      .hint("divide them by a power of ten first");
}

Status Products::add_rows(MatrixSource& x, std::span<const double> y, ops::Workers& workers) {
  const ops::CsrView* const sparse = x.sparse();
  const auto cells = static_cast<double>(x.rows()) * static_cast<double>(x.cols());
  if (sparse != nullptr && static_cast<double>(sparse->entries()) < kSparseShareMax * cells) {
    add_sparse(*sparse, y, workers, *this);
    if (finite(*this)) return Status::ok();
    WEIR_TRY(check_finite(y));
    WEIR_TRY(check_finite(*sparse));
    return squares_too_large();
  }
  AlignedBuffer<double> buffer(
      x.needs_buffer() ? std::min(block_rows(x.cols()), x.rows()) * x.cols() : 0);
  WEIR_TRY(add_dense(x, y, buffer.span(), workers, *this));
  if (finite(*this)) return Status::ok();
  WEIR_TRY(check_finite(y));
  WEIR_TRY(check_finite(x, buffer.span()));
  return squares_too_large();
}

}  // namespace weir::model
