// The sparse ops against their references: every instruction set, one thread and two.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/isa.hpp"
#include "ops/sparse/build/build.hpp"
#include "ops/sparse/cg/cg.hpp"
#include "ops/sparse/from_dense/from_dense.hpp"
#include "ops/sparse/sparse_sample.hpp"
#include "ops/sparse/spgemm/spgemm.hpp"
#include "ops/sparse/spmm/spmm.hpp"
#include "ops/sparse/spmv/spmv.hpp"
#include "ops/sparse/transpose/transpose.hpp"

namespace weir::ops {
namespace {

constexpr std::uint64_t kSeed = 20261121;

template <class Check>
void on_every_run(Check check) {
  for (const unsigned threads : {1U, 2U}) {
    Workers workers(threads);
    for (const Isa isa : {Isa::kScalar, Isa::kSse4, Isa::kAvx2, Isa::kAvx512}) {
      limit_isa(isa);
      CpuRun run{workers};
      check(run);
    }
  }
}

template <class Values>
std::vector<std::uint64_t> bits(const Values& values) {
  std::vector<std::uint64_t> all;
  for (const double value : values) all.push_back(std::bit_cast<std::uint64_t>(value));
  return all;
}

void expect_equal(const Csr& got, const Csr& expected) {
  ASSERT_EQ(got.parts().rows, expected.parts().rows);
  ASSERT_EQ(got.parts().cols, expected.parts().cols);
  ASSERT_EQ(got.parts().offsets, expected.parts().offsets);
  ASSERT_EQ(got.parts().columns, expected.parts().columns);
  ASSERT_EQ(bits(got.parts().values), bits(expected.parts().values));
  const CsrView view = got.view();
  ASSERT_TRUE(csr_view(view.rows(), view.cols(), view.offsets(), view.columns(), view.values()));
}

// Runs op and reference on one argument and compares the matrices.
template <class Op>
void expect_reference(const typename Op::Args& args) {
  ASSERT_TRUE(Op::check(args));
  typename Op::Output expected;
  ASSERT_TRUE(Op::reference(args, expected));
  typename Op::Output out;
  on_every_run([&](CpuRun& run) {
    ASSERT_TRUE(Op::cpu(run, args, out));
    expect_equal(out.matrix, expected.matrix);
  });
}

TEST(CsrView, NamesWhatBreaksTheRules) {
  const std::uint64_t offsets[] = {0, 2, 3};
  const std::uint64_t descending[] = {0, 4, 3};
  const std::uint32_t columns[] = {0, 2, 1};
  const std::uint32_t twice[] = {1, 1, 1};
  const double values[] = {1, 2, 3};
  EXPECT_TRUE(csr_view(2, 3, offsets, columns, values));
  EXPECT_EQ(csr_view(3, 3, offsets, columns, values).error().message(),
            "3 rows, 3 offsets, 3 columns, 3 values");
  EXPECT_EQ(csr_view(2, 3, descending, columns, values).error().message(),
            "row 0 goes from 0 to 4");
  EXPECT_EQ(csr_view(2, 2, offsets, columns, values).error().message(),
            "column 2 in row 0 of 2 columns");
  EXPECT_EQ(csr_view(2, 3, offsets, twice, values).error().message(),
            "column 1 in row 0 of 3 columns");
  EXPECT_EQ(csr_view(2, kCsrColsMax + 1, offsets, columns, values).error().code(),
            Code::kInvalidArgument);
}

TEST(CsrView, CutsRowsByTheirEntries) {
  Philox rng(kSeed, 1);
  const Csr a = random_csr(rng, 1000, 500, 20);
  std::vector<std::size_t> first;
  cut_rows(a.view(), 100, first);
  EXPECT_EQ(first.front(), 0U);
  EXPECT_EQ(first.back(), 1000U);
  for (std::size_t t = 0; t + 1 < first.size(); ++t) {
    ASSERT_LT(first[t], first[t + 1]);
    EXPECT_LE(a.view().offsets()[first[t + 1]] - a.view().offsets()[first[t]], 100U);
  }
}

TEST(CsrBuild, SortsSumsInInputOrderAndKeepsZeros) {
  const std::uint32_t row[] = {1, 0, 1, 0, 1, 1};
  const std::uint32_t column[] = {2, 1, 0, 1, 2, 2};
  const double value[] = {1e100, 0, 5, 0, 1, -1e100};
  Workers workers(1);
  CpuRun run{workers};
  CsrBuild::Output out;
  CsrBuild::Args args{.rows = 3, .cols = 3, .row = row, .column = column, .value = value};
  ASSERT_TRUE(CsrBuild::cpu(run, args, out));
  EXPECT_EQ(out.matrix.parts().offsets, (HugeVector<std::uint64_t>{0, 1, 3, 3}));
  EXPECT_EQ(out.matrix.parts().columns, (HugeVector<std::uint32_t>{1, 0, 2}));
  EXPECT_EQ(out.matrix.parts().values, (HugeVector<double>{0, 5, 0}));  // (1e100 + 1) - 1e100
  args.prune = true;
  ASSERT_TRUE(CsrBuild::cpu(run, args, out));
  EXPECT_EQ(out.matrix.parts().offsets, (HugeVector<std::uint64_t>{0, 0, 1, 1}));
  EXPECT_EQ(out.matrix.parts().values, (HugeVector<double>{5}));
}

TEST(CsrBuild, EqualsTheReferenceOnRandomTriples) {
  Philox rng(kSeed, 2);
  for (const std::size_t rows : {0U, 1U, 7U, 100U, 9000U}) {
    for (const std::size_t cols : {1U, 5U, 3000U}) {
      const std::size_t count = rows == 0 ? 0 : rng.next_below(20'000);
      std::vector<std::uint32_t> row(count), column(count);
      std::vector<double> value(count);
      for (std::size_t i = 0; i < count; ++i) {
        row[i] = rng.next_below(static_cast<std::uint32_t>(rows));
        column[i] = rng.next_below(static_cast<std::uint32_t>(cols));
        value[i] = rng.next_below(4) == 0 ? 0 : rng.next_unit() - 0.5;
      }
      for (const bool prune : {false, true}) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ": " << rows << " x " << cols);
        expect_reference<CsrBuild>({rows, cols, row, column, value, prune});
      }
    }
  }
}

TEST(CsrBuild, NamesTheTripleOutsideTheShape) {
  const std::uint32_t row[] = {0, 1};
  const std::uint32_t column[] = {0, 3};
  const double value[] = {1, 1};
  EXPECT_EQ(CsrBuild::check({2, 3, row, column, value}).message(),
            "triple 1 lies at (1, 3) of a 2 x 3 matrix");
  EXPECT_EQ(CsrBuild::check({2, 3, {row, 1}, column, value}).message(),
            "1 rows, 2 columns, 2 values");
}

TEST(CsrFromDense, ConvertsWhatHasMoreZerosThanNot) {
  Philox rng(kSeed, 3);
  for (const std::size_t cols : {1U, 33U, 511U, 512U, 513U, 1500U}) {
    Matrix<double> dense(300, cols);
    for (std::size_t r = 0; r < 300; ++r) {
      for (std::size_t c = 0; c < cols; ++c) {
        const std::uint32_t kind = rng.next_below(10);
        dense(r, c) = kind < 6 ? 0.0 : kind == 6 ? -0.0 : kind == 7 ? std::nan("") : 1.0 + kind;
      }
    }
    expect_reference<CsrFromDense>({dense.view()});
    expect_reference<CsrFromDense>({MatrixView<double>(dense.view()).block(7, 0, 100, cols / 2)});
  }
}

TEST(CsrFromDense, LeavesAMatrixOfHalfZerosUnlessToldTo) {
  const double values[] = {0, 1, 2, 0};
  Workers workers(1);
  CpuRun run{workers};
  CsrFromDense::Output out;
  ASSERT_TRUE(CsrFromDense::cpu(run, {{values, 2, 2}}, out));
  EXPECT_EQ(out.zeros, 2U);
  EXPECT_FALSE(out.converted);
  ASSERT_TRUE(CsrFromDense::cpu(run, {{values, 2, 2}, MatrixFormat::kCsr}, out));
  EXPECT_TRUE(out.converted);
  EXPECT_EQ(out.matrix.parts().values, (HugeVector<double>{1, 2}));
}

TEST(CsrTranspose, EqualsTheReferenceAndUndoesItself) {
  Philox rng(kSeed, 4);
  for (const std::size_t rows : {0U, 1U, 33U, 2000U}) {
    const Csr a = random_csr(rng, rows, 777, 9);
    expect_reference<CsrTranspose>({a.view()});
    Workers workers(1);
    CpuRun run{workers};
    CsrTranspose::Output once, twice;
    ASSERT_TRUE(CsrTranspose::cpu(run, {a.view()}, once));
    ASSERT_TRUE(CsrTranspose::cpu(run, {once.matrix.view()}, twice));
    expect_equal(twice.matrix, a);
  }
}

void expect_product(const Csr& a, const std::vector<double>& x) {
  std::vector<double> expected(a.parts().rows);
  std::vector<double> y(a.parts().rows);
  Spmv::Output reference{expected};
  Spmv::Output out{y};
  ASSERT_TRUE(Spmv::check({a.view(), x}));
  ASSERT_TRUE(Spmv::reference({a.view(), x}, reference));
  on_every_run([&](CpuRun& run) {
    y.assign(y.size(), -1);
    ASSERT_TRUE(Spmv::cpu(run, {a.view(), x}, out));
    ASSERT_EQ(bits(y), bits(expected)) << "seed " << kSeed;
  });
}

TEST(Spmv, SumsEveryLengthOfRowCanonically) {
  Philox rng(kSeed, 5);
  for (const double scale : {1.0, -0.0}) {  // products of -0.0 sum to +0.0
    CsrParts parts{.rows = 0, .cols = 5000};
    for (std::size_t n = 0; n < 140; ++n) {
      for (std::size_t i = 0; i < n; ++i) {
        parts.columns.push_back(static_cast<std::uint32_t>(i * 35 + rng.next_below(35)));
        parts.values.push_back(scale * (1 + rng.next_unit()));
      }
      parts.offsets.push_back(parts.columns.size());
      ++parts.rows;
    }
    for (const std::size_t n : {1023U, 1024U, 1025U, 2047U, 2048U, 3100U, 5000U}) {
      for (std::size_t i = 0; i < n; ++i) {
        parts.columns.push_back(static_cast<std::uint32_t>(i));
        parts.values.push_back(scale * (1 + rng.next_unit()));
      }
      parts.offsets.push_back(parts.columns.size());
      ++parts.rows;
    }
    std::vector<double> x = random_vector(rng, 5000);
    for (double& value : x) value = std::abs(value) + 1e-9;
    expect_product(Csr(std::move(parts)), x);
  }
}

TEST(Spmv, EqualsTheReferenceOnShortAndLongRows) {
  Philox rng(kSeed, 6);
  for (const std::size_t rows : {0U, 1U, 31U, 33U, 65U, 5000U}) {
    for (const std::size_t mean : {0U, 1U, 3U, 12U, 100U}) {
      const Csr a = random_csr(rng, rows, 400, mean);
      expect_product(a, random_vector(rng, 400));
    }
  }
  expect_product(tridiagonal(70'000, -1, 2, -1), random_vector(rng, 70'000));
}

TEST(Spmv, TouchesOnlyWhatIsStored) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::nan("");
  std::vector<double> x(40, 1.0);
  x[0] = nan;  // in a column of the first row alone
  x[39] = inf;
  CsrParts parts{.rows = 4, .cols = 40};
  parts.columns = {0, 1, 2, 39, 5, 39};
  parts.values = {1, 1e300, 5e-324, 0.0, 1, -1};
  parts.offsets = {0, 2, 3, 4, 6};
  const Csr a(std::move(parts));
  expect_product(a, x);
  Workers workers(1);
  CpuRun run{workers};
  std::vector<double> y(4);
  Spmv::Output out{y};
  ASSERT_TRUE(Spmv::cpu(run, {a.view(), x}, out));
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(y[1], 5e-324);
  EXPECT_TRUE(std::isnan(y[2]));  // a stored zero times infinity
  EXPECT_EQ(y[3], -inf);
}

// Returns rows of such lengths, of columns from anywhere.
Csr rows_of_lengths(Philox& rng, const std::vector<std::uint32_t>& lengths) {
  CsrParts parts{.rows = lengths.size(), .cols = 3000};
  for (const std::uint32_t n : lengths) {
    const std::uint32_t step = 3000 / std::max(n, 1U);
    for (std::uint32_t i = 0; i < n; ++i) {
      parts.columns.push_back(i * step + rng.next_below(step));
      parts.values.push_back(2 * rng.next_unit() - 1);
    }
    parts.offsets.push_back(parts.columns.size());
  }
  return Csr(std::move(parts));
}

// Rows fold in groups by their longest: lengths on both sides of every limit, and more than fit
// into the buffer of products.
TEST(Spmv, EqualsTheReferenceWhereverRowsFoldTogether) {
  Philox rng(kSeed, 71);
  const std::vector<double> x = random_vector(rng, 3000);
  for (const std::uint32_t end : {2U, 9U, 10U, 17U, 18U, 33U, 34U, 129U, 300U, 1026U, 2100U}) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", lengths below " << end);
    std::vector<std::uint32_t> lengths(4000 / end + 37);
    for (std::uint32_t& n : lengths) n = rng.next_below(end);
    expect_product(rows_of_lengths(rng, lengths), x);
  }
}

// A row of more than a canonical block fits into the buffer together with short ones.
TEST(Spmv, SumsALongRowAmongShortOnesBlockByBlock) {
  Philox rng(kSeed, 73);
  const std::vector<double> x = random_vector(rng, 3000);
  for (const std::uint32_t n : {3U, 300U}) {
    for (std::size_t at = 0; at < 19; ++at) {
      std::vector<std::uint32_t> lengths(19, n);
      lengths[at] = 1025 + rng.next_below(600);
      expect_product(rows_of_lengths(rng, lengths), x);
    }
  }
}

// Lanes start at +0.0, so that no sum is -0.0: not even in rows that leave no lane empty.
TEST(Spmv, SumsFullLanesOfNegativeZerosToPositiveZero) {
  for (const std::size_t n : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 1024U}) {
    CsrParts parts{.rows = 19, .cols = n};
    for (std::size_t r = 0; r < parts.rows; ++r) {
      for (std::size_t i = 0; i < n; ++i) parts.columns.push_back(static_cast<std::uint32_t>(i));
      parts.offsets.push_back(parts.columns.size());
    }
    parts.values.assign(parts.columns.size(), 1.0);
    const Csr a(std::move(parts));
    const std::vector<double> x(n, -0.0);
    on_every_run([&](CpuRun& run) {
      std::vector<double> y(19, 1.0);
      Spmv::Output out{y};
      ASSERT_TRUE(Spmv::cpu(run, {a.view(), x}, out));
      ASSERT_EQ(bits(y), bits(std::vector<double>(19, 0.0))) << n << " entries a row";
    });
  }
}

TEST(Spmv, NamesBothShapes) {
  EXPECT_EQ(Spmv::check({tridiagonal(4, 1, 2, 1).view(), {}}).message(),
            "A is 4 x 4, x has 0 elements");
}

TEST(Spmm, EqualsTheReferenceAndSpmvColumnByColumn) {
  Philox rng(kSeed, 7);
  for (const std::size_t n : {0U, 1U, 3U, 31U, 32U, 33U, 70U}) {
    for (const std::size_t mean : {0U, 4U, 30U, 900U}) {
      const Csr a = random_csr(rng, 40, 1500, mean);
      Matrix<double> b(1500, n + 2);
      for (std::size_t i = 0; i < 1500 * (n + 2); ++i) b.data()[i] = rng.next_unit() - 0.5;
      const MatrixView<double> view = MatrixView<double>(b.view()).block(0, 1, 1500, n);
      Matrix<double> expected(40, n);
      Spmm::Output reference{expected.view()};
      ASSERT_TRUE(Spmm::reference({a.view(), view}, reference));
      on_every_run([&](CpuRun& run) {
        Matrix<double> c(40, n);
        Spmm::Output out{c.view()};
        ASSERT_TRUE(Spmm::cpu(run, {a.view(), view}, out));
        ASSERT_EQ(bits(std::span(c.data(), 40 * n)), bits(std::span(expected.data(), 40 * n)))
            << "seed " << kSeed << " n " << n << " mean " << mean;
      });
    }
  }
  const double four[] = {1, 2, 3, 4};
  EXPECT_EQ(Spmm::check({tridiagonal(3, 1, 2, 1).view(), {four, 2, 2}}).message(),
            "A is 3 x 3, B is 2 x 2");
}

TEST(Spgemm, EqualsTheReference) {
  Philox rng(kSeed, 8);
  for (const std::size_t mean : {0U, 1U, 5U, 40U}) {
    const Csr a = random_csr(rng, 700, 300, mean);
    const Csr b = random_csr(rng, 300, 20'000, mean);
    const Csr narrow = random_csr(rng, 300, 64, mean);
    expect_reference<Spgemm>({a.view(), b.view()});
    expect_reference<Spgemm>({a.view(), narrow.view()});
  }
  EXPECT_EQ(
      Spgemm::check({tridiagonal(3, 1, 2, 1).view(), tridiagonal(2, 1, 2, 1).view()}).message(),
      "A is 3 x 3, B is 2 x 2");
}

// A caller's mistake is an answer, not the end of the process.
TEST(Sparse, RefusesOutputsOfAnotherShape) {
  const Csr a = tridiagonal(3, -1, 2, -1);
  const std::vector<double> three(3);
  std::vector<double> two(2);
  Workers workers(1);
  CpuRun run{workers};
  Spmv::Output product{two};
  EXPECT_EQ(Spmv::cpu(run, {a.view(), three}, product).message(), "y has 2 elements of 3");
  EXPECT_EQ(Spmv::reference({a.view(), three}, product).code(), Code::kInvalidArgument);
  Cg::Output solution{.x = two};
  const Cg::Args system{.a = a.view(), .b = three, .start = {}};
  EXPECT_EQ(Cg::cpu(run, system, solution).message(), "x has 2 elements of 3");
  EXPECT_EQ(Cg::reference(system, solution).code(), Code::kInvalidArgument);
  Spmm::Output matrix{{two.data(), 2, 1}};
  const Spmm::Args args{a.view(), {three.data(), 3, 1}};
  EXPECT_EQ(Spmm::cpu(run, args, matrix).message(), "A B is 3 x 1, C is 2 x 1");
  EXPECT_EQ(Spmm::reference(args, matrix).code(), Code::kInvalidArgument);
}

// One more than the largest number of rows is 0, as many offsets as there were.
TEST(Csr, RefusesRowsWhoseOffsetsNobodyCouldCount) {
  const auto view = csr_view(std::numeric_limits<std::size_t>::max(), 3, {}, {}, {});
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().reason(), "lengths_differ");
}

// A row costs 16 bytes while a matrix is built, also an empty one.
TEST(CsrBuild, RefusesRowsThatNoTripleFills) {
  constexpr std::size_t kRowsFree = std::size_t{1} << 24;
  const std::vector<std::uint32_t> at((std::size_t{1} << 20) + 1, 0);
  const std::vector<double> value(at.size(), 1.0);
  const auto check = [&](std::size_t rows, std::size_t triples) {
    return CsrBuild::check({.rows = rows,
                            .cols = 1,
                            .row = std::span(at).first(triples),
                            .column = std::span(at).first(triples),
                            .value = std::span(value).first(triples)});
  };
  EXPECT_TRUE(check(kRowsFree, 1).is_ok());
  EXPECT_EQ(check(kRowsFree + 1, 1).reason(), "rows_too_many");
  EXPECT_EQ(check(std::size_t{1} << 60, 1).message(), "1152921504606846976 rows of 1 triples");
  EXPECT_TRUE(check(kRowsFree + 16, at.size()).is_ok());
  EXPECT_EQ(check(kRowsFree + 17, at.size()).reason(), "rows_too_many");
}

TEST(Spgemm, SquaresATridiagonalMatrix) {
  Workers workers(1);
  CpuRun run{workers};
  Spgemm::Output out;
  const Csr a = tridiagonal(5, -1, 2, -1);
  EXPECT_EQ(a.view().entries(), 13U);  // 3 n - 2
  ASSERT_TRUE(Spgemm::cpu(run, {a.view(), a.view()}, out));
  const CsrView square = out.matrix.view();
  EXPECT_EQ(square.entries(), 19U);
  const std::vector<double> middle(square.values().begin() + 7, square.values().begin() + 12);
  EXPECT_EQ(middle, (std::vector<double>{1, -4, 6, -4, 1}));
}

}  // namespace
}  // namespace weir::ops
