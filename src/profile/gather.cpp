#include <cstring>

#include "base/numeric/log2.hpp"
#include "profile/pair_hash.hpp"
#include "profile/profile_state.hpp"

namespace weir::profile {
namespace {

using wire::Event;
using wire::EventType;

constexpr std::uint64_t kDayUs = std::uint64_t{86'400} * 1'000'000;

constexpr double kPowersOfTen[] = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                   1e7, 1e8, 1e9, 1e10, 1e11, 1e12};

// Types that only refer to an earlier event say nothing new about the parties' habits.
bool touches(std::uint8_t type) {
  constexpr std::uint32_t kQuiet = 1U << static_cast<unsigned>(EventType::kRefund) |
                                   1U << static_cast<unsigned>(EventType::kReversal) |
                                   1U << static_cast<unsigned>(EventType::kCancel) |
                                   1U << static_cast<unsigned>(EventType::kStatus) |
                                   1U << static_cast<unsigned>(EventType::kFee);
  return (kQuiet >> (type & 15) & 1) == 0;
}

// Trailing decimal zeros of an amount, 0 for 0, at most 9. n * (1/5) mod 2^64 tells in one multiply
// whether n is a multiple of ten.
float trailing_zeros(std::uint64_t amount) {
  unsigned zeros = 0;
  while (amount != 0 && zeros < 9) {
    const std::uint64_t tenth = std::rotr(amount * 0xCCCCCCCCCCCCCCCDULL, 1);
    if (tenth > UINT64_MAX / 10) break;
    amount = tenth;
    ++zeros;
  }
  return static_cast<float>(zeros);
}

// One column-wise row of a block.
class Row {
 public:
  Row(GatheredBlock& block, std::size_t at) : values_(&block.values[0][at]) {}
  float& operator[](GatheredColumn column) { return values_[column * kGatherRows]; }

 private:
  float* values_;
};

struct Debit {
  const EventTime& now;
  std::uint64_t counterparty;
  unsigned hour;
  bool touch;
  std::uint64_t lateness_max_us;
};

bool gather_debtor(Profile& p, const Debit& e, Row row) {
  const Aged aged = age_profile(p, e.now);
  row[kGPreOut30d] = p.c_out[4];
  row[kGPreOutSum30d] = p.s_out[2];
  row[kGMean] = p.amount_mean;
  row[kGVariance] = p.amount_variance;
  row[kGTrained] = p.n_out >= 5 ? 1.0F : 0.0F;
  row[kGHourCount] = static_cast<float>(hour_count(p, e.hour));
  row[kGHourTotal] = static_cast<float>(hour_total(p));
  row[kGOutGap] = static_cast<float>(p.age_out_ms);
  row[kGInGap] = static_cast<float>(p.age_in_ms);
  row[kGDebtorDays] = static_cast<float>(aged.day - p.first_day);
  row[kGFraudOut] = p.f_out;
  if (e.touch) {
    add_out(p, aged, row[kGAmount]);
    if (aged.late_us <= e.lateness_max_us) {
      train_amount(p, row[kGAmountLog]);
      train_hour(p, e.hour);
    }
    if (e.counterparty != 0) p.out_now |= 1U << (xxh3_word(e.counterparty) & 31);
    if (aged.late_ms < p.age_out_ms) p.age_out_ms = static_cast<std::uint32_t>(aged.late_ms);
  }
  row[kGOut1m] = p.c_out[0];
  row[kGOut1h] = p.c_out[1];
  row[kGOut1d] = p.c_out[2];
  row[kGOut7d] = p.c_out[3];
  row[kGOut30d] = p.c_out[4];
  row[kGOutSum1h] = p.s_out[0];
  row[kGOutSum1d] = p.s_out[1];
  row[kGInSum1h] = p.s_in[0];
  row[kGInSum1d] = p.s_in[1];
  row[kGDistinctOut] = distinct_of(p.out_now, p.out_before);
  return aged.late;
}

bool gather_creditor(Profile& p, const EventTime& now, std::uint64_t counterparty, bool touch,
                     Row row) {
  const Aged aged = age_profile(p, now);
  row[kGPreIn30d] = p.c_in[3];
  row[kGPreInSum30d] = p.s_in[2];
  row[kGPreIn7d] = p.c_in[2];
  row[kGPaidOften] = p.n_in >= 5 ? 1.0F : 0.0F;
  row[kGCreditorDays] = static_cast<float>(aged.day - p.first_day);
  row[kGFraudIn] = p.f_in;
  if (touch) {
    add_in(p, aged, row[kGAmount]);
    if (p.n_in != UINT16_MAX) ++p.n_in;
    if (counterparty != 0) p.in_now |= 1U << (xxh3_word(counterparty) & 31);
    if (aged.late_ms < p.age_in_ms) p.age_in_ms = static_cast<std::uint32_t>(aged.late_ms);
  }
  row[kGPayeeIn1h] = p.c_in[0];
  row[kGPayeeIn1d] = p.s_in[1];
  row[kGPayeeOut1d] = p.s_out[1];
  row[kGDistinctIn] = distinct_of(p.in_now, p.in_before);
  return aged.late;
}

void clear_columns(GatheredBlock& block, std::size_t at, GatheredColumn from, GatheredColumn to) {
  for (unsigned column = from; column < to; ++column) block.values[column][at] = 0.0F;
}

}  // namespace

// Fetches profiles and edge lines of the rows up to `row_end`, and hashes their pairs.
void Gatherer::prepare_to(std::size_t row_end) {
  for (; prepared_ < row_end; ++prepared_) {
    const std::uint32_t debtor = columns_.debtor_slot[prepared_];
    const std::uint32_t creditor = columns_.creditor_slot[prepared_];
    if (debtor != kNoSlot) state_.profiles.prefetch(debtor);
    if (creditor == kNoSlot) continue;
    state_.profiles.prefetch(creditor);
    if (debtor == kNoSlot) continue;
    const std::uint64_t hash = pair_hash(debtor, creditor);
    edge_hash_[prepared_ % edge_hash_.size()] = hash;
    state_.edges.prefetch(hash);
  }
}

// Fills the columns that need no profile.
void Gatherer::amounts(std::size_t begin, std::size_t rows, GatheredBlock& block) const {
  for (std::size_t at = 0; at < rows; ++at) {
    const Event& event = columns_.events[begin + at];
    const double scale = kPowersOfTen[event.exponent <= 12 ? event.exponent : 12];
    const auto x = static_cast<float>(static_cast<double>(event.amount) / scale);
    block.values[kGAmount][at] = x;
    block.values[kGAmountLog][at] = 1.0F + x;
    block.values[kGRound][at] = trailing_zeros(static_cast<std::uint64_t>(event.amount));
    float near = 0.0F;
    for (unsigned i = 0; i < state_.limit_count; ++i) {
      const float share = x / state_.limits[i];
      if (share >= 0.8F && share < 1.0F && share > near) near = share;
    }
    block.values[kGNearLimit][at] = near;
    const std::uint64_t local = static_cast<std::uint64_t>(event.time_us) + state_.tz_shift_us;
    const auto second = static_cast<std::uint32_t>(local % kDayUs / 1'000'000);
    block.values[kGHour][at] = static_cast<float>(second) / 3600.0F;
    block.values[kGWeekday][at] = static_cast<float>((local / kDayUs + 3) % 7);
  }
  numeric::log2f_array(block.values[kGAmountLog], rows);
}

bool Gatherer::row(std::size_t row, std::size_t at, GatheredBlock& block) {
  const Event& event = columns_.events[row];
  const std::uint32_t debtor = columns_.debtor_slot[row];
  const std::uint32_t creditor = columns_.creditor_slot[row];
  const bool touch = touches(event.type);
  const EventTime now(event.time_us);
  const std::uint64_t local = now.us + state_.tz_shift_us;
  const Debit debit{now, event.creditor, static_cast<unsigned>(local % kDayUs / (kDayUs / 24)),
                    touch, state_.lateness_max_us};
  Row out(block, at);
  bool late = false;
  Profile copy;  // what a quiet event ages and reads instead of the profile
  if (debtor == kNoSlot) {
    clear_columns(block, at, kGOut1m, kGPreIn30d);
  } else {
    Profile& p = state_.profiles[debtor];
    late = gather_debtor(touch ? p : (copy = p), debit, out);
  }
  if (creditor == kNoSlot) {
    clear_columns(block, at, kGPreIn30d, kGNewEdge);
  } else {
    Profile& p = state_.profiles[creditor];
    late |= gather_creditor(touch ? p : (copy = p), now, event.debtor, touch, out);
  }
  if (debtor == kNoSlot || creditor == kNoSlot) {
    clear_columns(block, at, kGNewEdge, kGatheredColumns);
    return late;
  }
  const std::uint64_t hash = edge_hash_[row % edge_hash_.size()];
  const bool up = debtor <= creditor;
  const std::uint32_t second = edge_second(event.time_us);
  const EdgeCounts before =
      touch ? state_.edges.touch(hash, up, second) : state_.edges.read(hash, up, second);
  out[kGNewEdge] = before.forward == 0.0F ? 1.0F : 0.0F;
  out[kGForward] = before.forward;
  out[kGBackward] = before.backward;
  return late;
}

void Gatherer::gather(std::size_t begin, GatheredBlock& block) {
  const std::size_t total = columns_.rows();
  const std::size_t rows = std::min(kGatherRows, total - begin);
  if (rows < kGatherRows) std::memset(&block, 0, sizeof(block));
  amounts(begin, rows, block);
  const bool overflowing = state_.full.load(std::memory_order_relaxed);
  for (std::size_t at = 0; at < rows; ++at) {
    const std::size_t row = begin + at;
    if (at % kPrefetchBurst == 0) prepare_to(std::min(row + 2 * kPrefetchBurst, total));
    out_.late[row] = this->row(row, at, block) ? 1 : 0;
    const Event& event = columns_.events[row];
    out_.profile_full[row] =
        overflowing && ((columns_.debtor_slot[row] != kNoSlot &&
                         state_.is_overflow(columns_.debtor_slot[row], event.debtor)) ||
                        (columns_.creditor_slot[row] != kNoSlot &&
                         state_.is_overflow(columns_.creditor_slot[row], event.creditor)));
  }
}

}  // namespace weir::profile
