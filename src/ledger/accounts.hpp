// Accounts: balance, held amount and nonce per (entity, currency), 32 bytes each, in open-addressed
// tables.
//
//   Accounts accounts(1'000'000);
//   Account& a = accounts.open(entity, currency, exponent);   // at balance 0 if it was not known
//   const Account* b = accounts.find(entity, currency);
//
// 32 tables by hash, each growing on its own, so that no single insertion moves more than 1/32 of
// the accounts, and large enough for huge pages from a million accounts on. Account order in memory
// means nothing; snapshots are sorted by key. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "base/bytes.hpp"
#include "base/prefetch.hpp"
#include "base/status.hpp"

namespace weir::ledger {

enum AccountFlags : std::uint8_t {
  kClosed = 1,
  kUnlimited = 2,      // external: no lower limit
  kAccountUsed = 128,  // the slot holds an account
};

struct Account {
  std::int64_t balance;  // minor units
  std::int64_t held;     // minor units, >= 0
  std::uint32_t nonce;   // last one consumed; 0 = none yet
  std::uint16_t currency;
  std::uint8_t exponent;
  std::uint8_t flags;  // AccountFlags
  std::uint64_t entity;
};
static_assert(sizeof(Account) == 32);

// Returns the hash that places an account.
inline std::uint64_t account_hash(std::uint64_t entity, std::uint16_t currency) {
  std::uint64_t h =
      (entity + static_cast<std::uint64_t>(currency) * 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
  h ^= h >> 32;
  return h * 0xD6E8FEB86659FD93U;
}

class Accounts {
 public:
  // Sizes the tables so that `expected` accounts fit without growth.
  explicit Accounts(std::size_t expected = 0);

  // Returns the account, or null. `hash` is account_hash(entity, currency).
  const Account* find(std::uint64_t hash, std::uint64_t entity, std::uint16_t currency) const;
  const Account* find(std::uint64_t entity, std::uint16_t currency) const {
    return find(account_hash(entity, currency), entity, currency);
  }
  // Returns the account, opened at 0 if unknown (kind external: unlimited). The reference is good
  // until the next make_room().
  Account& open(std::uint64_t hash, std::uint64_t entity, std::uint16_t currency,
                std::uint8_t exponent) {
    const Table& table = tables_[table_of(hash)];
    Account& first = table.data[hash & table.mask];
    const bool found =
        first.entity == entity && first.currency == currency && (first.flags & kAccountUsed) != 0;
    return found ? first : open_behind(hash, entity, currency, exponent);
  }
  Account& open(std::uint64_t entity, std::uint16_t currency, std::uint8_t exponent) {
    const std::uint64_t hash = account_hash(entity, currency);
    make_room(hash);
    return open(hash, entity, currency, exponent);
  }
  // Grows the table of `hash` if fewer than 4 accounts fit into it. Call it for every hash of an
  // event before open(), so that no reference moves.
  void make_room(std::uint64_t hash) {
    Table& table = tables_[table_of(hash)];
    if (table.used + kRoom > table.limit) [[unlikely]]
      grow(table);
  }
  void prefetch(std::uint64_t hash) const {
    const Table& table = tables_[table_of(hash)];
    weir::prefetch(&table.data[hash & table.mask]);
  }

  std::size_t size() const;
  std::size_t bytes() const;
  // Returns every account in order of (entity, currency).
  std::vector<Account> sorted() const;

  // Writes u64 n, then n accounts as they lie in memory; sort_saved() brings these bytes into the
  // order of (entity, currency), on any thread.
  void save(ByteWriter& out) const;
  static void sort_saved(std::span<std::uint8_t> saved);
  // Replaces the content. data_loss (snapshot_damaged) if malformed; the content is then empty.
  Status restore(ByteReader& in);

 private:
  struct Table {
    Account* data = nullptr;  // of `slots`
    std::size_t mask = 0;
    AlignedBuffer<Account> slots;
    std::uint32_t used = 0;
    std::uint32_t limit = 0;  // grow at this many
  };
  static constexpr std::size_t kTables = 32;
  static std::size_t table_of(std::uint64_t hash) { return hash >> 59; }
  static constexpr std::uint32_t kRoom = 4;  // an event opens at most three accounts
  Account& open_behind(std::uint64_t hash, std::uint64_t entity, std::uint16_t currency,
                       std::uint8_t exponent);
  static void resize(Table& table, std::size_t slots);
  static void grow(Table& table);
  std::vector<Table> tables_;
};

}  // namespace weir::ledger
