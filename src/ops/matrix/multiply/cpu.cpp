// Tasks are runs of rows of C, or of whole matrices where one is small. Where C is cut does not
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

template <class Args, class Output>
void multiply_rows(const Args& args, const Output& out, std::size_t matrix, std::size_t first,
                   std::size_t rows) {
  auto a = strided(args.a, args.a_form, matrix * args.a_step);
  a.data += first * a.row_step;
  const auto b = strided(args.b, args.b_form, matrix * args.b_step);
  auto* c = out.c.data + matrix * out.c_step + first * out.c.stride;
  if (args.beta != 0) {
    const auto* d = args.d.data + matrix * args.d_step + first * args.d.stride;
    for (std::size_t r = 0; d != c && r < rows; ++r) {
      std::copy_n(d + r * args.d.stride, args.n(), c + r * out.c.stride);
    }
  }
  product(ProductShape{rows, args.n(), args.k()}, args.alpha, a, b, args.beta,
          RowMajorOut<std::remove_pointer_t<decltype(c)>>{c, out.c.stride});
}

// How a batch is cut: `matrices` whole ones a task, or one matrix into tasks of `rows`.
struct Cut {
  std::size_t matrices = 1;
  std::size_t rows = 0;
};

template <class Args>
Cut cut_of(const Args& args, unsigned threads) {
  const double work = static_cast<double>(args.m()) * static_cast<double>(args.n()) *
                      std::max(1.0, static_cast<double>(args.k()));
  if (threads == 1 || work < 2 * kTaskWork) {
    const double fitting = std::min(kTaskWork / work, 1e6);
    return {std::max<std::size_t>(1, static_cast<std::size_t>(fitting)), args.m()};
  }
  const std::size_t wanted =
      std::min<std::size_t>(threads, static_cast<std::size_t>(work / kTaskWork));
  const std::size_t rows = (args.m() + wanted - 1) / wanted;
  return {1, (rows + kTaskRows - 1) / kTaskRows * kTaskRows};
}

}  // namespace

template <class A, class B>
Status Multiply<A, B>::cpu(CpuRun& run, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  if (out.c.empty() || args.batch == 0) return Status::ok();
  const Cut cut = cut_of(args, run.workers.threads());
  const std::size_t in_matrix = (args.m() + cut.rows - 1) / cut.rows;
  const std::size_t groups = (args.batch + cut.matrices - 1) / cut.matrices;
  run.workers.run(groups * in_matrix, [&](std::size_t task) {
    if (run.cancelled()) return;
    const std::size_t first = task % in_matrix * cut.rows;
    const std::size_t from = task / in_matrix * cut.matrices;
    const std::size_t to = std::min(args.batch, from + cut.matrices);
    for (std::size_t matrix = from; matrix < to; ++matrix) {
      multiply_rows(args, out, matrix, first, std::min(cut.rows, args.m() - first));
    }
  });
  if (run.cancelled()) return Status(Code::kCancelled, "cancelled", "the product was cancelled");
  return Status::ok();
}

#define WEIR_INSTANTIATE(Type) template Status Type::cpu(CpuRun&, const Args&, Output&);
WEIR_MULTIPLY_TYPES(WEIR_INSTANTIATE)
#undef WEIR_INSTANTIATE

}  // namespace weir::ops
