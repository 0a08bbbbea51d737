#include "model/numeric/sparse_products.hpp"

#include <algorithm>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/numeric/sparse_products.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weir::model::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Adds values[a] times the row `dense`, which holds values at columns and zeros elsewhere, from
// columns[a] on to row columns[a] of gram. A product and a sum, never one rounding for both: the
// same bits on every instruction set. The zeros change nothing.
void add_outer(const std::uint32_t* columns, const double* values, std::size_t count,
               const double* dense, std::size_t cols, double* gram) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t a = 0; a < count; ++a) {
    double* const to = gram + columns[a] * cols;
    const double value = values[a];
    const auto factor = hn::Set(d, value);
    std::size_t i = columns[a];
    for (; i + lanes <= cols; i += lanes) {
      const auto product = hn::Mul(factor, hn::LoadU(d, dense + i));
      hn::StoreU(hn::Add(hn::LoadU(d, to + i), product), d, to + i);
    }
    for (; i < cols; ++i) to[i] += value * dense[i];
  }
}

}  // namespace weir::model::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::model {
namespace {

HWY_EXPORT(add_outer);

constexpr std::size_t kPartialBytesMax = std::size_t{256} << 20;
constexpr std::size_t kTasksMax = 32;
constexpr std::size_t kTaskEntriesMin = std::size_t{1} << 16;
// From one stored entry in so many columns on, whole rows on vector units are faster than pairs.
constexpr std::size_t kPairsColumns = 8;

// Adds rows [first, last): each entry with those right of it.
void add_rows(const ops::CsrView& x, std::span<const double> y, std::size_t first, std::size_t last,
              Products& part) {
  const std::size_t cols = part.gram.cols();
  std::vector<double> dense(cols);
  for (std::size_t i = first; i < last; ++i) {
    const auto columns = x.columns().subspan(x.offsets()[i], x.row_entries(i));
    const auto values = x.values().subspan(x.offsets()[i], x.row_entries(i));
    const double t = y[i] - part.y_shift;
    part.y_sum += t;
    for (std::size_t a = 0; a < columns.size(); ++a) {
      part.sums[columns[a]] += values[a];
      part.xy[columns[a]] += values[a] * t;
    }
    if (columns.size() * kPairsColumns < cols) {
      for (std::size_t a = 0; a < columns.size(); ++a) {
        double* const row = part.gram.data() + columns[a] * cols;
        for (std::size_t b = a; b < columns.size(); ++b) row[columns[b]] += values[a] * values[b];
      }
      continue;
    }
    for (std::size_t a = 0; a < columns.size(); ++a) dense[columns[a]] = values[a];
    HWY_DYNAMIC_DISPATCH(add_outer)
    (columns.data(), values.data(), columns.size(), dense.data(), cols, part.gram.data());
    for (const std::uint32_t column : columns) dense[column] = 0;
  }
}

}  // namespace

void add_compressed_rows(const ops::CsrView& x, std::span<const double> y, ops::Workers& workers,
                         Products& total) {
  const std::size_t cols = x.cols();
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
    add_rows(x, y, cuts[t * pieces / tasks], cuts[(t + 1) * pieces / tasks], parts[t]);
  });
  for (const Products& part : parts) total.join(part);
}

void mirror(ops::Matrix<double>& gram) {
  for (std::size_t i = 0; i < gram.rows(); ++i) {
    for (std::size_t j = i + 1; j < gram.cols(); ++j) gram(j, i) = gram(i, j);
  }
}

}  // namespace weir::model
#endif
