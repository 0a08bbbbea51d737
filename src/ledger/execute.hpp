// Executor: applies a block's events, in its published order, to balances, holds and nonces.
//
//   Executor executor({.fee_account = fees.word});
//   executor.control(block.control());              // resolutions, account changes
//   executor.execute(events, order, first_seq, verdicts);     // writes verdicts[i].ledger_status
//
// An event of outcome pass moves amount from debtor to creditor and fee from debtor to the fee
// account, if the debtor's available balance (balance - held + overdraft) covers both. Outcome
// hold, or flag reserve, sets the money aside until it is released, captured, voided, rejected or
// expires. Outcome block moves nothing. An absent party stands for external:0. docs/guide/ledger.md
// has the rules. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/state_piece.hpp"
#include "ledger/accounts.hpp"
#include "ledger/control.hpp"
#include "ledger/held_set.hpp"
#include "wire/event.hpp"
#include "wire/verdict.hpp"

namespace weir::ledger {

enum class LedgerMode : std::uint8_t { kOff, kRecord, kExecute };

// Stands for the absent party of an event: external, number 0.
inline constexpr std::uint64_t kOutside =
    wire::EntityId::number(wire::EntityKind::kExternal, 0).word;

struct ExecuteOptions {
  std::uint64_t fee_account = wire::EntityId::number(wire::EntityKind::kExternal, 1).word;
  std::int64_t overdraft = 0;     // minor units, for every account
  bool queue_after_hold = false;  // later events of an account wait behind its event under review
  std::size_t accounts_expected = 0;
};

struct ExecuteTotals {
  std::uint64_t by_status[16] = {};
};

// Returns true for the types that move money: not order, cancel, login, status, call.
bool moves_money(wire::EventType type);

class Executor {
 public:
  explicit Executor(const ExecuteOptions& options);

  // Executes events in the order given (empty: arrival) and writes each ledger_status. Shapes: one
  // verdict per event; `order` a permutation. Statuses are added to `totals` if given.
  void execute(std::span<const wire::Event> events, std::span<const std::uint16_t> order,
               std::uint64_t first_seq, std::span<wire::VerdictCore> verdicts,
               ExecuteTotals* totals = nullptr);
  // Executes one event and returns its status.
  wire::LedgerStatus execute_one(const wire::Event& event, wire::Outcome outcome,
                                 std::uint64_t seq);

  // Applies the records of types release and account, in order; others are skipped. Returns the
  // number of resolutions that named no held event. data_loss (control_damaged) if the section is
  // malformed.
  Result<std::size_t> control(Bytes records);
  // Ends one held event; the status is what became of it: applied, insufficient_funds, ...,
  // rejected as voided, expired, or ref_unknown.
  wire::LedgerStatus resolve(const wire::EventKey& id, Resolution resolution);
  // Lists the ids of events held at or before event time `until_us`, oldest first: candidates for
  // expiry.
  std::vector<wire::EventKey> held_until(std::int64_t until_us) const;

  Accounts& accounts() { return accounts_; }
  const Accounts& accounts() const { return accounts_; }
  const HeldSet& held() const { return held_; }
  const ExecuteOptions& options() const { return options_; }

  // Copies the state into a piece; save() writes the same bytes.
  void copy(StatePiece& piece) const;
  std::size_t bytes_to_copy() const {
    return (accounts_.size() * sizeof(Account)) + (held_.size() * sizeof(Held)) + 64;
  }
  void save(ByteWriter& out) const;
  Status restore(ByteReader& in);

 private:
  using AccountKey = std::pair<std::uint64_t, std::uint16_t>;
  struct KeyHash {
    std::size_t operator()(const AccountKey& key) const {
      return account_hash(key.first, key.second);
    }
  };

  bool take_nonce(Account& debtor, std::uint32_t nonce, wire::LedgerStatus& refused);
  bool covers(const Account& debtor, std::int64_t total) const;
  wire::LedgerStatus start(const Held& what);
  wire::LedgerStatus hold(const Held& what);
  wire::LedgerStatus move(const Held& what, std::int64_t amount, bool set_aside);
  wire::LedgerStatus move_between(Account& debtor, Account& creditor, std::int64_t amount,
                                  std::uint32_t fee, bool set_aside);
  wire::LedgerStatus settle(const Held& request);
  wire::LedgerStatus release(Held what);
  void free_money(const Held& what);
  void leave_queue(const Held& what);
  void run_queue(AccountKey key);
  void set_account(const AccountChangePayload& change);
  Account& account(std::uint64_t entity, const Held& what);

  ExecuteOptions options_;
  Accounts accounts_;
  HeldSet held_;
  // With queue_after_hold: per debtor the events under review and those that wait behind them, by
  // seq.
  std::unordered_map<AccountKey, std::vector<wire::EventKey>, KeyHash> queues_;
};

}  // namespace weir::ledger
