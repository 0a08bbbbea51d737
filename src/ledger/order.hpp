// Orderer: the order in which a batch is executed, and its groups: events of one group share no
// account whose state could make their results depend on each other, so a group may run in
// parallel; groups run in turn.
//
//   Orderer orderer({.mode = OrderMode::kFair});
//   orderer.order(events, &accounts, out);   // out.order[place] = row, out.group[place] = group
//
// Within windows of 1,024 events: longest-remaining-chain-first list scheduling (T. C. Hu 1961)
// over the graph of shared accounts. Per debtor events keep nonce order, else arrival. Windows
// follow each other, so that a prefix of whole windows is final. Class `exact`. No allocation once
// warm.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "wire/event.hpp"

namespace weir::ledger {

class Accounts;

enum class OrderMode : std::uint8_t {
  kFair,  // arrival order inside a conflict set; fee only between sets
  kFee,   // higher fee first inside a conflict set too, as far as the order of each debtor allows
};

struct OrderOptions {
  OrderMode mode = OrderMode::kFair;
  std::uint32_t window = 1024;  // no event moves this many places or more
  std::uint64_t fee_account =
      0;                       // entity that takes fees; its own payments order against every fee
  std::int64_t overdraft = 0;  // as in ExecuteOptions
  bool commute = true;         // drop conflict edges where the result cannot depend on the order
};

struct OrderOut {
  std::vector<std::uint16_t> order;  // [n] row at each place: a permutation
  std::vector<std::uint32_t> group;  // [n] group of each place, ascending from 0
  std::uint32_t groups = 0;
  std::uint32_t longest_chain = 0;  // sum over windows of the longest path of conflicts
};

class Orderer {
 public:
  explicit Orderer(const OrderOptions& options);
  ~Orderer();
  Orderer(Orderer&&) noexcept;
  Orderer& operator=(Orderer&&) noexcept;

  // Orders at most 65,536 events. `accounts` is the state before the first event, for the
  // commutation exception; null: every shared account conflicts.
  void order(std::span<const wire::Event> events, const Accounts* accounts, OrderOut& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// How good an order is for `workers` equal workers and events of equal cost. Costs more than
// ordering: sample it.
struct OrderReport {
  std::uint32_t groups = 0;
  std::uint32_t longest_chain = 0;    // longest path of conflicts in the whole batch
  std::uint32_t hottest_account = 0;  // events of the account with most of them
  std::uint64_t makespan = 0;         // sum over groups of ceil(size / workers)
  std::uint64_t lower_bound = 0;      // max(ceil(n / workers), hottest_account, longest_chain)
  double makespan_ratio = 1;
  std::uint64_t inversions = 0;  // pairs out of arrival order
};
OrderReport order_report(std::span<const wire::Event> events, const OrderOut& out,
                         unsigned workers);

// The plain way, as oracle and baseline: levels through a node-based hash map, then a comparator
// sort. No windows, no commutation.
void order_baseline(std::span<const wire::Event> events, OrderOut& out);

}  // namespace weir::ledger
