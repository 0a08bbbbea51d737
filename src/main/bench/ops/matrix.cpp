// Workloads of matrices: products, inverse, solution, sparse products.
#include <memory>

#include "base/rng.hpp"
#include "main/bench/ops/workload.hpp"
#include "ops/matrix/inverse/inverse.hpp"
#include "ops/matrix/lu_solve/lu_solve.hpp"
#include "ops/matrix/multiply/multiply.hpp"
#include "ops/sparse/sparse_sample.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kSide = 1024;
constexpr double kProduct = 2.0 * kSide * kSide * kSide;

template <class T>
T element(double value) {
  if constexpr (std::is_same_v<T, ops::BFloat16>) {
    return ops::to_bfloat16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<T, std::int8_t>) {
    return static_cast<std::int8_t>(value * 127);
  } else {
    return static_cast<T>(value);
  }
}

template <class T>
ops::Matrix<T> square(std::uint64_t seed) {
  ops::Matrix<T> matrix(kSide, kSide);
  const std::vector<double> numbers = bench_numbers(kSide * kSide, seed);
  for (std::size_t i = 0; i < numbers.size(); ++i) matrix.data()[i] = element<T>(numbers[i]);
  return matrix;
}

template <class Op>
Result<Run> make_product(ops::Workers& workers) {
  struct Data {
    ops::Matrix<typename Op::Left> a = square<typename Op::Left>(1);
    ops::Matrix<typename Op::Right> b = square<typename Op::Right>(2);
    ops::Matrix<typename Op::Sum> c{kSide, kSide};
  };
  auto data = std::make_shared<Data>();
  return Run([data, &workers]() -> Status {
    ops::CpuRun run{workers};
    const Data& in = *data;
    typename Op::Output out{.c = data->c.view()};
    return Op::cpu(run, {.a = in.a.view(), .b = in.b.view()}, out);
  });
}

template <class Op>
Workload product(std::string_view name, std::string_view what, Limit limit, double gops_required,
                 std::string_view peer) {
  Workload workload;
  workload.name = name;
  workload.family = "matrix";
  workload.what = what;
  workload.limit = limit;
  workload.amount = kProduct;
  workload.seconds_required = kProduct / (gops_required * 1e9);
  workload.peer = peer;
  workload.make = make_product<Op>;
  return workload;
}

// Diagonally dominant, so that it can be inverted.
std::shared_ptr<ops::Matrix<double>> regular() {
  auto matrix = std::make_shared<ops::Matrix<double>>(square<double>(3));
  for (std::size_t i = 0; i < kSide; ++i) (*matrix)(i, i) += kSide;
  return matrix;
}

Result<Run> make_inverse(ops::Workers& workers) {
  auto a = regular();
  auto inverse = std::make_shared<ops::Matrix<double>>(kSide, kSide);
  return Run([a, inverse, &workers]() -> Status {
    ops::CpuRun run{workers};
    const ops::Matrix<double>& in = *a;
    ops::Inverse::Output out{.inverse = inverse->view()};
    return ops::Inverse::cpu(run, {.a = in.view()}, out);
  });
}

Result<Run> make_solve(ops::Workers& workers) {
  auto a = regular();
  auto b = std::make_shared<ops::Matrix<double>>(square<double>(4));
  auto x = std::make_shared<ops::Matrix<double>>(kSide, kSide);
  return Run([a, b, x, &workers]() -> Status {
    ops::CpuRun run{workers};
    const ops::Matrix<double>& left = *a;
    const ops::Matrix<double>& right = *b;
    ops::LuSolve::Output out{.x = x->view()};
    return ops::LuSolve::cpu(run, {.a = left.view(), .b = right.view()}, out);
  });
}

constexpr std::size_t kSparseRows = 1'000'000;
constexpr std::size_t kSparseMean = 10;

// Entries near the diagonal, so that the vector is read in order.
ops::Csr banded() {
  Philox rng(5, 1);
  ops::CsrParts parts{.rows = kSparseRows, .cols = kSparseRows};
  for (std::size_t r = 0; r < kSparseRows; ++r) {
    for (std::size_t i = 0; i < kSparseMean && r + i < kSparseRows; ++i) {
      parts.columns.push_back(static_cast<std::uint32_t>(r + i));
      parts.values.push_back(rng.next_unit());
    }
    parts.offsets.push_back(parts.columns.size());
  }
  return ops::Csr(std::move(parts));
}

Result<Run> make_spmv(ops::Workers& workers) {
  struct Data {
    ops::Csr a = banded();
    std::vector<double> x = bench_numbers(kSparseRows, 6);
    std::vector<double> y = std::vector<double>(kSparseRows);
  };
  auto data = std::make_shared<Data>();
  return Run([data, &workers]() -> Status {
    ops::CpuRun run{workers};
    ops::Spmv::Output out{data->y};
    return ops::Spmv::cpu(run, {data->a.view(), data->x}, out);
  });
}

}  // namespace

std::vector<Workload> matrix_workloads() {
  std::vector<Workload> all;
  all.push_back(product<ops::MultiplyF64>("multiply_f64", "1024 x 1024 x 1024, f64", Limit::kF64,
                                          50, "multiply_f64"));
  all.push_back(product<ops::MultiplyF32>("multiply_f32", "1024 x 1024 x 1024, f32", Limit::kF32,
                                          105, "multiply_f32"));
  // numpy multiplies neither: its f32 product stands there for scale.
  all.push_back(product<ops::MultiplyBf16>("multiply_bf16",
                                           "1024 x 1024 x 1024, bf16; the peer in f32",
                                           Limit::kNone, 210, "multiply_f32"));
  all.back().peer_does_the_same = false;
  all.push_back(product<ops::MultiplyS8>("multiply_s8", "1024 x 1024 x 1024, int8; the peer in f32",
                                         Limit::kNone, 410, "multiply_f32"));
  all.back().peer_does_the_same = false;
  Workload inverse;
  inverse.name = "inverse";
  inverse.family = "matrix";
  inverse.what = "1024 x 1024, f64";
  inverse.limit = Limit::kF64;
  inverse.amount = kProduct;
  inverse.peer = "inverse";
  inverse.peer_ratio_required = 1.1;
  inverse.make = make_inverse;
  all.push_back(inverse);
  Workload solve = inverse;
  solve.name = "solve";
  solve.what = "1024 x 1024 with 1024 right sides, f64, one step of refinement";
  solve.amount = kProduct * (1.0 / 3 + 1);
  solve.peer = "solve";
  solve.make = make_solve;
  all.push_back(solve);
  Workload spmv;
  spmv.name = "spmv";
  spmv.family = "sparse";
  spmv.what = "1 M rows of 10 entries near the diagonal times a vector";
  spmv.limit = Limit::kDram;
  spmv.amount = kSparseRows * (kSparseMean * 12.0 + 8 + 8 + 8);
  spmv.share_required = 0.7;
  spmv.peer = "spmv";
  spmv.make = make_spmv;
  all.push_back(spmv);
  return all;
}

}  // namespace weir::main
