// The accounts of one window of events, numbered densely, with what the orderer needs to know about
// each. Small on purpose: 1,024 events meet at most 2,048 accounts, 64 KiB.
//
//   OrderAccounts accounts(1024);
//   accounts.clear();
//   std::uint16_t a = accounts.number(event.debtor, event.currency, event.exponent);
//   accounts[a].debits += ...;
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "ledger/accounts.hpp"

namespace weir::ledger {

struct OrderAccount {
  enum Flags : std::uint8_t {
    kOrdered = 1,  // a nonce, capture or void: its events keep their order
    kNonceDisorder = 2,
    kMixedExponents = 4,
    kAsked = 8,  // kCommutes is known
    kCommutes = 16,
  };
  static constexpr std::uint16_t kNone = 0xFFFF;

  std::uint64_t entity;
  std::int64_t debits;  // amounts and fees of the window; saturated
  std::uint32_t nonce;  // last seen
  std::uint16_t currency;
  std::uint16_t touches;  // events that name it, twice for a transfer to itself
  std::uint16_t debit_count;
  std::uint16_t last;  // node * 2 + role of its last event, or kNone
  std::uint16_t last_debit;
  std::uint8_t exponent;
  std::uint8_t flags;
};
static_assert(sizeof(OrderAccount) == 32);

class OrderAccounts {
 public:
  explicit OrderAccounts(std::size_t window)
      : slots_(std::bit_ceil(window * 4), kEmpty), accounts_(window * 2) {}

  void clear() {
    std::fill(slots_.begin(), slots_.end(), kEmpty);
    used_ = 0;
  }

  std::uint16_t number(std::uint64_t entity, std::uint16_t currency, std::uint8_t exponent) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = account_hash(entity, currency) & mask;; at = (at + 1) & mask) {
      if (slots_[at] == kEmpty) {
        slots_[at] = used_;
        accounts_[used_] = {
            entity, 0, 0, currency, 0, 0, OrderAccount::kNone, OrderAccount::kNone, exponent, 0};
        return used_++;
      }
      const OrderAccount& account = accounts_[slots_[at]];
      if (account.entity == entity && account.currency == currency) return slots_[at];
    }
  }
  OrderAccount& operator[](std::uint16_t number) { return accounts_[number]; }

 private:
  static constexpr std::uint16_t kEmpty = 0xFFFF;
  std::vector<std::uint16_t> slots_;
  std::vector<OrderAccount> accounts_;
  std::uint16_t used_ = 0;
};

}  // namespace weir::ledger
