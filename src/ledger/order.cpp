// Per window: number the accounts; chain each account's events in arrival order; give every event
// the length of the longest chain behind it; fill groups with the ready events that have the
// longest chains. Group sizes follow (events left) / (longest chain left), rounded up to 2, 8 or
// 32, so that a group divides evenly among 2, 8 or 32 workers wherever the chains leave a choice.
// Last, a counting sort by group.
#include "ledger/order.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "base/check.hpp"
#include "ledger/execute.hpp"
#include "ledger/order_accounts.hpp"

namespace weir::ledger {
namespace {

constexpr std::uint16_t kNone = OrderAccount::kNone;
constexpr std::int64_t kSaturated = std::int64_t{1} << 62;
constexpr std::size_t kWindowMax = 16'383;
// Where links of no event lead: a node that may be written to. Most tests of links are coin tosses
// that a CPU cannot predict; writing to a spare node costs less than guessing.
constexpr std::uint16_t kSpare = kNone / 2;
static_assert(kWindowMax == kSpare / 2);

std::int64_t add_saturated(std::int64_t sum, std::int64_t value) {
  return value >= kSaturated - sum ? kSaturated : sum + value;
}

// An event of the window at its place in the chaining order.
struct Node {
  std::uint16_t next[2];  // the next event on the debtor's and on the creditor's account, or kSpare
  std::uint16_t height;   // events on the longest chain from here on, this one included
  std::uint16_t waits;    // predecessors not yet placed
  std::uint16_t after;    // last group with a conflicting predecessor, or kNone
  bool weak;              // next[0] may share the group: only the published order counts
};

// Upper bounds of what each debtor has spent in the earlier windows of the block: accounts that
// share a bucket are added up, which errs on the safe side.
class SpentSketch {
 public:
  void clear() {
    buckets_.fill(0);
    total_ = 0;
  }
  std::int64_t& of(std::uint64_t entity, std::uint16_t currency) {
    return buckets_[account_hash(entity, currency) >> 52];
  }
  std::int64_t& total() { return total_; }  // of all amounts and fees

 private:
  std::array<std::int64_t, 4096> buckets_{};
  std::int64_t total_ = 0;
};

// Ready events by height, first come first served within one height.
class ReadyQueue {
 public:
  void begin(std::size_t nodes) {
    if (nodes + 1 > head_.size()) {
      head_.resize(nodes + 1);
      tail_.resize(nodes + 1);
      count_.resize(nodes + 1);
      link_.resize(kSpare + 1U);
      bits_.resize(nodes / 64 + 1);
    }
    std::fill(head_.begin(), head_.end(), kNone);
    std::fill(count_.begin(), count_.end(), std::uint16_t{0});
    std::fill(bits_.begin(), bits_.end(), 0);
    top_word_ = 0;
    size_ = 0;
  }
  void push(std::uint16_t node, std::uint16_t height) {
    const bool empty = head_[height] == kNone;
    link_[empty ? kSpare : tail_[height]] = node;
    head_[height] = empty ? node : head_[height];
    tail_[height] = node;
    link_[node] = kNone;
    ++count_[height];
    bits_[height / 64] |= std::uint64_t{1} << (height % 64);
    top_word_ = std::max<std::size_t>(top_word_, height / 64);
    ++size_;
  }
  std::size_t size() const { return size_; }
  // Returns the greatest height of a ready event; the queue is not empty.
  std::uint16_t top() {
    while (bits_[top_word_] == 0) --top_word_;
    return static_cast<std::uint16_t>(top_word_ * 64 + 63 -
                                      static_cast<std::size_t>(std::countl_zero(bits_[top_word_])));
  }
  std::size_t count(std::uint16_t height) const { return count_[height]; }
  std::uint16_t pop() {
    const std::uint16_t height = top();
    const std::uint16_t node = head_[height];
    head_[height] = link_[node];
    --count_[height];
    bits_[height / 64] &= ~(std::uint64_t{head_[height] == kNone} << (height % 64));
    --size_;
    return node;
  }

 private:
  std::vector<std::uint16_t> head_;
  std::vector<std::uint16_t> tail_;
  std::vector<std::uint16_t> count_;
  std::vector<std::uint16_t> link_;
  std::vector<std::uint64_t> bits_;
  std::size_t top_word_ = 0;
  std::size_t size_ = 0;
};

// Returns how many events the next group should take.
std::size_t group_size(std::size_t left, std::size_t chain, std::size_t ready,
                       std::size_t critical) {
  const std::size_t share = (left + chain - 1) / chain;
  const std::size_t unit = share >= 32 ? 32 : share >= 8 ? 8 : 2;
  const std::size_t wanted = (std::max(share, critical) + unit - 1) / unit * unit;
  if (wanted <= ready) return wanted;
  return ready < unit ? ready : std::max(critical, ready / unit * unit);
}

}  // namespace

struct Orderer::Impl {
  explicit Impl(const OrderOptions& given) : options(given), accounts(given.window) {}

  void window(std::size_t begin, std::size_t end, OrderOut& out);
  void number_accounts(std::size_t begin, std::size_t end);
  static void touch(OrderAccount& account, const wire::Event& event);
  void touch_debtor(OrderAccount& account, const wire::Event& event);
  void remember_spending(std::size_t begin);
  void sequence(std::size_t begin, std::size_t count);
  void repair_nonces(std::size_t begin);
  void sort_by_fee(std::size_t begin);
  void restore_debtors();
  bool commutes(OrderAccount& account);
  void chain_nodes();
  std::uint16_t measure_heights();
  void fill_groups();
  void place(std::size_t begin, OrderOut& out);
  bool is_barrier(const wire::Event& event) const;

  OrderOptions options;
  std::span<const wire::Event> events;
  const Accounts* state = nullptr;
  OrderAccounts accounts;
  SpentSketch spent;
  bool fees_differ = false;
  bool disorder = false;
  std::uint16_t longest = 0;
  std::vector<std::array<std::uint16_t, 2>> pairs;  // accounts of each row of the window
  std::vector<std::uint16_t> sequence_rows;         // chaining order: row of each node
  std::vector<std::uint16_t> fee_rows;              // fee order, per debtor as in sequence_rows
  std::vector<std::uint16_t> scratch_rows;
  std::vector<std::uint16_t> node_of_row;
  std::vector<Node> nodes;
  std::vector<std::uint16_t> group_of;  // of each node
  std::vector<std::uint16_t> released;  // nodes that become ready when the group is full
  std::vector<std::uint16_t> starts;    // first place of each group
  std::vector<std::uint16_t> cursor;
  ReadyQueue ready;
};

Orderer::Orderer(const OrderOptions& options) : impl_(std::make_unique<Impl>(options)) {
  CHECK(options.window >= 1 && options.window <= kWindowMax);
}
Orderer::~Orderer() = default;
Orderer::Orderer(Orderer&&) noexcept = default;
Orderer& Orderer::operator=(Orderer&&) noexcept = default;

void Orderer::order(std::span<const wire::Event> events, const Accounts* accounts, OrderOut& out) {
  CHECK_LE(events.size(), wire::kBatchEventsMax);
  Impl& impl = *impl_;
  impl.events = events;
  impl.state = impl.options.commute ? accounts : nullptr;
  if (impl.state != nullptr) impl.spent.clear();
  out.order.resize(events.size());
  out.group.resize(events.size());
  out.groups = 0;
  out.longest_chain = 0;
  for (std::size_t at = 0; at < events.size(); at += impl.options.window) {
    const std::size_t limit = std::min<std::size_t>(at + impl.options.window, events.size());
    for (std::size_t begin = at; begin < limit;) {
      std::size_t end = begin;
      while (end < limit && !impl.is_barrier(events[end])) ++end;
      if (end == begin) ++end;  // a barrier is a window of its own
      impl.window(begin, end, out);
      begin = end;
    }
  }
}

// A capture or void that leaves a party or the currency open conflicts with every event, and so
// does whoever spends from the account that collects fees.
bool Orderer::Impl::is_barrier(const wire::Event& event) const {
  const bool settles = (event.flags & (wire::kCapture | wire::kVoid)) != 0;
  const bool open_ended =
      event.debtor == 0 || event.creditor == 0 || event.currency == wire::kUnknownCurrency;
  if (settles && open_ended) return true;
  return event.debtor != 0 && event.debtor == options.fee_account;
}

void Orderer::Impl::window(std::size_t begin, std::size_t end, OrderOut& out) {
  number_accounts(begin, end);
  sequence(begin, end - begin);
  chain_nodes();
  if (state != nullptr) remember_spending(begin);
  longest = measure_heights();
  fill_groups();
  place(begin, out);
}

void Orderer::Impl::number_accounts(std::size_t begin, std::size_t end) {
  const std::size_t count = end - begin;
  pairs.resize(count);
  accounts.clear();
  fees_differ = false;
  disorder = false;
  for (std::size_t i = 0; i < count; ++i) {
    const wire::Event& event = events[begin + i];
    const std::uint64_t debtor = event.debtor != 0 ? event.debtor : kOutside;
    const std::uint64_t creditor = event.creditor != 0 ? event.creditor : kOutside;
    pairs[i][0] = accounts.number(debtor, event.currency, event.exponent);
    touch_debtor(accounts[pairs[i][0]], event);
    pairs[i][1] = accounts.number(creditor, event.currency, event.exponent);
    touch(accounts[pairs[i][1]], event);
    fees_differ |= event.fee != events[begin].fee;
  }
}

void Orderer::Impl::touch(OrderAccount& account, const wire::Event& event) {
  ++account.touches;
  if (account.exponent != event.exponent) account.flags |= OrderAccount::kMixedExponents;
  if ((event.flags & (wire::kCapture | wire::kVoid)) != 0) account.flags |= OrderAccount::kOrdered;
}

void Orderer::Impl::touch_debtor(OrderAccount& account, const wire::Event& event) {
  touch(account, event);
  ++account.debit_count;
  if (state != nullptr) {
    const std::int64_t cost = add_saturated(event.amount, event.fee);
    account.debits = add_saturated(account.debits, cost);
    spent.total() = add_saturated(spent.total(), cost);
  }
  if (event.nonce == 0) return;
  account.flags |= OrderAccount::kOrdered;
  if (event.nonce < account.nonce) {
    account.flags |= OrderAccount::kNonceDisorder;
    disorder = true;
  }
  account.nonce = event.nonce;
}

// Adds this window's debits to the sketch, once every question about the window has been answered.
void Orderer::Impl::remember_spending(std::size_t begin) {
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const wire::Event& event = events[begin + i];
    std::int64_t& sum = spent.of(event.debtor != 0 ? event.debtor : kOutside, event.currency);
    sum = add_saturated(sum, add_saturated(event.amount, event.fee));
  }
}

void Orderer::Impl::sequence(std::size_t begin, std::size_t count) {
  sequence_rows.resize(count);
  std::iota(sequence_rows.begin(), sequence_rows.end(), std::uint16_t{0});
  if (disorder) repair_nonces(begin);
  if (!fees_differ) return;
  sort_by_fee(begin);
  restore_debtors();
  if (options.mode == OrderMode::kFee) sequence_rows = fee_rows;
}

// The events of one debtor that carry nonces exchange places so that their nonces rise.
void Orderer::Impl::repair_nonces(std::size_t begin) {
  std::vector<std::uint16_t> rows;
  for (std::size_t row = 0; row < sequence_rows.size(); ++row) {
    if (events[begin + row].nonce != 0 &&
        (accounts[pairs[row][0]].flags & OrderAccount::kNonceDisorder) != 0) {
      rows.push_back(static_cast<std::uint16_t>(row));
    }
  }
  std::vector<std::uint16_t> places = rows;
  const auto debtor = [&](std::uint16_t row) { return pairs[row][0]; };
  std::stable_sort(places.begin(), places.end(),
                   [&](std::uint16_t a, std::uint16_t b) { return debtor(a) < debtor(b); });
  std::stable_sort(rows.begin(), rows.end(), [&](std::uint16_t a, std::uint16_t b) {
    if (debtor(a) != debtor(b)) return debtor(a) < debtor(b);
    return events[begin + a].nonce < events[begin + b].nonce;
  });
  for (std::size_t i = 0; i < rows.size(); ++i) sequence_rows[places[i]] = rows[i];
}

// Radix sort, high fee first, stable; bytes that all fees share cost only their histogram.
void Orderer::Impl::sort_by_fee(std::size_t begin) {
  const std::size_t count = sequence_rows.size();
  fee_rows = sequence_rows;
  scratch_rows.resize(count);
  std::uint32_t histograms[4][256] = {};
  for (std::size_t row = 0; row < count; ++row) {
    const std::uint32_t key = ~events[begin + row].fee;
    for (unsigned byte = 0; byte < 4; ++byte) ++histograms[byte][key >> (8 * byte) & 255];
  }
  for (unsigned byte = 0; byte < 4; ++byte) {
    std::uint32_t* const histogram = histograms[byte];
    if (histogram[~events[begin].fee >> (8 * byte) & 255] == count) continue;
    std::uint32_t sum = 0;
    for (unsigned digit = 0; digit < 256; ++digit) sum += std::exchange(histogram[digit], sum);
    for (const std::uint16_t row : fee_rows) {
      scratch_rows[histogram[~events[begin + row].fee >> (8 * byte) & 255]++] = row;
    }
    fee_rows.swap(scratch_rows);
  }
}

// Lets the events of one debtor exchange places in fee_rows so that they stand in the order of
// sequence_rows.
void Orderer::Impl::restore_debtors() {
  const std::size_t count = sequence_rows.size();
  scratch_rows.assign(count, kNone);
  for (std::size_t i = count; i-- > 0;) {  // chains each debtor's rows; last_debit heads the chain
    const std::uint16_t row = sequence_rows[i];
    OrderAccount& account = accounts[pairs[row][0]];
    if (account.debit_count < 2) continue;
    scratch_rows[row] = account.last_debit;
    account.last_debit = row;
  }
  for (std::uint16_t& row : fee_rows) {
    OrderAccount& account = accounts[pairs[row][0]];
    if (account.debit_count < 2) continue;
    row = account.last_debit;
    account.last_debit = scratch_rows[row];
  }
}

// An account commutes in the window if no order of its events can change a result: it is only paid
// into, or what it had before the block covers every debit up to here, whatever comes in; and
// nothing can overflow.
bool Orderer::Impl::commutes(OrderAccount& account) {
  if ((account.flags & OrderAccount::kAsked) != 0)
    return (account.flags & OrderAccount::kCommutes) != 0;
  account.flags |= OrderAccount::kAsked;
  constexpr std::uint8_t kFixed = OrderAccount::kOrdered | OrderAccount::kMixedExponents;
  if (state == nullptr || (account.flags & kFixed) != 0) return false;
  const Account* known = state->find(account.entity, account.currency);
  const std::int64_t balance = known != nullptr ? known->balance : 0;
  const std::int64_t held = known != nullptr ? known->held : 0;
  const auto bounded = [](std::int64_t v) { return v > -kSaturated / 4 && v < kSaturated / 4; };
  if (!bounded(balance) || !bounded(held) || !bounded(options.overdraft) ||
      !bounded(spent.total())) {
    return false;
  }
  const bool external = wire::EntityId{account.entity}.kind() == wire::EntityKind::kExternal;
  const bool unlimited = known != nullptr ? (known->flags & kUnlimited) != 0 : external;
  const std::int64_t debits = account.debits + spent.of(account.entity, account.currency);
  if (account.debit_count != 0 && !unlimited && balance - held + options.overdraft < debits)
    return false;
  account.flags |= OrderAccount::kCommutes;
  return true;
}

void Orderer::Impl::chain_nodes() {
  const std::size_t count = sequence_rows.size();
  nodes.resize(kSpare + 1U);
  const auto follow = [&](std::uint16_t& last, std::size_t link) {
    nodes[last / 2].next[last % 2] = static_cast<std::uint16_t>(link / 2);
    nodes[link / 2].waits = static_cast<std::uint16_t>(nodes[link / 2].waits + (last != kNone));
    last = static_cast<std::uint16_t>(link);
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto& pair = pairs[sequence_rows[i]];
    nodes[i] = {{kSpare, kSpare}, 1, 0, kNone, false};
    OrderAccount& debtor = accounts[pair[0]];
    OrderAccount& creditor = accounts[pair[1]];
    const bool weak = state != nullptr && debtor.touches > 1 && commutes(debtor);
    if (weak) {
      nodes[debtor.last_debit / 2].weak = true;
      follow(debtor.last_debit, i * 2);
    } else {
      follow(debtor.last, i * 2);
    }
    if (pair[0] == pair[1]) continue;
    if (state != nullptr && creditor.touches > 1 && commutes(creditor)) continue;
    follow(creditor.last, i * 2 + 1);
  }
  nodes[kSpare] = {{kSpare, kSpare}, 0, 0, kNone, false};
}

std::uint16_t Orderer::Impl::measure_heights() {
  std::uint16_t longest_chain = 0;
  for (std::size_t i = sequence_rows.size(); i-- > 0;) {
    Node& node = nodes[i];
    const int debtor = nodes[node.next[0]].height + (node.weak ? 0 : 1);
    const int creditor = nodes[node.next[1]].height + 1;
    node.height = static_cast<std::uint16_t>(std::max(debtor, creditor));
    longest_chain = std::max(longest_chain, node.height);
  }
  return longest_chain;
}

void Orderer::Impl::fill_groups() {
  const std::size_t count = sequence_rows.size();
  ready.begin(count);
  group_of.resize(count);
  released.resize(2 * count + 1);
  starts.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (nodes[i].waits == 0) ready.push(static_cast<std::uint16_t>(i), nodes[i].height);
  }
  for (std::size_t placed = 0; placed < count;) {
    const auto group = static_cast<std::uint16_t>(starts.size());
    starts.push_back(static_cast<std::uint16_t>(placed));
    const std::uint16_t chain = ready.top();
    const std::size_t size = group_size(count - placed, chain, ready.size(), ready.count(chain));
    std::size_t released_count = 0;
    std::uint16_t* const list = released.data();
    const auto release = [&](std::uint16_t next) {
      list[released_count] = next;
      nodes[next].after = group;
      released_count += static_cast<std::size_t>((--nodes[next].waits == 0) & (next != kSpare));
    };
    for (std::size_t taken = 0; taken < size; ++taken) {
      const std::uint16_t at = ready.pop();
      const Node& node = nodes[at];
      group_of[at] = group;
      if (node.weak) {  // the debtor's next event may still join this group
        const std::uint16_t next = node.next[0];
        const bool last = --nodes[next].waits == 0;
        if (last && nodes[next].after == group) list[released_count++] = next;
        if (last && nodes[next].after != group) ready.push(next, nodes[next].height);
      } else {
        release(node.next[0]);
      }
      release(node.next[1]);
    }
    placed += size;
    for (std::size_t r = 0; r < released_count; ++r) ready.push(list[r], nodes[list[r]].height);
  }
}

// Counting sort by group; within a group by fee, then arrival, each debtor's events in their own
// order.
void Orderer::Impl::place(std::size_t begin, OrderOut& out) {
  const std::size_t count = sequence_rows.size();
  node_of_row.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    node_of_row[sequence_rows[i]] = static_cast<std::uint16_t>(i);
  cursor = starts;
  const std::vector<std::uint16_t>& rows = fees_differ ? fee_rows : sequence_rows;
  for (const std::uint16_t row : rows) {
    const std::uint16_t group = group_of[node_of_row[row]];
    const std::size_t at = begin + cursor[group]++;
    out.order[at] = static_cast<std::uint16_t>(begin + row);
    out.group[at] = out.groups + group;
  }
  out.groups += static_cast<std::uint32_t>(starts.size());
  out.longest_chain += longest;
}

}  // namespace weir::ledger
