#include "ops/window/frame_values.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include "ops/group/assign/group_assign.hpp"
#include "ops/group/block_moments.hpp"
#include "ops/group/block_sum.hpp"

namespace weir::ops {
namespace {

// Numbers in the table's order of rows, each from its place.
template <class T>
class Results {
 public:
  Results(ColumnType type, const WindowOrder& order)
      : order_(order),
        column_(std::make_shared<Column>(type, order.rows.size())),
        valid_((order.rows.size() + 63) / 64) {
    valid_.fill(0);
  }
  void set(std::size_t place, T value) {
    const std::uint32_t row = order_.rows[place];
    column_->mutable_values<T>()[row] = value;
    valid_[row / 64] |= std::uint64_t{1} << (row % 64);
  }
  void set_null(std::size_t place) { column_->mutable_values<T>()[order_.rows[place]] = T{}; }
  ColumnPtr finish() {
    if (column_->rows() != 0) column_->set_validity(std::move(valid_));
    return column_;
  }

 private:
  const WindowOrder& order_;
  std::shared_ptr<Column> column_;
  Buffer<std::uint64_t> valid_;
};

// One aggregate over all frames. Values are read place by place.
class Frames {
 public:
  Frames(OpRunner& run, const Aggregate& what, const Column* values, const WindowOrder& order,
         const FrameBounds& frames)
      : run_(run),
        what_(what),
        values_(values),
        order_(order),
        frames_(frames),
        rows_(order.rows.size()),
        counts_(rows_ + 1) {
    counts_[0] = 0;
    for (std::size_t p = 0; p < rows_; ++p) counts_[p + 1] = counts_[p] + (valid(p) ? 1 : 0);
  }

  ColumnPtr count() {
    Results<std::int64_t> out(ColumnType::i64(), order_);
    for (std::size_t p = 0; p < rows_; ++p) out.set(p, count_at(p));
    return out.finish();
  }

  Result<ColumnPtr> integer_sum(ColumnType type, const EvaluateOptions& options,
                                std::uint64_t* errors) {
    const Buffer<__int128> sums = prefix_sums();
    Results<std::int64_t> out(type, order_);
    std::uint32_t beyond = Column::kNoRow;
    std::uint64_t lost = 0;
    for (std::size_t p = 0; p < rows_; ++p) {
      const __int128 sum = sums[frames_.end[p]] - sums[frames_.begin[p]];
      if (count_at(p) == 0) {
        out.set_null(p);
      } else if (sum_fits(type, sum)) {
        out.set(p, static_cast<std::int64_t>(sum));
      } else {
        beyond = std::min(beyond, order_.rows[p]);
        out.set_null(p);
        ++lost;
      }
    }
    if (lost != 0 && !options.errors_are_null) return fail(sum_overflow(beyond));
    if (errors != nullptr) *errors += lost;
    return out.finish();
  }

  ColumnPtr integer_average() {
    const Buffer<__int128> sums = prefix_sums();
    return doubles(1, [&](std::size_t p) {
      const __int128 sum = sums[frames_.end[p]] - sums[frames_.begin[p]];
      return sum_to_f64(values_->type(), sum) / static_cast<double>(count_at(p));
    });
  }

  // Sums and averages of floats, and moments of anything: folded from the frame's first place on,
  // going on where the frame has only grown.
  ColumnPtr float_sum(bool average) {
    BlockSum sum;
    return fold([&] { sum = {}; }, [&](double value) { sum.join(value); }, 1,
                [&](std::size_t p) {
                  const double total = sum.result();
                  return average ? total / static_cast<double>(count_at(p)) : total;
                });
  }

  ColumnPtr variance() {
    const bool sample =
        what_.kind == AggregateKind::kVarSamp || what_.kind == AggregateKind::kStddevSamp;
    const bool root =
        what_.kind == AggregateKind::kStddevPop || what_.kind == AggregateKind::kStddevSamp;
    BlockMoments all;
    return fold([&] { all = {}; },
                [&](double value) {
                  all.join({1, value, 0});
                },
                sample ? 2 : 1,
                [&](std::size_t) {
                  const double value = all.m2 / (sample ? all.n - 1 : all.n);
                  return root ? std::sqrt(value) : value;
                });
  }

  // Of equal values the first in order.
  ColumnPtr extreme(int sign) {
    std::deque<std::size_t> best;  // places whose values get worse, and none behind beats
    std::size_t added = 0;
    return pick([&](std::size_t p) {
      added = std::max<std::size_t>(added, frames_.begin[p]);
      for (; added < frames_.end[p]; ++added) {
        if (!valid(added)) continue;
        const expr::Value value = at(added);
        while (!best.empty() && compare_values(values_->type(), value, at(best.back())) == sign) {
          best.pop_back();
        }
        best.push_back(added);
      }
      while (!best.empty() && best.front() < frames_.begin[p]) best.pop_front();
      return best.empty() ? rows_ : best.front();
    });
  }

  ColumnPtr edge(bool last) {
    // near[p]: the nearest place with a value, at or behind p (first) or before p (last).
    Buffer<std::size_t> near(rows_ + 1);
    if (last) {
      near[0] = rows_;
      for (std::size_t p = 0; p < rows_; ++p) near[p + 1] = valid(p) ? p : near[p];
    } else {
      near[rows_] = rows_;
      for (std::size_t p = rows_; p-- > 0;) near[p] = valid(p) ? p : near[p + 1];
    }
    return pick([&](std::size_t p) {
      const std::size_t found = near[last ? frames_.end[p] : frames_.begin[p]];
      const bool inside = found >= frames_.begin[p] && found < frames_.end[p];
      return inside ? found : rows_;
    });
  }

  Result<ColumnPtr> count_distinct() {
    const KeyColumn key{values_};
    const KeyWords words = encode_keys({&key, 1}, rows_, KeyUse::kEquality);
    WEIR_ASSIGN(const GroupedRows numbers, grouped_words(run_, words, rows_));
    std::vector<std::uint32_t> uses(numbers.first_rows.size());
    std::int64_t distinct = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    const auto change = [&](std::size_t place, int by) {
      if (!valid(place)) return;
      std::uint32_t& count = uses[numbers.ids[order_.rows[place]]];
      if (by > 0) distinct += count++ == 0 ? 1 : 0;
      if (by < 0) distinct -= --count == 0 ? 1 : 0;
    };
    Results<std::int64_t> out(ColumnType::i64(), order_);
    for (std::size_t p = 0; p < rows_; ++p) {
      for (; begin < std::min<std::size_t>(end, frames_.begin[p]); ++begin) change(begin, -1);
      begin = frames_.begin[p];
      end = std::max(end, begin);
      for (; end < frames_.end[p]; ++end) change(end, 1);
      out.set(p, distinct);
    }
    return out.finish();
  }

  ColumnPtr quantile() {
    std::vector<double> sorted;
    const auto less = [](double a, double b) { return expr::compare_f64(a, b) < 0; };
    std::size_t begin = 0;
    std::size_t end = 0;
    return doubles(1, [&](std::size_t p) {
      worked(sorted.size() / 8);  // values that an insertion moves
      for (; begin < std::min<std::size_t>(end, frames_.begin[p]); ++begin) {
        if (!valid(begin)) continue;
        sorted.erase(std::lower_bound(sorted.begin(), sorted.end(), number(begin), less));
      }
      begin = frames_.begin[p];
      end = std::max(end, begin);
      for (; end < frames_.end[p]; ++end) {
        if (!valid(end)) continue;
        const double value = number(end);
        sorted.insert(std::upper_bound(sorted.begin(), sorted.end(), value, less), value);
      }
      if (sorted.empty()) return 0.0;
      const double h = static_cast<double>(sorted.size() - 1) * what_.q;
      const auto low = static_cast<std::size_t>(h);
      const double part = h - static_cast<double>(low);
      const double below = sorted[low];
      const double above = sorted[std::min(low + 1, sorted.size() - 1)];
      return part == 0 || below == above ? below : below + (above - below) * part;
    });
  }

  // Whether the time was over or somebody cancelled; then what was computed is no result.
  const Status& stopped() const { return stopped_; }

 private:
  static constexpr std::size_t kWorkUnasked = 1 << 20;

  // Frames may be as long as the table: asks now and then whether to go on.
  void worked(std::size_t values) {
    work_ += values;
    if (work_ < kWorkUnasked) return;
    work_ = 0;
    stopped_ = run_.go_on();
  }
  bool valid(std::size_t place) const {
    return values_ == nullptr || values_->valid(order_.rows[place]);
  }
  expr::Value at(std::size_t place) const { return values_->at(order_.rows[place]); }
  std::int64_t count_at(std::size_t p) const {
    return counts_[frames_.end[p]] - counts_[frames_.begin[p]];
  }
  __int128 integer(std::size_t place) const {
    const std::int64_t value = at(place).i;
    return values_->type().is(ColumnKind::kU64) ? __int128{static_cast<std::uint64_t>(value)}
                                                : __int128{value};
  }
  double number(std::size_t place) const {
    return values_->type().floating() ? at(place).f : sum_to_f64(values_->type(), integer(place));
  }

  Buffer<__int128> prefix_sums() const {
    Buffer<__int128> sums(rows_ + 1);
    sums[0] = 0;
    for (std::size_t p = 0; p < rows_; ++p) sums[p + 1] = sums[p] + (valid(p) ? integer(p) : 0);
    return sums;
  }

  // Doubles of the frames with at least `least` values.
  template <class Value>
  ColumnPtr doubles(std::int64_t least, Value&& value) {
    Results<double> out(ColumnType::f64(), order_);
    for (std::size_t p = 0; p < rows_ && stopped_.is_ok(); ++p) {
      const double got = value(p);
      if (count_at(p) < least) {
        out.set_null(p);
      } else {
        out.set(p, one_nan(got));
      }
    }
    return out.finish();
  }

  template <class Reset, class Add, class Value>
  ColumnPtr fold(Reset&& reset, Add&& add, std::int64_t least, Value&& value) {
    std::size_t begin = 0;
    std::size_t end = 0;
    return doubles(least, [&](std::size_t p) {
      if (frames_.begin[p] != begin || frames_.end[p] < end) {
        reset();
        begin = end = frames_.begin[p];
        worked(frames_.end[p] - end);
      }
      for (; end < frames_.end[p]; ++end) {
        if (valid(end)) add(number(end));
      }
      return value(p);
    });
  }

  // The values at the places that choose(place) names; null at rows_.
  template <class Choose>
  ColumnPtr pick(Choose&& choose) {
    Buffer<std::uint32_t> from(rows_);
    for (std::size_t p = 0; p < rows_; ++p) {
      const std::size_t place = choose(p);
      from[order_.rows[p]] = place == rows_ ? Column::kNoRow : order_.rows[place];
    }
    return take(*values_, from.span());
  }

  OpRunner& run_;
  const Aggregate& what_;
  const Column* values_;
  const WindowOrder& order_;
  const FrameBounds& frames_;
  std::size_t rows_;
  Buffer<std::int64_t> counts_;  // of values before each place
  std::size_t work_ = 0;         // since it was last asked whether to go on
  Status stopped_;
};

Result<ColumnPtr> values_of(Frames& all, AggregateKind kind, ColumnType argument, ColumnType type,
                            const EvaluateOptions& options, std::uint64_t* errors) {
  switch (kind) {
    case AggregateKind::kCount:
      return all.count();
    case AggregateKind::kSum:
      if (type.floating()) return all.float_sum(false);
      return all.integer_sum(type, options, errors);
    case AggregateKind::kAvg:
      return argument.floating() ? all.float_sum(true) : all.integer_average();
    case AggregateKind::kMin:
      return all.extreme(-1);
    case AggregateKind::kMax:
      return all.extreme(1);
    case AggregateKind::kFirst:
      return all.edge(false);
    case AggregateKind::kLast:
      return all.edge(true);
    case AggregateKind::kCountDistinct:
      return all.count_distinct();
    case AggregateKind::kQuantile:
      return all.quantile();
    default:
      return all.variance();
  }
}

}  // namespace

Result<ColumnPtr> frame_aggregate(OpRunner& run, const Aggregate& what, const Column* values,
                                  const WindowOrder& order, const FrameBounds& frames,
                                  const EvaluateOptions& options, std::uint64_t* errors) {
  const ColumnType argument = values == nullptr ? ColumnType::i64() : values->type();
  WEIR_ASSIGN(const ColumnType type,
              aggregate_type(what.kind, values == nullptr ? nullptr : &argument));
  Frames all(run, what, values, order, frames);
  Result<ColumnPtr> out = values_of(all, what.kind, argument, type, options, errors);
  WEIR_TRY(Status(all.stopped()));
  return out;
}

ColumnPtr frame_places(const WindowOrder& order, bool peers) {
  Results<std::int64_t> out(ColumnType::i64(), order);
  for (std::size_t s = 0; s + 1 < order.starts.size(); ++s) {
    for (std::size_t p = order.starts[s]; p < order.starts[s + 1]; ++p) {
      const std::size_t place = peers ? order.peer_first[p] : p;
      out.set(p, static_cast<std::int64_t>(place - order.starts[s] + 1));
    }
  }
  return out.finish();
}

ColumnPtr frame_shift(const Column& values, const WindowOrder& order, std::int64_t offset) {
  Buffer<std::uint32_t> from(order.rows.size());
  for (std::size_t s = 0; s + 1 < order.starts.size(); ++s) {
    const auto first = static_cast<__int128>(order.starts[s]);
    const auto last = static_cast<__int128>(order.starts[s + 1]);
    for (std::size_t p = order.starts[s]; p < order.starts[s + 1]; ++p) {
      const __int128 place = static_cast<__int128>(p) + offset;
      from[order.rows[p]] = place >= first && place < last
                                ? order.rows[static_cast<std::size_t>(place)]
                                : Column::kNoRow;
    }
  }
  return take(values, from.span());
}

}  // namespace weir::ops
