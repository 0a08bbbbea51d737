#include "ops/matrix/factor/householder.hpp"

#include <algorithm>
#include <vector>

#include "ops/matrix/lapack.hpp"
#include "ops/matrix/packed/packed_product.hpp"

namespace weir::ops::factor {
namespace {

using lapack::Int;

constexpr std::size_t kPanel = 48;           // reflections applied at once
constexpr std::size_t kUpdate = 128;         // columns of a task
constexpr std::size_t kBlockRowsMin = 1024;  // of TSQR
constexpr std::size_t kBlockAspect = 4;      // rows of a block of TSQR for each column, at least

Int count(std::size_t n) {
  return static_cast<Int>(n);
}

std::size_t parts(std::size_t n, std::size_t size) {
  return (n + size - 1) / size;
}

// A matrix as LAPACK factors it: column-major, the reflections below the diagonal, and the
// triangular factor of each panel (Schreiber and Van Loan's compact WY form).
class Reflections {
 public:
  Reflections(std::size_t rows, std::size_t cols)
      : columns_(cols, rows), rows_(rows), cols_(cols), k_(std::min(rows, cols)) {
    triangles_.resize(parts(k_, kPanel) * kPanel * kPanel);
  }

  // The transpose of the matrix to factor: [cols, rows] row-major.
  MutableMatrixView<double> columns() { return columns_.view(); }

  void factor(CpuRun& run) {
    if (k_ == 0) return;
    factor_panel(0);
    for (std::size_t begin = 0; begin < k_ && !run.cancelled(); begin += kPanel) {
      const std::size_t end = std::min(begin + kPanel, k_);
      const std::size_t next = end < k_ ? std::min(end + kPanel, k_) : end;
      run.workers.run(1 + parts(cols_ - next, kUpdate), [&](std::size_t task) {
        if (task == 0) {  // the next panel, while the others update what lies behind it
          if (next == end) return;
          apply("T", begin, at(0, end), rows_, next - end);
          factor_panel(end);
          return;
        }
        const std::size_t col = next + (task - 1) * kUpdate;
        apply("T", begin, at(0, col), rows_, std::min(kUpdate, cols_ - col));
      });
    }
  }

  // Returns the sign that makes element i of the diagonal not negative.
  double sign(std::size_t i) { return *at(i, i) < 0 ? -1 : 1; }

  void write_r(MutableMatrixView<double> r) {
    for (std::size_t i = 0; i < k_; ++i) {
      double* row = r.data + i * r.stride;
      std::fill(row, row + std::min(i, cols_), 0.0);
      for (std::size_t c = i; c < cols_; ++c) row[c] = sign(i) * *at(i, c);
    }
  }

  // Writes the first k columns of the product of the reflections, each a task by itself.
  void write_q(CpuRun& run, MutableMatrixView<double> q) {
    run.workers.run(parts(k_, kPanel), [&](std::size_t task) {
      const std::size_t first = task * kPanel;
      const std::size_t width = std::min(kPanel, k_ - first);
      Matrix<double> block(width, rows_);
      for (std::size_t c = 0; c < width; ++c) block(c, first + c) = sign(first + c);
      // Later panels leave these columns of the unit matrix as they are.
      for (std::size_t panel = task + 1; panel-- > 0;)
        apply("N", panel * kPanel, block.data(), rows_, width);
      transpose(block.view(), q.block(0, first, rows_, width));
    });
  }

 private:
  double* at(std::size_t row, std::size_t col) { return columns_.data() + col * rows_ + row; }
  double* triangle(std::size_t begin) {
    return triangles_.data() + begin / kPanel * kPanel * kPanel;
  }

  void factor_panel(std::size_t begin) {
    const std::size_t width = std::min(kPanel, k_ - begin);
    const Int rows = count(rows_ - begin), cols = count(width), stride = count(rows_);
    const Int triangle_stride = count(kPanel), work_size = count(kPanel * kPanel);
    std::vector<double> tau(width), work(kPanel * kPanel);
    Int info = 0;
    lapack::dgeqrf_(&rows, &cols, at(begin, begin), &stride, tau.data(), work.data(), &work_size,
                    &info);
    lapack::dlarft_("F", "C", &rows, &cols, at(begin, begin), &stride, tau.data(), triangle(begin),
                    &triangle_stride, 1, 1);
  }

  // Multiplies `cols` columns by the panel's reflections ("N") or their transpose ("T").
  void apply(const char* turned, std::size_t begin, double* columns, std::size_t stride,
             std::size_t cols) {
    if (cols == 0) return;
    const std::size_t width = std::min(kPanel, k_ - begin);
    const Int m = count(rows_ - begin), n = count(cols), k = count(width);
    const Int v_stride = count(rows_), t_stride = count(kPanel), c_stride = count(stride);
    std::vector<double> work(cols * width);
    lapack::dlarfb_("L", turned, "F", "C", &m, &n, &k, at(begin, begin), &v_stride, triangle(begin),
                    &t_stride, columns + begin, &c_stride, work.data(), &n, 1, 1, 1, 1);
  }

  Matrix<double> columns_;
  std::size_t rows_;
  std::size_t cols_;
  std::size_t k_;
  std::vector<double> triangles_;
};

// Blocks of rows by themselves, then their stacked triangles.
void tall_qr(CpuRun& run, MatrixView<double> a, std::size_t blocks, MutableMatrixView<double> r,
             MutableMatrixView<double> q) {
  const std::size_t n = a.cols;
  const auto begin_of = [&](std::size_t block) { return a.rows * block / blocks; };
  std::vector<Reflections> factored;
  factored.reserve(blocks);
  for (std::size_t b = 0; b < blocks; ++b)
    factored.emplace_back(q.empty() ? 0 : begin_of(b + 1) - begin_of(b), q.empty() ? 0 : n);
  Matrix<double> stacked(blocks * n, n);
  run.workers.run(blocks, [&](std::size_t b) {
    const MatrixView<double> rows = a.block(begin_of(b), 0, begin_of(b + 1) - begin_of(b), n);
    Reflections own(q.empty() ? rows.rows : 0, q.empty() ? n : 0);
    Reflections& block = q.empty() ? own : factored[b];
    transpose(rows, block.columns());
    Workers alone(1);
    CpuRun serial{alone, run.watch};
    block.factor(serial);
    block.write_r(stacked.view().block(b * n, 0, n, n));
  });
  if (q.empty()) {
    householder_qr(run, stacked.view(), r, {});
    return;
  }
  Matrix<double> top(blocks * n, n);
  householder_qr(run, stacked.view(), r, top.view());
  run.workers.run(blocks, [&](std::size_t b) {
    const std::size_t rows = begin_of(b + 1) - begin_of(b);
    Matrix<double> own(rows, n);
    Workers alone(1);
    CpuRun serial{alone, run.watch};
    factored[b].write_q(serial, own.view());
    packed_product<double>({.m = rows, .n = n, .k = n}, 1.0, {own.data(), n, 1},
                           {top.data() + b * n * n, n, 1}, 0.0,
                           {q.data + begin_of(b) * q.stride, q.stride});
  });
}

}  // namespace

void transpose(MatrixView<double> from, MutableMatrixView<double> to) {
  constexpr std::size_t kTile = 16;
  for (std::size_t top = 0; top < from.rows; top += kTile) {
    const std::size_t bottom = std::min(from.rows, top + kTile);
    for (std::size_t left = 0; left < from.cols; left += kTile) {
      const std::size_t right = std::min(from.cols, left + kTile);
      for (std::size_t c = left; c < right; ++c) {
        for (std::size_t r = top; r < bottom; ++r) to(c, r) = from(r, c);
      }
    }
  }
}

void householder_qr(CpuRun& run, MatrixView<double> a, MutableMatrixView<double> r,
                    MutableMatrixView<double> q) {
  if (a.empty()) {
    for (std::size_t i = 0; i < r.rows; ++i) std::fill_n(r.data + i * r.stride, r.cols, 0.0);
    return;
  }
  const std::size_t blocks = a.rows / std::max(kBlockRowsMin, kBlockAspect * a.cols);
  if (blocks > 1) return tall_qr(run, a, blocks, r, q);
  Reflections factored(a.rows, a.cols);
  transpose(a, factored.columns());
  factored.factor(run);
  factored.write_r(r);
  if (!q.empty()) factored.write_q(run, q);
}

}  // namespace weir::ops::factor
