#include "ledger/execute.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/prefetch.hpp"

namespace weir::ledger {
namespace {

using wire::LedgerStatus;

constexpr std::uint8_t kSettles = kIsCapture | kIsVoid;

// Entries that wait for their turn, and captures and voids, have set nothing aside.
std::int64_t set_aside(const Held& what) {
  return (what.flags & (kQueued | kSettles)) != 0 ? 0 : what.amount + what.fee;
}

// Adds, or leaves the sum alone and returns false if it would overflow.
bool add_to(std::int64_t& sum, std::int64_t value) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(sum, value, &result)) return false;
  sum = result;
  return true;
}

Held held_from(const wire::Event& event, wire::Outcome outcome, std::uint64_t seq) {
  unsigned flags = 0;
  if (outcome == wire::Outcome::kHold) flags |= kReview;
  if ((event.flags & wire::kReserve) != 0) flags |= kReserved;
  if ((event.flags & wire::kCapture) != 0) {
    flags |= kIsCapture;
  } else if ((event.flags & wire::kVoid) != 0) {
    flags |= kIsVoid;
  }
  return {event.id,
          event.ref,
          seq,
          event.time_us,
          event.debtor,
          event.creditor,
          event.amount,
          event.fee,
          event.currency,
          event.exponent,
          static_cast<std::uint8_t>(flags)};
}

std::uint64_t debtor_of(const Held& what) {
  return what.debtor != 0 ? what.debtor : kOutside;
}
std::uint64_t creditor_of(const Held& what) {
  return what.creditor != 0 ? what.creditor : kOutside;
}

}  // namespace

bool moves_money(wire::EventType type) {
  switch (type) {
    case wire::EventType::kOrder:
    case wire::EventType::kCancel:
    case wire::EventType::kLogin:
    case wire::EventType::kStatus:
    case wire::EventType::kCall:
      return false;
    default:
      return true;
  }
}

Executor::Executor(const ExecuteOptions& options)
    : options_(options), accounts_(options.accounts_expected) {}

void Executor::execute(std::span<const wire::Event> events, std::span<const std::uint16_t> order,
                       std::uint64_t first_seq, std::span<wire::VerdictCore> verdicts,
                       ExecuteTotals* totals) {
  CHECK_EQ(events.size(), verdicts.size());
  CHECK(order.empty() || order.size() == events.size());
  const std::size_t rows = events.size();
  const auto row_at = [&](std::size_t place) { return order.empty() ? place : order[place]; };
  const auto fetch_accounts = [&](std::size_t from) {
    const std::size_t to = std::min(from + kPrefetchBurst, rows);
    for (std::size_t i = from; i < to; ++i) {
      const wire::Event& event = events[row_at(i)];
      accounts_.prefetch(account_hash(event.debtor, event.currency));
      accounts_.prefetch(account_hash(event.creditor, event.currency));
    }
  };
  const auto fetch_events = [&](std::size_t from) {
    const std::size_t to = std::min(from + kPrefetchBurst, rows);
    for (std::size_t i = from; i < to; ++i) weir::prefetch(&events[row_at(i)].debtor);
  };
  fetch_accounts(0);
  for (std::size_t i = 0; i < rows; ++i) {
    if (i % kPrefetchBurst == 0) {
      fetch_accounts(i + kPrefetchBurst);
      fetch_events(i + 2 * kPrefetchBurst);
    }
    const std::size_t row = row_at(i);
    const auto outcome = static_cast<wire::Outcome>(verdicts[row].outcome);
    const LedgerStatus status = execute_one(events[row], outcome, first_seq + row);
    verdicts[row].ledger_status = static_cast<std::uint8_t>(status);
    if (totals != nullptr) ++totals->by_status[static_cast<unsigned>(status) & 15];
  }
}

LedgerStatus Executor::execute_one(const wire::Event& event, wire::Outcome outcome,
                                   std::uint64_t seq) {
  constexpr std::uint16_t kForces = wire::kReserve | wire::kCapture | wire::kVoid;
  if ((event.flags & wire::kNoExecute) != 0) return LedgerStatus::kNotExecuted;
  if (!moves_money(event.event_type()) && (event.flags & kForces) == 0)
    return LedgerStatus::kNotExecuted;
  const bool blocked = outcome == wire::Outcome::kBlock;
  if (blocked && event.nonce == 0) return LedgerStatus::kBlocked;

  const std::uint64_t debtor_entity = event.debtor != 0 ? event.debtor : kOutside;
  const std::uint64_t creditor_entity = event.creditor != 0 ? event.creditor : kOutside;
  const std::uint64_t debtor_hash = account_hash(debtor_entity, event.currency);
  const std::uint64_t creditor_hash = account_hash(creditor_entity, event.currency);
  accounts_.make_room(debtor_hash);
  accounts_.make_room(creditor_hash);
  if (event.fee != 0) accounts_.make_room(account_hash(options_.fee_account, event.currency));
  Account& debtor = accounts_.open(debtor_hash, debtor_entity, event.currency, event.exponent);
  if (event.nonce != 0) {
    LedgerStatus refused{};
    const bool taken = take_nonce(debtor, event.nonce, refused);
    if (blocked) return LedgerStatus::kBlocked;
    if (!taken) return refused;
  }
  Account& creditor =
      accounts_.open(creditor_hash, creditor_entity, event.currency, event.exponent);
  if (((debtor.flags | creditor.flags) & kClosed) != 0) return LedgerStatus::kAccountClosed;
  if (debtor.exponent != event.exponent || creditor.exponent != event.exponent) {
    return LedgerStatus::kCurrencyMismatch;
  }
  const bool plain = outcome == wire::Outcome::kPass && (event.flags & kForces) == 0;
  if (plain && !options_.queue_after_hold) [[likely]] {
    return move_between(debtor, creditor, event.amount, event.fee, false);
  }
  return start(held_from(event, outcome, seq));
}

// A nonce is consumed when its turn comes, whatever becomes of the event: a client that was blocked
// goes on with the next number.
bool Executor::take_nonce(Account& debtor, std::uint32_t nonce, LedgerStatus& refused) {
  if (nonce <= debtor.nonce) {
    refused = LedgerStatus::kNonceReplayed;
    return false;
  }
  if (nonce - 1 > debtor.nonce) {
    refused = LedgerStatus::kNonceGap;
    return false;
  }
  debtor.nonce = nonce;
  return true;
}

// Begins an event whose parties have been checked: waits, is set aside, settles another, or moves
// money.
LedgerStatus Executor::start(const Held& what) {
  if (options_.queue_after_hold && (what.flags & kReview) == 0) {
    const auto queue = queues_.find({debtor_of(what), what.currency});
    if (queue != queues_.end()) {
      Held waiting = what;
      waiting.flags |= kQueued;
      if (!held_.add(waiting)) return LedgerStatus::kRefused;
      queue->second.push_back(what.id);
      return LedgerStatus::kHeld;
    }
  }
  if ((what.flags & kReview) == 0 && (what.flags & kSettles) != 0) return settle(what);
  if ((what.flags & (kReview | kReserved)) != 0) return hold(what);
  return move(what, what.amount, false);
}

bool Executor::covers(const Account& debtor, std::int64_t total) const {
  if ((debtor.flags & kUnlimited) != 0) return true;
  using Wide = __int128;
  return static_cast<Wide>(debtor.balance) - debtor.held + options_.overdraft >= total;
}

Account& Executor::account(std::uint64_t entity, const Held& what) {
  return accounts_.open(account_hash(entity, what.currency), entity, what.currency, what.exponent);
}

LedgerStatus Executor::hold(const Held& what) {
  std::int64_t total = what.amount;
  if (!add_to(total, what.fee)) return LedgerStatus::kOverflow;
  Account& debtor = account(debtor_of(what), what);
  const std::int64_t aside = set_aside(what);
  std::int64_t held = debtor.held;
  if (!covers(debtor, aside)) return LedgerStatus::kInsufficientFunds;
  if (!add_to(held, aside)) return LedgerStatus::kOverflow;
  if (!held_.add(what)) return LedgerStatus::kRefused;
  debtor.held = held;
  if (options_.queue_after_hold && (what.flags & kReview) != 0) {
    queues_[{debtor_of(what), what.currency}].push_back(what.id);
  }
  return LedgerStatus::kHeld;
}

LedgerStatus Executor::move(const Held& what, std::int64_t amount, bool set_aside) {
  if (what.fee != 0) accounts_.make_room(account_hash(options_.fee_account, what.currency));
  Account& debtor = account(debtor_of(what), what);
  return move_between(debtor, account(creditor_of(what), what), amount, what.fee, set_aside);
}

// Moves `amount` and the fee; `set_aside` says that the money was reserved and is now free again.
// The account that collects fees has room.
LedgerStatus Executor::move_between(Account& debtor, Account& creditor, std::int64_t amount,
                                    std::uint32_t fee, bool set_aside) {
  std::int64_t total = amount;
  if (!add_to(total, fee)) return LedgerStatus::kOverflow;
  if (!set_aside && !covers(debtor, total)) return LedgerStatus::kInsufficientFunds;
  // One after the other, undone on failure, because the three may be one account.
  if (!add_to(debtor.balance, -total)) return LedgerStatus::kOverflow;
  if (!add_to(creditor.balance, amount)) {
    debtor.balance += total;
    return LedgerStatus::kOverflow;
  }
  if (fee == 0) return LedgerStatus::kApplied;
  Account& fees = accounts_.open(account_hash(options_.fee_account, debtor.currency),
                                 options_.fee_account, debtor.currency, debtor.exponent);
  if (!add_to(fees.balance, fee)) {
    creditor.balance -= amount;
    debtor.balance += total;
    return LedgerStatus::kOverflow;
  }
  return LedgerStatus::kApplied;
}

void Executor::free_money(const Held& what) {
  account(debtor_of(what), what).held -= set_aside(what);
}

// Captures or voids a reservation. A reference that does not fit its reservation reads as unknown,
// so that the answer does not depend on the order of events that share no account.
LedgerStatus Executor::settle(const Held& request) {
  const Held* const found = held_.find(request.ref);
  if (found == nullptr) return LedgerStatus::kRefUnknown;
  const Held target = *found;
  const bool fits =
      (request.debtor == 0 || request.debtor == target.debtor) &&
      (request.creditor == 0 || request.creditor == target.creditor) &&
      (request.currency == wire::kUnknownCurrency || request.currency == target.currency);
  if (!fits) return LedgerStatus::kRefUnknown;
  const bool settled_later = (target.flags & (kReview | kQueued)) != 0;
  if (settled_later || (target.flags & kReserved) == 0) return LedgerStatus::kRefused;
  if ((request.flags & kIsVoid) != 0) {
    free_money(target);
    held_.remove(target.id);
    return LedgerStatus::kVoided;
  }
  if (request.amount > target.amount) return LedgerStatus::kRefused;
  free_money(target);
  held_.remove(target.id);
  const std::int64_t amount = request.amount != 0 ? request.amount : target.amount;
  const LedgerStatus status = move(target, amount, true);
  return status == LedgerStatus::kApplied ? LedgerStatus::kCaptured : status;
}

LedgerStatus Executor::resolve(const wire::EventKey& id, Resolution resolution) {
  const Held* const found = held_.find(id);
  if (found == nullptr || (found->flags & kQueued) != 0) return LedgerStatus::kRefUnknown;
  const Held what = *found;
  const bool review = (what.flags & kReview) != 0;
  if (resolution == Resolution::kRelease && !review) return LedgerStatus::kRefUnknown;
  LedgerStatus status =
      resolution == Resolution::kReject ? LedgerStatus::kVoided : LedgerStatus::kExpired;
  if (resolution == Resolution::kRelease) {
    status = release(what);
  } else {
    free_money(what);
    held_.remove(id);
  }
  if (review && options_.queue_after_hold) {
    leave_queue(what);
    run_queue({debtor_of(what), what.currency});
  }
  return status;
}

LedgerStatus Executor::release(Held what) {
  what.flags &= static_cast<std::uint8_t>(~kReview);
  if ((what.flags & kReserved) != 0 && (what.flags & kSettles) == 0) {
    held_.find(what.id)->flags = what.flags;  // now it waits for its capture
    return LedgerStatus::kHeld;
  }
  free_money(what);
  held_.remove(what.id);
  return (what.flags & kSettles) != 0 ? settle(what) : move(what, what.amount, true);
}

void Executor::leave_queue(const Held& what) {
  const auto queue = queues_.find({debtor_of(what), what.currency});
  if (queue != queues_.end()) std::erase(queue->second, what.id);
}

// Starts what waited, in order, up to the next event that is still under review.
void Executor::run_queue(AccountKey key) {
  std::vector<wire::EventKey> waiting = std::move(queues_[key]);
  queues_.erase(key);
  std::size_t done = 0;
  for (; done < waiting.size(); ++done) {
    Held what = *held_.find(waiting[done]);
    if ((what.flags & kReview) != 0) break;
    held_.remove(what.id);
    what.flags &= static_cast<std::uint8_t>(~kQueued);
    static_cast<void>(start(what));
  }
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(done));
  if (!waiting.empty()) queues_[key] = std::move(waiting);
}

Result<std::size_t> Executor::control(Bytes records) {
  std::size_t unknown = 0;
  ControlReader reader(records);
  while (const auto record = reader.next()) {
    if (record->type == ControlType::kRelease && record->payload.size() == sizeof(ReleasePayload)) {
      const auto payload = load<ReleasePayload>(record->payload.data());
      if (payload.resolution < 1 || payload.resolution > 3) {
        return fail(
            data_loss("control_damaged", "resolution " + std::to_string(payload.resolution)));
      }
      const LedgerStatus status = resolve(payload.id, static_cast<Resolution>(payload.resolution));
      unknown += status == LedgerStatus::kRefUnknown;
    } else if (record->type == ControlType::kAccount &&
               record->payload.size() == sizeof(AccountChangePayload)) {
      set_account(load<AccountChangePayload>(record->payload.data()));
    } else if (record->type == ControlType::kRelease || record->type == ControlType::kAccount) {
      return fail(data_loss("control_damaged",
                            "a record of type " + std::string(control_type_name(record->type)) +
                                " has " + std::to_string(record->payload.size()) + " bytes"));
    }
  }
  if (!reader.ok()) return fail(data_loss("control_damaged", "a control record is malformed"));
  return unknown;
}

void Executor::set_account(const AccountChangePayload& change) {
  const std::uint64_t outside_hash = account_hash(kOutside, change.currency);
  const std::uint64_t hash = account_hash(change.entity, change.currency);
  accounts_.make_room(outside_hash);
  accounts_.make_room(hash);
  Account& outside = accounts_.open(outside_hash, kOutside, change.currency, change.exponent);
  Account& target = accounts_.open(hash, change.entity, change.currency, change.exponent);
  std::int64_t delta = 0;
  std::int64_t balance = outside.balance;
  if ((change.set & kSetBalance) != 0 &&
      !__builtin_sub_overflow(change.balance, target.balance, &delta) &&
      !__builtin_sub_overflow(balance, delta, &balance) && &target != &outside) {
    outside.balance = balance;
    target.balance = change.balance;
  }
  if ((change.set & kSetFlags) != 0) {
    target.flags =
        static_cast<std::uint8_t>(kAccountUsed | (change.flags & (kClosed | kUnlimited)));
  }
}

std::vector<wire::EventKey> Executor::held_until(std::int64_t until_us) const {
  std::vector<wire::EventKey> ids;
  for (const Held& entry : held_.sorted()) {
    if (entry.time_us <= until_us && (entry.flags & kQueued) == 0) ids.push_back(entry.id);
  }
  return ids;
}

void Executor::copy(StatePiece& piece) const {
  piece.clear();
  piece.out.buffer().reserve(bytes_to_copy());
  accounts_.save(piece.out);
  held_.save(piece.out);
  piece.complete = [](std::vector<std::uint8_t>& bytes) { Accounts::sort_saved(bytes); };
}

void Executor::save(ByteWriter& out) const {
  StatePiece piece;
  copy(piece);
  piece.finish();
  out.raw(piece.out.bytes());
}

Status Executor::restore(ByteReader& in) {
  queues_.clear();
  WEIR_TRY(accounts_.restore(in));
  WEIR_TRY(held_.restore(in));
  if (!options_.queue_after_hold) return Status::ok();
  for (const Held& entry : held_.sorted()) {
    if ((entry.flags & (kReview | kQueued)) == 0) continue;
    queues_[{debtor_of(entry), entry.currency}].push_back(entry.id);
  }
  return Status::ok();
}

}  // namespace weir::ledger
