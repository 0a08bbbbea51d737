// Tasks are blocks of C, or runs of whole matrices where one is small. Where C is cut does not
// change the bits of packed_product nor of integer sums.
#include <algorithm>

#include "base/result.hpp"
#include "ops/matrix/multiply/byte_product.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/matrix/multiply/onednn_product.hpp"
#include "ops/matrix/packed/packed_product.hpp"

namespace weir::ops {
namespace {

constexpr double kTaskWork = 4e6;             // multiplications that pay for handing out a task
constexpr std::size_t kTaskRows = 48;         // a multiple of both heights of the micro kernel
constexpr std::size_t kTaskCols = 128;        // and of its widths
constexpr double kOneDnnWork = 64 * 64 * 64;  // below, its calls cost more than they save

template <class A, class B, class T>
void product(const ProductShape& shape, T alpha, Strided2d<A> a, Strided2d<B> b, T beta,
             RowMajorOut<T> c) {
  if constexpr (kIsByte<A>) {
    if (!onednn_product(shape, a, b, c)) byte_product(shape, a, b, c);
  } else {
    if constexpr (std::is_same_v<A, BFloat16>) {
      const double work = static_cast<double>(shape.m) * static_cast<double>(shape.n) *
                          static_cast<double>(shape.k);
      if (work >= kOneDnnWork && onednn_product(shape, alpha, a, b, beta, c)) return;
    }
    packed_product<A>(shape, alpha, a, b, beta, c);
  }
}

template <class T>
Strided2d<T> strided(const MatrixView<T>& view, Form form, std::size_t offset) {
  if (form == Form::kPlain) return {view.data + offset, view.stride, 1};
  return {view.data + offset, 1, view.stride};
}

// Rows and columns of C that a task computes.
struct BlockOfC {
  std::size_t row, rows, col, cols;
};

template <class Args, class Output>
void multiply_block(const Args& args, const Output& out, std::size_t matrix,
                    const BlockOfC& block) {
  auto a = strided(args.a, args.a_form, matrix * args.a_step);
  a.data += block.row * a.row_step;
  auto b = strided(args.b, args.b_form, matrix * args.b_step);
  b.data += block.col * b.col_step;
  auto* c = out.c.data + matrix * out.c_step + block.row * out.c.stride + block.col;
  if (args.beta != 0) {
    const auto* d = args.d.data + matrix * args.d_step + block.row * args.d.stride + block.col;
    for (std::size_t r = 0; d != c && r < block.rows; ++r) {
      std::copy_n(d + r * args.d.stride, block.cols, c + r * out.c.stride);
    }
  }
  product(ProductShape{block.rows, block.cols, args.k()}, args.alpha, a, b, args.beta,
          RowMajorOut<std::remove_pointer_t<decltype(c)>>{c, out.c.stride});
}

// How a batch is cut: `matrices` whole ones a task, or one matrix into blocks of rows x cols.
struct Cut {
  std::size_t matrices = 1;
  std::size_t rows = 0;
  std::size_t cols = 0;
};

std::size_t parts(std::size_t whole, std::size_t part) {
  return (whole + part - 1) / part;
}

// Every task packs the rows of A and the columns of B that it needs: blocks about as high as wide,
// counted in tasks, pack least.
template <class Args>
Cut cut_of(const Args& args, unsigned threads) {
  const double work = static_cast<double>(args.m()) * static_cast<double>(args.n()) *
                      std::max(1.0, static_cast<double>(args.k()));
  if (threads == 1 || work < 2 * kTaskWork) {
    const double fitting = std::min(kTaskWork / work, 1e6);
    return {std::max<std::size_t>(1, static_cast<std::size_t>(fitting)), args.m(), args.n()};
  }
  const std::size_t wanted =
      std::min<std::size_t>(threads, static_cast<std::size_t>(work / kTaskWork));
  std::size_t across = 1;
  while ((across + 1) * (across + 1) <= wanted) ++across;
  across = std::min(across, parts(args.n(), kTaskCols));
  const std::size_t down = std::min(parts(wanted, across), parts(args.m(), kTaskRows));
  across = std::min(parts(wanted, down), parts(args.n(), kTaskCols));
  return {1, parts(parts(args.m(), down), kTaskRows) * kTaskRows,
          parts(parts(args.n(), across), kTaskCols) * kTaskCols};
}

}  // namespace

template <class A, class B>
Status Multiply<A, B>::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (out.c.empty() || args.batch == 0) return Status::ok();
  const Cut cut = cut_of(args, run.workers.threads());
  const std::size_t across = parts(args.n(), cut.cols);
  const std::size_t in_matrix = parts(args.m(), cut.rows) * across;
  run.workers.run(parts(args.batch, cut.matrices) * in_matrix, [&](std::size_t task) {
    if (run.cancelled()) return;
    const std::size_t row = task % in_matrix / across * cut.rows;
    const std::size_t col = task % in_matrix % across * cut.cols;
    const BlockOfC block{row, std::min(cut.rows, args.m() - row), col,
                         std::min(cut.cols, args.n() - col)};
    const std::size_t from = task / in_matrix * cut.matrices;
    const std::size_t to = std::min(args.batch, from + cut.matrices);
    for (std::size_t matrix = from; matrix < to; ++matrix) {
      multiply_block(args, out, matrix, block);
    }
  });
  if (run.cancelled()) return Status(Code::kCancelled, "cancelled", "the product was cancelled");
  return Status::ok();
}

#define WEIR_INSTANTIATE(Type) template Status Type::cpu(CpuRun&, const Args&, Output&);
WEIR_MULTIPLY_TYPES(WEIR_INSTANTIATE)
#undef WEIR_INSTANTIATE

}  // namespace weir::ops
