#include "ops/window/frames.hpp"

#include <algorithm>

#include "ops/sort/argsort/argsort.hpp"
#include "ops/table/at_member.hpp"

namespace weir::ops {
namespace {

bool measures_distance(ColumnType type) {
  return type.is(ColumnKind::kI32) || type.is(ColumnKind::kI64) ||
         type.is(ColumnKind::kTimestamp) || type.is(ColumnKind::kDecimal);
}

void find_peers(const Buffer<std::uint64_t>& words, std::size_t count, WindowOrder& order) {
  const std::size_t rows = order.rows.size();
  order.peer_first.resize(rows);
  for (std::size_t p = 0; p < rows; ++p) {
    bool equal = p != 0;
    for (std::size_t w = 0; w < count && equal; ++w) {
      equal = words[w * rows + order.rows[p]] == words[w * rows + order.rows[p - 1]];
    }
    order.peer_first[p] = equal ? order.peer_first[p - 1] : static_cast<std::uint32_t>(p);
    if (p == 0 || words[order.rows[p]] != words[order.rows[p - 1]]) order.starts.push_back(p);
  }
  order.starts.push_back(rows);
}

using Place = std::uint32_t;

void bound_by_rows(const Frame& frame, std::size_t first, std::size_t last, FrameBounds& out) {
  const auto clip = [&](std::size_t p, std::optional<std::int64_t> by, std::size_t edge,
                        std::int64_t past) {
    if (!by) return static_cast<Place>(edge);
    const __int128 at = static_cast<__int128>(p) + *by + past;
    return static_cast<Place>(
        std::clamp<__int128>(at, static_cast<__int128>(first), static_cast<__int128>(last)));
  };
  for (std::size_t p = first; p < last; ++p) {
    out.begin[p] = clip(p, frame.begin, first, 0);
    out.end[p] = std::max(out.begin[p], clip(p, frame.end, last, 1));
  }
}

// The order key of a place: rising, whichever way the order goes.
__int128 key_at(const WindowOrder& order, std::size_t place) {
  const __int128 key = order.key->at(order.rows[place]).i;
  return order.key_descending ? -key : key;
}

void bound_by_range(const WindowOrder& order, const Frame& frame, std::size_t first,
                    std::size_t last, FrameBounds& out) {
  const auto null = [&](std::size_t p) { return !order.key->valid(order.rows[p]); };
  // Null keys stand at one end, or fill the partition.
  std::size_t from = first;
  std::size_t to = last;
  while (from < last && null(from)) ++from;
  while (to > from && null(to - 1)) --to;
  for (std::size_t p = first; p < last; ++p) {
    if (p >= from && p < to) continue;
    out.begin[p] = static_cast<Place>(p < from ? first : to);
    out.end[p] = static_cast<Place>(p < from ? from : last);
  }
  std::size_t begin = from;
  std::size_t end = from;
  for (std::size_t p = from; p < to; ++p) {
    const __int128 key = key_at(order, p);
    if (frame.begin) {
      while (begin < to && key_at(order, begin) < key + *frame.begin) ++begin;
    }
    if (frame.end) {
      while (end < to && key_at(order, end) <= key + *frame.end) ++end;
    } else {
      end = to;
    }
    out.begin[p] = static_cast<Place>(begin);
    out.end[p] = static_cast<Place>(std::max(begin, end));
  }
}

}  // namespace

Result<WindowOrder> window_order(OpRunner& run, const Table& table, const WindowStep& step,
                                 const EvaluateOptions& options, std::uint64_t* errors) {
  const std::size_t rows = table.rows();
  WEIR_ASSIGN(const std::vector<ColumnPtr> parts,
              at_member("partition", evaluate(run, table, step.partition, options, errors)));
  WEIR_ASSIGN(const GroupedRows partitions, grouped_rows(run, parts, rows));
  std::vector<Expression> expressions;
  for (const SortKey& key : step.order) expressions.push_back(key.by);
  WEIR_ASSIGN(const std::vector<ColumnPtr> columns,
              at_member("order", evaluate(run, table, expressions, options, errors)));
  std::vector<KeyColumn> keys;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    keys.push_back({columns[i].get(), {step.order[i].descending, step.order[i].nulls_first}});
  }
  const KeyWords order_words = encode_keys(keys, rows, KeyUse::kOrder);
  Buffer<std::uint64_t> words((order_words.count + 1) * rows);
  std::copy_n(partitions.ids.data(), rows, words.data());
  std::copy_n(order_words.words.data(), order_words.count * rows, words.data() + rows);
  WindowOrder order;
  order.ordered = !step.order.empty();
  order.rows.resize(rows);
  Argsort::Output sorted{order.rows.span()};
  WEIR_TRY(run.run<Argsort>({words.span(), order_words.count + 1, rows}, sorted));
  find_peers(words, order_words.count + 1, order);
  if (columns.size() == 1 && measures_distance(columns[0]->type())) {
    order.key = columns[0];
    order.key_descending = step.order[0].descending;
  }
  return order;
}

Result<FrameBounds> frame_bounds(const WindowOrder& order, const Frame& frame) {
  if (frame.kind == Frame::Kind::kRange && order.key == nullptr) {
    return fail(invalid_argument("frame_order", "a range frame needs one order key with distances")
                    .at("frame")
                    .hint("order by one integer, decimal or timestamp, or use a frame of rows"));
  }
  Frame wanted = frame;
  if (frame.kind == Frame::Kind::kDefault && order.ordered) wanted = Frame::rows(std::nullopt, 0);
  FrameBounds out{Buffer<Place>(order.rows.size()), Buffer<Place>(order.rows.size())};
  for (std::size_t s = 0; s + 1 < order.starts.size(); ++s) {
    if (wanted.kind == Frame::Kind::kRange) {
      bound_by_range(order, wanted, order.starts[s], order.starts[s + 1], out);
    } else {
      bound_by_rows(wanted, order.starts[s], order.starts[s + 1], out);
    }
  }
  return out;
}

}  // namespace weir::ops
