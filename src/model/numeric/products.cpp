#include "model/numeric/products.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/aligned.hpp"
#include "model/file/number_table.hpp"
#include "model/numeric/row_blocks.hpp"
#include "model/numeric/sparse_products.hpp"
#include "ops/matrix/gram/gram.hpp"
#include "ops/sparse/from_dense/from_dense.hpp"

namespace weir::model {
namespace {

constexpr std::size_t kShiftRows = 4096;
// A column whose mean is so many deviations from zero has lost the square of that in digits.
constexpr double kFarMean = 100;

bool finite(const Products& products) {
  bool all = std::isfinite(products.y_sum);
  for (std::size_t j = 0; j < products.sums.size(); ++j) {
    all = all && std::isfinite(products.gram(j, j)) && std::isfinite(products.sums[j]) &&
          std::isfinite(products.xy[j]);
  }
  return all;
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

// Returns the columns of whose variance sums about zero say too little.
std::vector<std::size_t> far_columns(const Products& products, std::size_t rows) {
  const auto n = static_cast<double>(rows);
  std::vector<std::size_t> far;
  for (std::size_t j = 0; j < products.sums.size(); ++j) {
    const double mean = products.sums[j] / n;
    const double variance = products.gram(j, j) / n - mean * mean;
    if (mean * mean > kFarMean * kFarMean * variance) far.push_back(j);
  }
  return far;
}

// Whether those columns hold the value of their first row everywhere.
Result<bool> are_constant(MatrixSource& x, std::span<const std::size_t> columns) {
  AlignedBuffer<double> buffer = row_block_buffer(x);
  std::vector<double> first_row(columns.size());
  bool all = true;
  WEIR_TRY(for_row_blocks(x, buffer.span(), [&](ops::MatrixView<double> block, std::size_t first) {
    for (std::size_t i = 0; i < block.rows && all; ++i) {
      for (std::size_t c = 0; c < columns.size(); ++c) {
        const double value = block(i, columns[c]);
        if (first + i == 0) first_row[c] = value;
        all = all && value == first_row[c];
      }
    }
    return Status::ok();
  }));
  return all;
}

Status not_finite(std::size_t row, const std::string& column, double value) {
  std::string number;
  append_number(number, value);
  return invalid_argument("not_finite", "row " + std::to_string(row) + ", " + column + ": " +
                                            number + " is not a finite number")
      .hint("leave the row out or fill the value in");
}

Status check_block(const ops::MatrixView<double>& block, std::size_t first) {
  for (std::size_t i = 0; i < block.rows; ++i) {
    for (std::size_t j = 0; j < block.cols; ++j) {
      if (std::isfinite(block(i, j))) continue;
      return not_finite(first + i, "column " + std::to_string(j), block(i, j));
    }
  }
  return Status::ok();
}

// `part` takes one block, so that blocks join in order.
Status add_dense(MatrixSource& x, std::span<const double> y, ops::Workers& workers,
                 Products& total) {
  Products part(x.cols());
  AlignedBuffer<double> buffer = row_block_buffer(x);
  ops::CpuRun run{workers};
  return for_row_blocks(
      x, buffer.span(), [&](ops::MatrixView<double> block, std::size_t first) -> Status {
        if (first == 0) set_shifts(block, y, total);
        ops::Gram::Output out{.gram = part.gram.view(), .sums = part.sums, .xy = part.xy};
        const ops::Gram::Args args{.x = block,
                                   .shift = total.shift,
                                   .y = y.subspan(first, block.rows),
                                   .y_shift = total.y_shift};
        WEIR_TRY(ops::Gram::check(args));
        WEIR_TRY(ops::Gram::cpu(run, args, out));
        part.y_sum = out.y_sum;
        total.join(part);
        return Status::ok();
      });
}

// Compresses one block after the other, so that memory and a file are summed alike.
Status add_compressed(MatrixSource& x, std::span<const double> y, ops::Workers& workers,
                      Products& total) {
  const std::size_t rows = std::min(y.size(), kShiftRows);
  for (std::size_t i = 0; i < rows; ++i) total.y_shift += y[i];
  total.y_shift /= static_cast<double>(rows);
  if (const ops::CsrView* const sparse = x.sparse(); sparse != nullptr) {
    add_compressed_rows(*sparse, y, workers, total);
  } else {
    AlignedBuffer<double> buffer = row_block_buffer(x);
    ops::CpuRun run{workers};
    ops::CsrFromDense::Output out;
    WEIR_TRY(
        for_row_blocks(x, buffer.span(), [&](ops::MatrixView<double> block, std::size_t first) {
          const Status status =
              ops::CsrFromDense::cpu(run, {.dense = block, .format = ops::MatrixFormat::kCsr}, out);
          if (!status.is_ok()) return status;
          add_compressed_rows(out.matrix.view(), y.subspan(first, block.rows), workers, total);
          return Status::ok();
        }));
  }
  mirror(total.gram);
  return Status::ok();
}

// Says what is wrong with rows whose sums are not finite.
Status refuse(MatrixSource& x, std::span<const double> y) {
  WEIR_TRY(check_finite(y));
  if (x.sparse() != nullptr) {
    WEIR_TRY(check_finite(*x.sparse()));
  } else {
    AlignedBuffer<double> buffer = row_block_buffer(x);
    WEIR_TRY(for_row_blocks(x, buffer.span(), [](ops::MatrixView<double> block, std::size_t first) {
      return check_block(block, first);
    }));
  }
  return squares_too_large();
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

Status check_finite(const ops::MatrixView<double>& x) {
  return check_block(x, 0);
}

Status squares_too_large() {
  return invalid_argument("train", "the values are too large: their squares do not fit a double")
      .hint("divide them by a power of ten first");
}

void Products::join(const Products& part) {
  for (std::size_t i = 0; i < gram.view().size(); ++i) gram.data()[i] += part.gram.data()[i];
  for (std::size_t j = 0; j < sums.size(); ++j) {
    sums[j] += part.sums[j];
    xy[j] += part.xy[j];
  }
  y_sum += part.y_sum;
}

Status Products::add_rows(MatrixSource& x, std::span<const double> y, RowLayout layout,
                          ops::Workers& workers) {
  if (layout == RowLayout::kCompressed) {
    WEIR_TRY(add_compressed(x, y, workers, *this));
    if (!finite(*this)) return refuse(x, y);
    const std::vector<std::size_t> far = far_columns(*this, x.rows());
    if (far.empty()) return Status::ok();
    WEIR_ASSIGN(const bool known, are_constant(x, far));
    if (known) {
      for (const std::size_t j : far) constant[j] = true;
      return Status::ok();
    }
    *this = Products(x.cols());
  }
  WEIR_TRY(add_dense(x, y, workers, *this));
  return finite(*this) ? Status::ok() : refuse(x, y);
}

}  // namespace weir::model
