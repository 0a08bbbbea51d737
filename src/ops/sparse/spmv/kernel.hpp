// The kernel of sparse.spmv and what drives it. A block owns 256 rows. As many of them as have at
// most 1,024 entries together go at a time: their products are read and multiplied side by side
// into shared memory, whichever rows they belong to, and folded there.
#pragma once

#include "base/numeric/canonical.hpp"
#include "base/result.hpp"
#include "ops/device_run.hpp"
#include "ops/sparse/spmv/spmv.hpp"

namespace weir::ops {

// Rows of a matrix on a device: row r has the entries [offsets[r] - base, offsets[r + 1] - base).
struct DeviceCsrRows {
  const std::uint64_t* offsets;
  const std::uint32_t* columns;
  const double* values;
  std::uint64_t base;
  std::size_t rows;

  WEIR_HD std::size_t begin(std::size_t r) const { return offsets[r] - base; }
};

struct SpmvKernel {
  static constexpr std::uint32_t kRows = 256;  // of a block, and threads
  static constexpr unsigned kThreadsMax = kRows;
  static constexpr std::size_t kHeld = numeric::kCanonicalBlock;
  static constexpr std::size_t kLanes = numeric::kCanonicalLanes;
  static constexpr std::size_t kSharedBytes = device::shared_size<double>(kHeld);
  // Enough for a row of four tera-entries.
  using Counter = numeric::CanonicalCounter<double, numeric::CanonicalJoin, 32>;

  // The last of the rows up to `last` whose entries and those of all from `first` on fit.
  WEIR_HD static std::size_t rows_that_fit(const DeviceCsrRows& a, std::size_t first,
                                           std::size_t last) {
    const std::size_t limit = a.begin(first) + kHeld;
    std::size_t low = first;
    std::size_t high = last;
    while (low < high) {
      const std::size_t middle = (low + high + 1) / 2;
      if (a.begin(middle) <= limit) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  template <class Block>
  WEIR_HD static void multiply(Block& block, const DeviceCsrRows& a, const double* x,
                               std::size_t from, std::size_t n, double* products) {
    block.each_thread([&](unsigned t) {
      for (std::size_t e = t; e < n; e += kRows) {
        products[e] = 0.0 + a.values[from + e] * x[a.columns[from + e]];
      }
    });
  }

  // Folds the products of each row in place, so that its sum lies where its first product was. The
  // pairs (row, lane) of a step are shared out among the threads.
  template <class Block>
  WEIR_HD static void fold(Block& block, const DeviceCsrRows& a, std::size_t first, std::size_t end,
                           double* products) {
    const std::size_t from = a.begin(first);
    const auto for_each_pair = [&](std::size_t lanes, auto step) {
      block.each_thread([&](unsigned t) {
        for (std::size_t pair = t; pair < (end - first) * lanes; pair += kRows) {
          const std::size_t r = first + pair / lanes;
          step(products + (a.begin(r) - from), a.begin(r + 1) - a.begin(r), pair % lanes);
        }
      });
    };
    for_each_pair(kLanes, [](double* p, std::size_t n, std::size_t lane) {
      for (std::size_t e = lane + kLanes; e < n; e += kLanes) p[lane] += p[e];
    });
    for (std::size_t half = kLanes / 2; half != 0; half /= 2) {
      for_each_pair(half, [half](double* p, std::size_t n, std::size_t lane) {
        if (lane + half < n) p[lane] += p[lane + half];
      });
    }
  }

  // The same by one thread a row, where rows are short and many.
  template <class Block>
  WEIR_HD static void fold_alone(Block& block, const DeviceCsrRows& a, std::size_t first,
                                 std::size_t end, double* products) {
    const std::size_t from = a.begin(first);
    block.each_thread([&](unsigned t) {
      if (first + t >= end) return;
      double* const p = products + (a.begin(first + t) - from);
      const std::size_t n = a.begin(first + t + 1) - a.begin(first + t);
      for (std::size_t e = kLanes; e < n; ++e) p[e % kLanes] += p[e];
      for (std::size_t half = kLanes / 2; half != 0; half /= 2) {
        for (std::size_t lane = 0; lane < half && lane + half < n; ++lane)
          p[lane] += p[lane + half];
      }
    });
  }

  // A row of more than 1,024 entries, block after block.
  template <class Block>
  WEIR_HD static void long_row(Block& block, const DeviceCsrRows& a, const double* x, std::size_t r,
                               double* products, double* y) {
    auto sum = block.template per_thread<Counter>();
    const std::size_t end = a.begin(r + 1);
    for (std::size_t from = a.begin(r); from < end; from += kHeld) {
      const std::size_t n = end - from < kHeld ? end - from : kHeld;
      multiply(block, a, x, from, n, products);
      block.each_thread([&](unsigned t) {
        for (std::size_t e = t + kLanes; t < kLanes && e < n; e += kLanes)
          products[t] += products[e];
      });
      block.each_thread([&](unsigned t) {
        if (t != 0) return;
        for (std::size_t e = n; e < kLanes; ++e) products[e] = 0.0;
        sum[0].push(numeric::fold_lanes(products));
      });
    }
    block.each_thread([&](unsigned t) {
      if (t == 0) y[r] = numeric::one_nan(sum[0].result());
    });
  }

  template <class Block>
  WEIR_HD void operator()(Block& block, DeviceCsrRows a, const double* x, double* y) const {
    double* const products = block.template shared<double>(kHeld);
    std::size_t first = std::size_t{block.index()} * kRows;
    const std::size_t last = first + kRows < a.rows ? first + kRows : a.rows;
    while (first < last) {
      const std::size_t end = rows_that_fit(a, first, last);
      if (end == first) {
        long_row(block, a, x, first++, products, y);
        continue;
      }
      const std::size_t from = a.begin(first);
      multiply(block, a, x, from, a.begin(end) - from, products);
      if (end - first > kRows / 4) {
        fold_alone(block, a, first, end, products);
      } else {
        fold(block, a, first, end, products);
      }
      block.each_thread([&](unsigned t) {
        if (first + t >= end) return;
        const std::size_t at = a.begin(first + t);
        y[first + t] = at == a.begin(first + t + 1) ? 0.0 : numeric::one_nan(products[at - from]);
      });
      first = end;
    }
  }
};

template <class Launcher>
Status spmv_on_device(DeviceRun& run, const Spmv::Args& args, Spmv::Output& out) {
  WEIR_TRY(Spmv::check_output(args, out));
  WEIR_ASSIGN(const DeviceSpan<const double> x, run.keep(args.x));
  return run_chunks<Launcher>(
      run, args.a.rows(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const auto offsets = args.a.offsets().subspan(chunk.begin, chunk.rows() + 1);
        const std::size_t entries = offsets.back() - offsets[0];
        WEIR_ASSIGN(const auto places, lane.upload(offsets));
        WEIR_ASSIGN(const auto columns, lane.upload(args.a.columns().subspan(offsets[0], entries)));
        WEIR_ASSIGN(const auto values, lane.upload(args.a.values().subspan(offsets[0], entries)));
        WEIR_ASSIGN(const auto y, lane.template scratch<double>(chunk.rows()));
        const DeviceCsrRows rows{places.data, columns.data, values.data, offsets[0], chunk.rows()};
        const device::Grid grid =
            device::Grid::over(chunk.rows(), SpmvKernel::kRows, SpmvKernel::kSharedBytes);
        WEIR_TRY(lane.launch(grid, SpmvKernel{}, rows, x.data, y.data));
        return lane.download(y, out.y.subspan(chunk.begin, chunk.rows()));
      },
      [](const Chunk&) { return Status::ok(); });
}

}  // namespace weir::ops
