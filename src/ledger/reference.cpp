// Orders as the definitions say, without regard to cost: baseline of the bench, oracle of the
// tests, and the report.
#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

#include "ledger/execute.hpp"
#include "ledger/order.hpp"

namespace weir::ledger {
namespace {

using Key = std::pair<std::uint64_t, std::uint16_t>;

struct KeyHash {
  std::size_t operator()(const Key& key) const { return account_hash(key.first, key.second); }
};

Key debtor_of(const wire::Event& event) {
  return {event.debtor != 0 ? event.debtor : kOutside, event.currency};
}
Key creditor_of(const wire::Event& event) {
  return {event.creditor != 0 ? event.creditor : kOutside, event.currency};
}

// Level of each event: one more than the highest level among earlier events that share an account.
std::vector<std::uint32_t> levels(std::span<const wire::Event> events) {
  std::unordered_map<Key, std::uint32_t, KeyHash> top;
  std::vector<std::uint32_t> level(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::uint32_t& debtor = top[debtor_of(events[i])];
    std::uint32_t& creditor = top[creditor_of(events[i])];
    level[i] = std::max(debtor, creditor) + 1;
    debtor = creditor = level[i];
  }
  return level;
}

// Counts pairs out of order by merging halves; sorts `values`.
std::uint64_t count_inversions(std::span<std::uint16_t> values,
                               std::vector<std::uint16_t>& scratch) {
  if (values.size() < 2) return 0;
  const auto left = values.first(values.size() / 2);
  const auto right = values.subspan(values.size() / 2);
  std::uint64_t count = count_inversions(left, scratch) + count_inversions(right, scratch);
  scratch.clear();
  std::size_t l = 0;
  std::size_t r = 0;
  while (l < left.size() || r < right.size()) {
    if (r == right.size() || (l < left.size() && left[l] <= right[r])) {
      scratch.push_back(left[l++]);
    } else {
      scratch.push_back(right[r++]);
      count += left.size() - l;
    }
  }
  std::copy(scratch.begin(), scratch.end(), values.begin());
  return count;
}

}  // namespace

void order_baseline(std::span<const wire::Event> events, OrderOut& out) {
  const std::vector<std::uint32_t> level = levels(events);
  out.order.resize(events.size());
  out.group.resize(events.size());
  std::iota(out.order.begin(), out.order.end(), std::uint16_t{0});
  std::sort(out.order.begin(), out.order.end(), [&](std::uint16_t a, std::uint16_t b) {
    if (level[a] != level[b]) return level[a] < level[b];
    if (events[a].fee != events[b].fee) return events[a].fee > events[b].fee;
    return a < b;
  });
  for (std::size_t i = 0; i < events.size(); ++i) out.group[i] = level[out.order[i]] - 1;
  out.groups = out.longest_chain =
      events.empty() ? 0 : *std::max_element(level.begin(), level.end());
}

OrderReport order_report(std::span<const wire::Event> events, const OrderOut& out,
                         unsigned workers) {
  OrderReport report;
  report.groups = out.groups;
  if (events.empty()) return report;
  const std::vector<std::uint32_t> level = levels(events);
  report.longest_chain = *std::max_element(level.begin(), level.end());
  std::map<Key, std::uint32_t> touches;
  for (const wire::Event& event : events) {
    ++touches[debtor_of(event)];
    if (debtor_of(event) != creditor_of(event)) ++touches[creditor_of(event)];
  }
  for (const auto& [key, count] : touches)
    report.hottest_account = std::max(report.hottest_account, count);
  std::vector<std::uint64_t> sizes(out.groups);
  for (const std::uint32_t group : out.group) ++sizes[group];
  for (const std::uint64_t size : sizes) report.makespan += (size + workers - 1) / workers;
  const std::uint64_t work = (events.size() + workers - 1) / workers;
  report.lower_bound =
      std::max<std::uint64_t>({work, report.hottest_account, report.longest_chain});
  report.makespan_ratio =
      static_cast<double>(report.makespan) / static_cast<double>(report.lower_bound);
  std::vector<std::uint16_t> order = out.order;
  std::vector<std::uint16_t> scratch;
  report.inversions = count_inversions(order, scratch);
  return report;
}

}  // namespace weir::ledger
