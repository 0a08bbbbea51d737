// Row by row into a dense accumulator (Gustavson, 1978). A bit a column says which elements are in
// use; the bits of a crowded row are read off in order, the columns of a thin one are sorted.
#include <algorithm>
#include <bit>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>

#include "base/numeric/canonical.hpp"
#include "base/prefetch.hpp"
#include "ops/sparse/spgemm/spgemm.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kTaskEntries = std::size_t{1} << 14;

// Looking at a word of bits takes half a nanosecond, sorting an element of a row about twenty.
constexpr std::size_t kWordsPerSorted = 32;

class Accumulator {
 public:
  explicit Accumulator(std::size_t cols)
      : sums_(cols), used_((cols + 63) / 64, 0), touched_(cols) {}

  void add(double factor, std::span<const std::uint32_t> columns, const double* values) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::uint32_t column = columns[i];
      const std::uint64_t bit = std::uint64_t{1} << column % 64;
      const double product = factor * values[i];
      if ((used_[column / 64] & bit) != 0) {
        sums_[column] += product;
      } else {
        used_[column / 64] |= bit;
        sums_[column] = product;
        touched_[count_++] = column;
      }
    }
  }

  // Appends the row, sorted, and forgets it.
  std::size_t drain(HugeVector<std::uint32_t>& columns, HugeVector<double>& values) {
    const std::size_t count = std::exchange(count_, 0);
    if (count == 0) return 0;
    const std::span<std::uint32_t> touched(touched_.data(), count);
    const auto [low, high] = std::minmax_element(touched.begin(), touched.end());
    const std::size_t first = *low / 64;
    const std::size_t last = *high / 64;
    if (last - first < kWordsPerSorted * count) {
      for (std::size_t word = first; word <= last; ++word) {
        for (std::uint64_t bits = std::exchange(used_[word], 0); bits != 0; bits &= bits - 1) {
          const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
          columns.push_back(static_cast<std::uint32_t>(word * 64 + bit));
        }
      }
    } else {
      std::sort(touched.begin(), touched.end());
      for (const std::uint32_t column : touched) used_[column / 64] = 0;
      columns.insert(columns.end(), touched.begin(), touched.end());
    }
    const std::size_t before = values.size();
    values.resize(before + count);
    for (std::size_t i = 0; i < count; ++i) {
      values[before + i] = numeric::one_nan(sums_[columns[before + i]]);
    }
    return count;
  }

 private:
  HugeVector<double> sums_;
  std::vector<std::uint64_t> used_;
  HugeVector<std::uint32_t> touched_;
  std::size_t count_ = 0;
};

// As many accumulators as tasks run at once.
class Accumulators {
 public:
  explicit Accumulators(std::size_t cols) : cols_(cols) {}
  std::unique_ptr<Accumulator> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Accumulator> own = std::move(free_.back());
        free_.pop_back();
        return own;
      }
    }
    return std::make_unique<Accumulator>(cols_);
  }
  void give(std::unique_ptr<Accumulator> own) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(own));
  }

 private:
  std::size_t cols_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Accumulator>> free_;
};

// Rows of B are met at random: the offsets of one are there when its turn comes to be fetched,
// because all offsets are few.
constexpr std::size_t kAhead = 4;

void prefetch_row(const CsrView& b, std::size_t k) {
  const std::uint64_t at = b.offsets()[k];
  prefetch(b.columns().data() + at);
  prefetch(b.values().data() + at);
  prefetch(b.values().data() + at + 8);
}

struct Piece {
  HugeVector<std::uint32_t> columns;
  HugeVector<double> values;
};

}  // namespace

Status Spgemm::check(const Args& args) {
  if (args.a.cols() == args.b.rows()) return Status::ok();
  return invalid_argument("shapes_differ", "A is " + std::to_string(args.a.rows()) + " x " +
                                               std::to_string(args.a.cols()) + ", B is " +
                                               std::to_string(args.b.rows()) + " x " +
                                               std::to_string(args.b.cols()))
      .at("b");
}

Support Spgemm::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedType, "sparse times sparse runs on the CPU");
}

Footprint Spgemm::footprint(const Args& args) {
  const double mean = static_cast<double>(args.b.entries()) /
                      static_cast<double>(std::max<std::size_t>(1, args.b.rows()));
  const double products = static_cast<double>(args.a.entries()) * mean;
  return {.rows = args.a.rows(),
          .bytes_in = args.a.bytes(),
          .bytes_out = static_cast<std::uint64_t>(products) * 12 + args.a.rows() * 8,
          .bytes_scratch = args.b.cols() * 9,
          .bytes_resident = args.b.bytes(),
          .flops = 2 * products,
          .ceiling = Ceiling::kLatency,
          .chunkable = false};
}

Status Spgemm::cpu(CpuRun& run, const Args& args, Output& out) {
  const CsrView& a = args.a;
  const CsrView& b = args.b;
  CsrParts parts = out.matrix.take();
  parts.rows = a.rows();
  parts.cols = b.cols();
  parts.offsets.assign(a.rows() + 1, 0);
  std::vector<std::size_t> first;
  cut_rows(a, kTaskEntries, first);
  std::vector<Piece> pieces(first.size() - 1);
  Accumulators accumulators(b.cols());
  run.workers.run(pieces.size(), [&](std::size_t task) {
    std::unique_ptr<Accumulator> row = accumulators.take();
    for (std::size_t r = first[task]; r < first[task + 1]; ++r) {
      for (std::size_t e = a.offsets()[r]; e < a.offsets()[r + 1]; ++e) {
        const std::size_t k = a.columns()[e];
        if (e + kAhead < a.entries()) prefetch_row(b, a.columns()[e + kAhead]);
        row->add(a.values()[e], b.columns().subspan(b.offsets()[k], b.row_entries(k)),
                 b.values().data() + b.offsets()[k]);
      }
      parts.offsets[r + 1] = row->drain(pieces[task].columns, pieces[task].values);
    }
    accumulators.give(std::move(row));
  });
  std::partial_sum(parts.offsets.begin(), parts.offsets.end(), parts.offsets.begin());
  parts.columns.resize(parts.offsets.back());
  parts.values.resize(parts.offsets.back());
  run.workers.run(pieces.size(), [&](std::size_t task) {
    const auto at = static_cast<std::ptrdiff_t>(parts.offsets[first[task]]);
    std::copy(pieces[task].columns.begin(), pieces[task].columns.end(), parts.columns.begin() + at);
    std::copy(pieces[task].values.begin(), pieces[task].values.end(), parts.values.begin() + at);
  });
  out.matrix = Csr(std::move(parts));
  return Status::ok();
}

}  // namespace weir::ops
