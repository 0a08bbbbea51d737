#include "ledger/execute.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "ledger/fixture.hpp"

namespace weir::ledger {
namespace {

using fixture::account;
using fixture::key_of;
using fixture::transfer;
using wire::LedgerStatus;
using wire::Outcome;

void deposit(Executor& executor, std::uint64_t number, std::int64_t balance,
             std::uint8_t flags = 0) {
  ControlWriter out;
  const AccountChangePayload change{account(number),         balance, 840, 2, flags,
                                    kSetBalance | kSetFlags, {}};
  out.add(ControlType::kAccount, {reinterpret_cast<const std::uint8_t*>(&change), sizeof(change)});
  ASSERT_TRUE(executor.control(out.bytes()));
}

std::int64_t balance(const Executor& executor, std::uint64_t number) {
  const Account* found = executor.accounts().find(account(number), 840);
  return found != nullptr ? found->balance : 0;
}

std::int64_t held(const Executor& executor, std::uint64_t number) {
  const Account* found = executor.accounts().find(account(number), 840);
  return found != nullptr ? found->held : 0;
}

__int128 total_of_all(const Executor& executor) {
  __int128 sum = 0;
  for (const Account& a : executor.accounts().sorted()) sum += a.balance;
  return sum;
}

wire::Event flagged(wire::Event event, std::uint16_t flags, std::uint64_t ref = 0) {
  event.flags = flags;
  if (ref != 0) event.ref = key_of(ref);
  return event;
}

TEST(Executor, MovesAmountAndFeeWhenTheyAreCovered) {
  const std::uint64_t fees = account(99);
  Executor executor({.fee_account = fees});
  deposit(executor, 1, 1000);
  wire::Event event = transfer(1, 1, 2, 900);
  event.fee = 100;
  EXPECT_EQ(executor.execute_one(event, Outcome::kPass, 1), LedgerStatus::kApplied);
  EXPECT_EQ(balance(executor, 1), 0);
  EXPECT_EQ(balance(executor, 2), 900);
  EXPECT_EQ(balance(executor, 99), 100);
  EXPECT_EQ(executor.execute_one(transfer(2, 1, 2, 1), Outcome::kPass, 2),
            LedgerStatus::kInsufficientFunds);
  EXPECT_EQ(executor.execute_one(transfer(3, 2, 1, 901), Outcome::kPass, 3),
            LedgerStatus::kInsufficientFunds);
  EXPECT_EQ(total_of_all(executor), 0);
}

TEST(Executor, TakesAbsentPartiesForOutsideWithoutLimit) {
  Executor executor({});
  wire::Event cash_in = transfer(1, 1, 2, 500);
  cash_in.debtor = 0;
  EXPECT_EQ(executor.execute_one(cash_in, Outcome::kPass, 1), LedgerStatus::kApplied);
  EXPECT_EQ(balance(executor, 2), 500);
  EXPECT_EQ(executor.accounts().find(kOutside, 840)->balance, -500);
  EXPECT_EQ(total_of_all(executor), 0);
}

TEST(Executor, SetsHeldMoneyAsideAndAppliesItOnce) {
  Executor executor({});
  deposit(executor, 1, 1000);
  EXPECT_EQ(executor.execute_one(transfer(1, 1, 2, 700), Outcome::kHold, 1), LedgerStatus::kHeld);
  EXPECT_EQ(held(executor, 1), 700);
  EXPECT_EQ(executor.execute_one(transfer(2, 1, 2, 301), Outcome::kPass, 2),
            LedgerStatus::kInsufficientFunds);
  EXPECT_EQ(executor.resolve(key_of(1), Resolution::kRelease), LedgerStatus::kApplied);
  EXPECT_EQ(executor.resolve(key_of(1), Resolution::kRelease), LedgerStatus::kRefUnknown);
  EXPECT_EQ(balance(executor, 1), 300);
  EXPECT_EQ(held(executor, 1), 0);
  EXPECT_EQ(balance(executor, 2), 700);
}

TEST(Executor, FreesHeldMoneyOnRejectionAndExpiry) {
  Executor executor({});
  deposit(executor, 1, 1000);
  executor.execute_one(transfer(1, 1, 2, 700), Outcome::kHold, 1);
  executor.execute_one(transfer(2, 1, 2, 300), Outcome::kHold, 2);
  EXPECT_EQ(executor.held_until(transfer(1, 0, 0, 0).time_us).size(), 1U);
  EXPECT_EQ(executor.resolve(key_of(1), Resolution::kReject), LedgerStatus::kVoided);
  EXPECT_EQ(executor.resolve(key_of(2), Resolution::kExpire), LedgerStatus::kExpired);
  EXPECT_EQ(held(executor, 1), 0);
  EXPECT_EQ(balance(executor, 1), 1000);
  EXPECT_EQ(executor.held().size(), 0U);
}

TEST(Executor, CapturesAReservationOnceWholeOrInPart) {
  Executor executor({});
  deposit(executor, 1, 1000);
  executor.execute_one(flagged(transfer(1, 1, 2, 400), wire::kReserve), Outcome::kPass, 1);
  executor.execute_one(flagged(transfer(2, 1, 2, 500), wire::kReserve), Outcome::kPass, 2);
  EXPECT_EQ(held(executor, 1), 900);
  const auto capture = [&](std::uint64_t id, std::int64_t amount, std::uint64_t ref) {
    return executor.execute_one(flagged(transfer(id, 1, 2, amount), wire::kCapture, ref),
                                Outcome::kPass, id);
  };
  EXPECT_EQ(capture(3, 0, 1), LedgerStatus::kCaptured);
  EXPECT_EQ(capture(4, 0, 1), LedgerStatus::kRefUnknown);
  EXPECT_EQ(capture(5, 501, 2), LedgerStatus::kRefused);
  EXPECT_EQ(capture(6, 200, 2), LedgerStatus::kCaptured);
  EXPECT_EQ(held(executor, 1), 0);
  EXPECT_EQ(balance(executor, 1), 400);
  EXPECT_EQ(balance(executor, 2), 600);
}

TEST(Executor, RefusesCapturesThatDoNotFitTheirReservation) {
  Executor executor({});
  deposit(executor, 1, 1000);
  executor.execute_one(flagged(transfer(1, 1, 2, 400), wire::kReserve), Outcome::kPass, 1);
  const auto capture = [&](wire::Event event) {
    return executor.execute_one(flagged(event, wire::kCapture, 1), Outcome::kPass, 9);
  };
  EXPECT_EQ(capture(transfer(2, 3, 2, 0)), LedgerStatus::kRefUnknown);
  EXPECT_EQ(capture(transfer(3, 1, 3, 0)), LedgerStatus::kRefUnknown);
  wire::Event other = transfer(4, 1, 2, 0);
  other.currency = 978;
  EXPECT_EQ(capture(other), LedgerStatus::kRefUnknown);
  wire::Event status = transfer(5, 0, 0, 0);
  status.debtor = status.creditor = 0;
  status.currency = wire::kUnknownCurrency;
  status.type = static_cast<std::uint8_t>(wire::EventType::kStatus);
  EXPECT_EQ(capture(status), LedgerStatus::kCaptured);
  EXPECT_EQ(balance(executor, 2), 400);
}

// A reservation that a reviewer has not yet released must not be captured behind the reviewer's
// back.
TEST(Executor, DoesNotCaptureWhatIsUnderReview) {
  Executor executor({});
  deposit(executor, 1, 1000);
  executor.execute_one(flagged(transfer(1, 1, 2, 400), wire::kReserve), Outcome::kHold, 1);
  const wire::Event capture = flagged(transfer(2, 1, 2, 0), wire::kCapture, 1);
  EXPECT_EQ(executor.execute_one(capture, Outcome::kPass, 2), LedgerStatus::kRefused);
  EXPECT_EQ(executor.resolve(key_of(1), Resolution::kRelease), LedgerStatus::kHeld);
  EXPECT_EQ(executor.execute_one(capture, Outcome::kPass, 3), LedgerStatus::kCaptured);
  EXPECT_EQ(balance(executor, 1), 600);
}

TEST(Executor, VoidsAReservationAndReleasesAHeldCapture) {
  Executor executor({});
  deposit(executor, 1, 1000);
  executor.execute_one(flagged(transfer(1, 1, 2, 400), wire::kReserve), Outcome::kPass, 1);
  executor.execute_one(flagged(transfer(2, 1, 2, 300), wire::kReserve), Outcome::kPass, 2);
  EXPECT_EQ(executor.execute_one(flagged(transfer(3, 1, 2, 0), wire::kVoid, 1), Outcome::kPass, 3),
            LedgerStatus::kVoided);
  EXPECT_EQ(
      executor.execute_one(flagged(transfer(4, 1, 2, 0), wire::kCapture, 2), Outcome::kHold, 4),
      LedgerStatus::kHeld);
  EXPECT_EQ(held(executor, 1), 300);
  EXPECT_EQ(executor.resolve(key_of(4), Resolution::kRelease), LedgerStatus::kCaptured);
  EXPECT_EQ(held(executor, 1), 0);
  EXPECT_EQ(balance(executor, 2), 300);
}

TEST(Executor, ChecksNoncesAndConsumesThemWhateverTheOutcome) {
  Executor executor({});
  deposit(executor, 1, 100);
  const auto with_nonce = [&](std::uint32_t nonce, std::int64_t amount, Outcome outcome) {
    wire::Event event = transfer(nonce + 50, 1, 2, amount);
    event.nonce = nonce;
    return executor.execute_one(event, outcome, nonce);
  };
  EXPECT_EQ(with_nonce(2, 1, Outcome::kPass), LedgerStatus::kNonceGap);
  EXPECT_EQ(with_nonce(1, 1, Outcome::kPass), LedgerStatus::kApplied);
  EXPECT_EQ(with_nonce(1, 1, Outcome::kPass), LedgerStatus::kNonceReplayed);
  EXPECT_EQ(with_nonce(2, 1, Outcome::kBlock), LedgerStatus::kBlocked);
  EXPECT_EQ(with_nonce(3, 999, Outcome::kPass), LedgerStatus::kInsufficientFunds);
  EXPECT_EQ(with_nonce(4, 1, Outcome::kPass), LedgerStatus::kApplied);
}

TEST(Executor, RefusesClosedAccountsOtherExponentsAndOverflow) {
  Executor executor({});
  constexpr std::int64_t kMax = INT64_MAX;
  deposit(executor, 1, 100);
  deposit(executor, 2, 100, kClosed);
  EXPECT_EQ(executor.execute_one(transfer(1, 1, 2, 1), Outcome::kPass, 1),
            LedgerStatus::kAccountClosed);
  wire::Event other = transfer(2, 1, 3, 1);
  other.exponent = 3;
  EXPECT_EQ(executor.execute_one(other, Outcome::kPass, 2), LedgerStatus::kCurrencyMismatch);
  deposit(executor, 4, 10, kUnlimited);
  deposit(executor, 5, 10);
  EXPECT_EQ(executor.execute_one(transfer(3, 4, 5, kMax), Outcome::kPass, 3),
            LedgerStatus::kOverflow);
  wire::Event fee = transfer(4, 4, 6, kMax);
  fee.fee = 1;
  EXPECT_EQ(executor.execute_one(fee, Outcome::kPass, 4), LedgerStatus::kOverflow);
  EXPECT_EQ(balance(executor, 4), 10);
  EXPECT_EQ(balance(executor, 5), 10);
}

TEST(Executor, MovesNothingForOutcomeBlockFlagNoExecuteAndTypesWithoutMoney) {
  Executor executor({});
  deposit(executor, 1, 100);
  EXPECT_EQ(executor.execute_one(transfer(1, 1, 2, 1), Outcome::kBlock, 1), LedgerStatus::kBlocked);
  EXPECT_EQ(
      executor.execute_one(flagged(transfer(2, 1, 2, 1), wire::kNoExecute), Outcome::kPass, 2),
      LedgerStatus::kNotExecuted);
  wire::Event login = transfer(3, 1, 2, 1);
  login.type = static_cast<std::uint8_t>(wire::EventType::kLogin);
  EXPECT_EQ(executor.execute_one(login, Outcome::kPass, 3), LedgerStatus::kNotExecuted);
  EXPECT_EQ(balance(executor, 1), 100);
}

TEST(Executor, QueuesLaterEventsOfTheAccountBehindAReview) {
  Executor executor({.queue_after_hold = true});
  deposit(executor, 1, 1000);
  EXPECT_EQ(executor.execute_one(transfer(1, 1, 2, 600), Outcome::kHold, 1), LedgerStatus::kHeld);
  EXPECT_EQ(executor.execute_one(transfer(2, 1, 2, 500), Outcome::kPass, 2), LedgerStatus::kHeld);
  EXPECT_EQ(executor.execute_one(transfer(3, 1, 2, 100), Outcome::kPass, 3), LedgerStatus::kHeld);
  EXPECT_EQ(balance(executor, 2), 0);

  ByteWriter saved;
  executor.save(saved);
  Executor restored({.queue_after_hold = true});
  ByteReader in(saved.bytes());
  ASSERT_TRUE(restored.restore(in));
  EXPECT_EQ(restored.resolve(key_of(1), Resolution::kReject), LedgerStatus::kVoided);
  EXPECT_EQ(balance(restored, 2), 600);  // both that waited were covered now

  EXPECT_EQ(executor.resolve(key_of(1), Resolution::kRelease), LedgerStatus::kApplied);
  EXPECT_EQ(balance(executor, 2), 700);  // 600 and 100; 500 was no longer covered
  EXPECT_EQ(executor.held().size(), 0U);
  EXPECT_EQ(executor.execute_one(transfer(4, 1, 2, 100), Outcome::kPass, 4),
            LedgerStatus::kApplied);
}

// The rules once more, with maps and without any of the fast code.
class Oracle {
 public:
  std::map<std::uint64_t, std::int64_t> balance, held;
  std::map<std::uint64_t, std::uint32_t> nonce;
  std::map<wire::EventKey, wire::Event> reserved, review;

  LedgerStatus run(const wire::Event& e, Outcome outcome) {
    if (e.nonce != 0) {
      const std::uint32_t last = nonce[e.debtor];
      if (e.nonce == last + 1) {
        nonce[e.debtor] = e.nonce;
      } else if (outcome != Outcome::kBlock) {
        return e.nonce <= last ? LedgerStatus::kNonceReplayed : LedgerStatus::kNonceGap;
      }
    }
    if (outcome == Outcome::kBlock) return LedgerStatus::kBlocked;
    const std::int64_t total = e.amount + e.fee;
    const bool settles = (e.flags & (wire::kCapture | wire::kVoid)) != 0;
    if (settles) return settle(e);
    if (balance[e.debtor] - held[e.debtor] < total) return LedgerStatus::kInsufficientFunds;
    if (outcome == Outcome::kHold || (e.flags & wire::kReserve) != 0) {
      (outcome == Outcome::kHold ? review : reserved)[e.id] = e;
      held[e.debtor] += total;
      return LedgerStatus::kHeld;
    }
    move(e, e.amount);
    return LedgerStatus::kApplied;
  }
  LedgerStatus settle(const wire::Event& e) {
    const auto at = reserved.find(e.ref);
    if (at == reserved.end()) {
      const auto waiting = review.find(e.ref);
      if (waiting == review.end()) return LedgerStatus::kRefUnknown;
      const bool fits =
          waiting->second.debtor == e.debtor && waiting->second.creditor == e.creditor;
      return fits ? LedgerStatus::kRefused : LedgerStatus::kRefUnknown;
    }
    const wire::Event target = at->second;
    if (target.debtor != e.debtor || target.creditor != e.creditor)
      return LedgerStatus::kRefUnknown;
    if ((e.flags & wire::kCapture) != 0 && e.amount > target.amount) return LedgerStatus::kRefused;
    held[target.debtor] -= target.amount + target.fee;
    reserved.erase(at);
    if ((e.flags & wire::kCapture) == 0) return LedgerStatus::kVoided;
    move(target, e.amount != 0 ? e.amount : target.amount);
    return LedgerStatus::kCaptured;
  }
  void release(const wire::EventKey& id, bool apply) {
    const wire::Event e = review.at(id);
    review.erase(id);
    if (apply && (e.flags & wire::kReserve) != 0) {
      reserved[id] = e;
      return;
    }
    held[e.debtor] -= e.amount + e.fee;
    if (apply) move(e, e.amount);
  }
  void move(const wire::Event& e, std::int64_t amount) {
    balance[e.debtor] -= amount + e.fee;
    balance[e.creditor] += amount;
    balance[fees] += e.fee;
  }
  std::uint64_t fees = account(0);
};

TEST(Executor, EqualsTheNaiveOracleOnRandomStreams) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Philox rng(seed, 99);
    Oracle oracle;
    Executor executor({.fee_account = oracle.fees});
    for (std::uint64_t a = 0; a < 12; ++a) {
      const std::int64_t start = rng.next_below(3000);
      deposit(executor, a, start);
      oracle.balance[account(a)] = start;
    }
    std::vector<wire::Event> events;
    for (std::uint64_t id = 1; id <= 4000; ++id) {
      wire::Event e = transfer(id, rng.next_below(12), rng.next_below(12), rng.next_below(400));
      e.fee = rng.next_below(4) == 0 ? rng.next_below(9) : 0;
      if (rng.next_below(4) == 0) e.nonce = oracle.nonce[e.debtor] + rng.next_below(3);
      const std::uint32_t kind = rng.next_below(10);
      if (kind == 0) e.flags = wire::kReserve;
      if (kind <= 3 && kind >= 1 && !events.empty()) {
        const wire::Event& earlier = events[events.size() - 1 -
                                            rng.next_below(static_cast<std::uint32_t>(
                                                std::min<std::size_t>(events.size(), 40)))];
        e.flags = kind == 1 ? wire::kVoid : wire::kCapture;
        e.ref = earlier.id;
        if (rng.next_below(5) != 0) e.debtor = earlier.debtor, e.creditor = earlier.creditor;
        if (kind == 3) e.amount = 0;
        e.nonce = 0;
      }
      std::uint32_t draw = rng.next_below(20);
      if (e.flags != 0 && e.flags != wire::kReserve)
        draw = 5;  // waiting settlements have a test of their own
      const Outcome outcome = draw == 0   ? Outcome::kBlock
                              : draw <= 2 ? Outcome::kHold
                                          : Outcome::kPass;
      ASSERT_EQ(executor.execute_one(e, outcome, id), oracle.run(e, outcome))
          << "seed " << seed << " id " << id;
      if (!oracle.review.empty() && rng.next_below(8) == 0) {
        const wire::EventKey picked = oracle.review.begin()->first;
        const bool apply = rng.next_below(2) == 0;
        executor.resolve(picked, apply ? Resolution::kRelease : Resolution::kReject);
        oracle.release(picked, apply);
      }
      events.push_back(e);
    }
    for (const auto& [entity, amount] : oracle.balance) {
      const Account* found = executor.accounts().find(entity, 840);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->balance, amount) << "seed " << seed;
      EXPECT_EQ(found->held, oracle.held[entity]) << "seed " << seed;
      EXPECT_EQ(found->nonce, oracle.nonce[entity]) << "seed " << seed;
    }
    EXPECT_EQ(executor.held().size(), oracle.review.size() + oracle.reserved.size());
    EXPECT_EQ(total_of_all(executor), 0);

    ByteWriter saved;
    executor.save(saved);
    Executor restored({.fee_account = oracle.fees});
    ByteReader in(saved.bytes());
    ASSERT_TRUE(restored.restore(in));
    ByteWriter again;
    restored.save(again);
    EXPECT_TRUE(std::ranges::equal(saved.bytes(), again.bytes()));
  }
}

TEST(Executor, RefusesDamagedSnapshotsAndControlRecords) {
  Executor executor({});
  deposit(executor, 1, 5);
  ByteWriter saved;
  executor.save(saved);
  for (std::size_t size = 0; size < saved.bytes().size(); ++size) {
    Executor restored({});
    ByteReader in(saved.bytes().first(size));
    EXPECT_FALSE(restored.restore(in));
  }
  ControlWriter out;
  out.add(ControlType::kRelease, as_bytes("short"));
  EXPECT_FALSE(executor.control(out.bytes()));
}

TEST(Accounts, FindWhatWasOpenedThroughGrowth) {
  Accounts accounts;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    accounts.open(account(i), static_cast<std::uint16_t>(i % 3), 2).balance =
        static_cast<std::int64_t>(i);
  }
  EXPECT_EQ(accounts.size(), 50'000U);
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const Account* found = accounts.find(account(i), static_cast<std::uint16_t>(i % 3));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->balance, static_cast<std::int64_t>(i));
    EXPECT_EQ(accounts.find(account(i), 7), nullptr);
  }
}

TEST(HeldSet, KeepsEveryEntryThroughRandomAddsAndRemovals) {
  Philox rng(5, 5);
  HeldSet set;
  std::map<wire::EventKey, std::uint64_t> oracle;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t number = rng.next_below(300);
    Held entry{};
    entry.id = key_of(number);
    entry.seq = number;
    if (rng.next_below(2) == 0) {
      EXPECT_EQ(set.add(entry), oracle.emplace(entry.id, number).second);
    } else {
      EXPECT_EQ(set.remove(entry.id), oracle.erase(entry.id) == 1);
    }
    ASSERT_EQ(set.size(), oracle.size());
  }
  for (const auto& [id, number] : oracle) {
    ASSERT_NE(set.find(id), nullptr);
    EXPECT_EQ(set.find(id)->seq, number);
  }
}

}  // namespace
}  // namespace weir::ledger
