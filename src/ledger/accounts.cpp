#include "ledger/accounts.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"
#include "wire/event.hpp"

namespace weir::ledger {
namespace {

constexpr std::uint32_t kRoom = 4;  // an event opens at most three accounts

std::uint32_t limit_of(std::size_t slots) {
  return static_cast<std::uint32_t>(slots * 7 / 10);
}

}  // namespace

Accounts::Accounts(std::size_t expected) : tables_(kTables) {
  // A table's share of the accounts varies by a few standard deviations of sqrt(expected /
  // kTables).
  const std::size_t share = expected / kTables + expected / (kTables * 8) + 2 * kRoom;
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(16, share * 10 / 7));
  for (Table& table : tables_) {
    table.slots = AlignedBuffer<Account>(slots);
    table.limit = limit_of(slots);
  }
}

const Account* Accounts::find(std::uint64_t hash, std::uint64_t entity,
                              std::uint16_t currency) const {
  const Table& table = tables_[table_of(hash)];
  const std::size_t mask = table.slots.size() - 1;
  for (std::size_t at = slot_of(hash) & mask;; at = (at + 1) & mask) {
    const Account& account = table.slots[at];
    if ((account.flags & kAccountUsed) == 0) return nullptr;
    if (account.entity == entity && account.currency == currency) return &account;
  }
}

Account& Accounts::open(std::uint64_t hash, std::uint64_t entity, std::uint16_t currency,
                        std::uint8_t exponent) {
  Table& table = tables_[table_of(hash)];
  const std::size_t mask = table.slots.size() - 1;
  for (std::size_t at = slot_of(hash) & mask;; at = (at + 1) & mask) {
    Account& account = table.slots[at];
    if (account.entity == entity && account.currency == currency &&
        (account.flags & kAccountUsed) != 0) {
      return account;
    }
    if ((account.flags & kAccountUsed) != 0) continue;
    CHECK_LT(table.used, table.slots.size() - 1);
    ++table.used;
    const bool external = wire::EntityId{entity}.kind() == wire::EntityKind::kExternal;
    account = {};
    account.entity = entity;
    account.currency = currency;
    account.exponent = exponent;
    account.flags = static_cast<std::uint8_t>(kAccountUsed | (external ? kUnlimited : 0));
    return account;
  }
}

void Accounts::make_room(std::uint64_t hash) {
  Table& table = tables_[table_of(hash)];
  if (table.used + kRoom > table.limit) [[unlikely]]
    grow(table);
}

void Accounts::grow(Table& table) {
  AlignedBuffer<Account> old(table.slots.size() * 2);
  std::swap(old, table.slots);
  table.limit = limit_of(table.slots.size());
  const std::size_t mask = table.slots.size() - 1;
  for (const Account& account : old) {
    if ((account.flags & kAccountUsed) == 0) continue;
    std::size_t at = slot_of(account_hash(account.entity, account.currency)) & mask;
    while ((table.slots[at].flags & kAccountUsed) != 0) at = (at + 1) & mask;
    table.slots[at] = account;
  }
}

void Accounts::prefetch(std::uint64_t hash) const {
  const Table& table = tables_[table_of(hash)];
  __builtin_prefetch(&table.slots[slot_of(hash) & (table.slots.size() - 1)], 1);
}

std::size_t Accounts::size() const {
  std::size_t sum = 0;
  for (const Table& table : tables_) sum += table.used;
  return sum;
}

std::size_t Accounts::bytes() const {
  std::size_t sum = 0;
  for (const Table& table : tables_) sum += table.slots.size() * sizeof(Account);
  return sum;
}

std::vector<Account> Accounts::sorted() const {
  std::vector<Account> all;
  all.reserve(size());
  for (const Table& table : tables_) {
    for (const Account& account : table.slots.span()) {
      if ((account.flags & kAccountUsed) != 0) all.push_back(account);
    }
  }
  std::sort(all.begin(), all.end(), [](const Account& a, const Account& b) {
    return a.entity != b.entity ? a.entity < b.entity : a.currency < b.currency;
  });
  return all;
}

void Accounts::save(ByteWriter& out) const {
  const std::vector<Account> all = sorted();
  out.array(std::span<const Account>(all));
}

Status Accounts::restore(ByteReader& in) {
  const auto damaged = [&](std::string what) {
    *this = Accounts();
    return data_loss("snapshot_damaged", "accounts: " + what);
  };
  std::vector<Account> all;
  if (!in.array(all)) return damaged("cut short");
  *this = Accounts(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Account& account = all[i];
    if ((account.flags & kAccountUsed) == 0 || account.held < 0)
      return damaged("an impossible account");
    const bool rises =
        i == 0 || all[i - 1].entity < account.entity ||
        (all[i - 1].entity == account.entity && all[i - 1].currency < account.currency);
    if (!rises) return damaged("out of order");
    open(account.entity, account.currency, account.exponent) = account;
  }
  return Status::ok();
}

}  // namespace weir::ledger
