#include "ledger/accounts.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"
#include "wire/event.hpp"

namespace weir::ledger {
namespace {

bool by_key(const Account& a, const Account& b) {
  return a.entity != b.entity ? a.entity < b.entity : a.currency < b.currency;
}

}  // namespace

Accounts::Accounts(std::size_t expected) : tables_(kTables) {
  // A table's share of the accounts varies by a few standard deviations of sqrt(expected /
  // kTables).
  const std::size_t share = expected / kTables + expected / (kTables * 8) + 2 * kRoom;
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(16, share * 10 / 7));
  for (Table& table : tables_) resize(table, slots);
}

void Accounts::resize(Table& table, std::size_t slots) {
  table.slots = AlignedBuffer<Account>(slots);
  table.data = table.slots.data();
  table.mask = slots - 1;
  table.limit = static_cast<std::uint32_t>(slots * 7 / 10);
}

const Account* Accounts::find(std::uint64_t hash, std::uint64_t entity,
                              std::uint16_t currency) const {
  const Table& table = tables_[table_of(hash)];
  for (std::size_t at = hash & table.mask;; at = (at + 1) & table.mask) {
    const Account& account = table.slots[at];
    if ((account.flags & kAccountUsed) == 0) return nullptr;
    if (account.entity == entity && account.currency == currency) return &account;
  }
}

Account& Accounts::open_behind(std::uint64_t hash, std::uint64_t entity, std::uint16_t currency,
                               std::uint8_t exponent) {
  Table& table = tables_[table_of(hash)];
  for (std::size_t at = hash & table.mask;; at = (at + 1) & table.mask) {
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

void Accounts::grow(Table& table) {
  const AlignedBuffer<Account> old = std::move(table.slots);
  resize(table, old.size() * 2);
  for (const Account& account : old.span()) {
    if ((account.flags & kAccountUsed) == 0) continue;
    std::size_t at = account_hash(account.entity, account.currency) & table.mask;
    while ((table.slots[at].flags & kAccountUsed) != 0) at = (at + 1) & table.mask;
    table.slots[at] = account;
  }
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
  std::sort(all.begin(), all.end(), by_key);
  return all;
}

void Accounts::save(ByteWriter& out) const {
  out.u64(size());
  for (const Table& table : tables_) {
    for (const Account& account : table.slots.span()) {
      if ((account.flags & kAccountUsed) != 0) out.put(account);
    }
  }
}

void Accounts::sort_saved(std::span<std::uint8_t> saved) {
  const auto count = load<std::uint64_t>(saved.data());
  CHECK_LE(8 + count * sizeof(Account), saved.size());
  auto* const first = reinterpret_cast<Account*>(saved.data() + 8);
  std::sort(first, first + count, by_key);
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
