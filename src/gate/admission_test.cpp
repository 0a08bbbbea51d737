#include "gate/admission.hpp"

#include "gate/gate_fixture.hpp"

namespace weir::gate {
namespace {

using wire::Refusal;

// The clock of the fixture, and how far ahead of it an event may be.
constexpr std::int64_t kWallUs = 1'800'000'000'000'000;
constexpr std::int64_t kAheadUs = 600'000'000;

struct Fault {
  Refusal refusal;
  const char* field;
  void (*damage)(wire::Event& event);
};

// Every refusal that a record can meet here; those of texts and frames are the readers'.
constexpr Fault kFaults[] = {
    {Refusal::kRecordIdZero, "id", [](wire::Event& event) { event.id = {}; }},
    {Refusal::kPartyMissing, "debtor",
     [](wire::Event& event) { event.debtor = event.creditor = 0; }},
    {Refusal::kPartyMissing, "debtor",
     [](wire::Event& event) {
       event.device = wire::EntityId::interned(wire::EntityKind::kDevice, 9).word;
     }},
    {Refusal::kAmountNegative, "amount", [](wire::Event& event) { event.amount = -1; }},
    {Refusal::kAmountPrecision, "amount", [](wire::Event& event) { event.exponent = 13; }},
    {Refusal::kTimeRange, "time", [](wire::Event& event) { event.time_us = -1; }},
    {Refusal::kFutureTime, "time",
     [](wire::Event& event) { event.time_us = kWallUs + kAheadUs + 1; }},
    {Refusal::kTypeUnknown, "type", [](wire::Event& event) { event.type = 16; }},
    {Refusal::kFlagUnknown, "flags", [](wire::Event& event) { event.flags = 64; }},
    {Refusal::kSideBounds, "side", [](wire::Event& event) { event.side_len = 8; }},
    {Refusal::kCurrencyUnknown, "currency", [](wire::Event& event) { event.currency = 1; }},
    {Refusal::kCurrencyUnknown, "currency",
     [](wire::Event& event) { event.currency = wire::kAssetFirst; }},
    {Refusal::kFieldMissing, "category",
     [](wire::Event& event) { event.category = wire::kCategoryTextFirst; }},
};

class AdmissionTest : public GateFixture {
 protected:
  std::uint64_t refused(Refusal refusal) const {
    return gate_->admission().refused()[static_cast<std::size_t>(refusal) - 1001];
  }
  std::uint64_t parties() {
    std::uint64_t found = 0;
    at_rest([&] { found = gate_->pass().profiles().counts().parties; });
    return found;
  }
};

TEST_F(AdmissionTest, RefusesEachFaultByReasonAndFieldAndNothingBesideIt) {
  open();
  std::uint64_t next = 1;    // number to be given
  std::uint64_t number = 1;  // in the stream
  for (const Fault& fault : kFaults) {
    SCOPED_TRACE(wire::refusal_name(fault.refusal));
    const std::uint64_t counted = refused(fault.refusal);
    wire::EventBatch batch = stream(number, 3);
    number += 3;
    fault.damage(batch.events[1]);
    const Reply reply = ask(batch);
    ASSERT_TRUE(reply.status.is_ok());
    EXPECT_EQ(reply.accepted, 2U);
    EXPECT_EQ(reply.verdicts[0].seq, next);
    EXPECT_EQ(reply.verdicts[2].seq, next + 1);
    EXPECT_EQ(reply.verdicts[1].seq, 0U);
    EXPECT_EQ(reply.verdicts[1].core.ledger_status,
              static_cast<std::uint8_t>(wire::LedgerStatus::kRefused));
    EXPECT_EQ(reply.verdicts[1].core.top_rule, static_cast<std::uint32_t>(fault.refusal));
    ASSERT_EQ(reply.refused.size(), 1U);
    EXPECT_EQ(reply.refused[0].row, 1U);
    EXPECT_EQ(reply.refused[0].status.code(), Code::kInvalidArgument);
    EXPECT_EQ(reply.refused[0].status.reason(), wire::refusal_name(fault.refusal));
    EXPECT_EQ(reply.refused[0].status.error().field, fault.field);
    EXPECT_FALSE(reply.refused[0].status.message().empty());
    EXPECT_EQ(refused(fault.refusal), counted + 1);
    next += 2;
  }
}

TEST_F(AdmissionTest, RefusedEventsTouchNoState) {
  open();
  ask(stream(1, 1));
  const std::uint64_t before = parties();
  wire::EventBatch batch = stream(500, std::size(kFaults));
  for (std::size_t row = 0; row < batch.size(); ++row) {
    batch.events[row].debtor = wire::EntityId::number(wire::EntityKind::kAccount, 900 + row).word;
    batch.events[row].creditor = 0;
    kFaults[row].damage(batch.events[row]);
  }
  const Reply reply = ask(batch);
  EXPECT_EQ(reply.refused.size(), batch.size());
  EXPECT_EQ(reply.accepted, 0U);
  EXPECT_EQ(parties(), before);
  EXPECT_EQ(gate_->admission().next_seq(), 2U);
  EXPECT_EQ(ask(stream(2, 1)).verdicts[0].height, 2U);  // nor did they make a block
}

TEST_F(AdmissionTest, TakesEventsAtTheEdgeOfTheFutureAndFilesBeyondIt) {
  open();
  wire::EventBatch edge = stream(1, 1);
  edge.events[0].time_us = kWallUs + kAheadUs;
  EXPECT_EQ(ask(edge).accepted, 1U);
  wire::EventBatch beyond = stream(2, 1);
  beyond.events[0].time_us = kWallUs + 10 * kAheadUs;
  EXPECT_EQ(ask(beyond).accepted, 0U);
  EXPECT_EQ(ask(beyond, [](Submission& file) { file.live = false; }).accepted, 1U);
}

TEST_F(AdmissionTest, RefusesNewNamesWhenTheDictionaryIsFull) {
  options_.pass.dictionary_max = 2;
  open();
  const auto named = [](std::uint64_t number, const char* name) {
    wire::EventBatch batch = stream(number, 1);
    batch.events[0].debtor = batch.pending(wire::EntityKind::kAccount, name);
    return batch;
  };
  EXPECT_EQ(ask(named(1, "a-1")).accepted, 1U);
  EXPECT_EQ(ask(named(2, "a-2")).accepted, 1U);
  const Reply full = ask(named(3, "a-3"));
  ASSERT_EQ(full.refused.size(), 1U);
  EXPECT_EQ(full.refused[0].status.code(), Code::kResourceExhausted);
  EXPECT_EQ(full.refused[0].status.reason(), "dictionary_full");
  EXPECT_EQ(refused(Refusal::kDictionaryFull), 1U);
  EXPECT_EQ(ask(named(4, "a-1")).accepted, 1U);
}

TEST_F(AdmissionTest, AnswersARepeatedEventWithItsStoredVerdictWhereverItLies) {
  open();
  const Reply first = ask(stream(1, 8));
  // Beside its original in one submission, in the log, and in the log of an earlier run.
  wire::EventBatch twice = stream(9, 4);
  const wire::EventBatch copies = twice;
  twice.events.insert(twice.events.end(), copies.events.begin(), copies.events.end());
  const Reply both = ask(twice);
  EXPECT_EQ(both.accepted, 4U);
  ASSERT_EQ(both.duplicate.size(), 8U);
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(both.duplicate[row], 0);
    EXPECT_EQ(both.duplicate[row + 4], 1);
    EXPECT_EQ(std::memcmp(&both.verdicts[row], &both.verdicts[row + 4], sizeof(wire::Verdict)), 0);
  }
  for (const bool restarted : {false, true}) {
    if (restarted) reopen();
    const std::uint64_t next = gate_->admission().next_seq();
    const Reply again = ask(stream(1, 8));
    EXPECT_EQ(again.accepted, 0U);
    EXPECT_EQ(again.duplicate, std::vector<std::uint8_t>(8, 1));
    for (std::size_t row = 0; row < 8; ++row) {
      EXPECT_EQ(std::memcmp(&again.verdicts[row], &first.verdicts[row], sizeof(wire::Verdict)), 0);
    }
    EXPECT_EQ(gate_->admission().next_seq(), next);
  }
}

TEST_F(AdmissionTest, ComparesRecordsButNotWhereTheirSidePayloadLies) {
  open();
  wire::EventBatch batch = stream(1, 2);
  for (wire::Event& event : batch.events) {
    batch.add_side(event, wire::SideTag::kMemo, as_bytes("rent"));
  }
  ASSERT_EQ(ask(batch).accepted, 2U);
  wire::EventBatch alone = stream(2, 1);
  alone.add_side(alone.events[0], wire::SideTag::kMemo, as_bytes("rent"));
  ASSERT_NE(alone.events[0].side_off, batch.events[1].side_off);
  const Reply again = ask(alone);
  EXPECT_EQ(again.duplicate, std::vector<std::uint8_t>(1, 1));
  EXPECT_EQ(again.verdicts[0].seq, 2U);
}

TEST_F(AdmissionTest, RefusesTheSameIdWithOtherContent) {
  open();
  ASSERT_EQ(ask(stream(1, 2)).accepted, 2U);
  void (*const changes[])(wire::Event&) = {
      [](wire::Event& event) { ++event.amount; },  [](wire::Event& event) { ++event.time_us; },
      [](wire::Event& event) { event.fee = 1; },   [](wire::Event& event) { event.nonce = 1; },
      [](wire::Event& event) { event.flags = 1; }, [](wire::Event& event) { event.ref[3] = 1; },
  };
  std::uint64_t conflicts = 0;
  for (const auto change : changes) {
    for (const bool restarted : {false, true}) {
      if (restarted) reopen();
      wire::EventBatch other = stream(2, 1);
      change(other.events[0]);
      const Reply reply = ask(other);
      ASSERT_EQ(reply.refused.size(), 1U);
      EXPECT_EQ(reply.refused[0].status.code(), Code::kAlreadyExists);
      EXPECT_EQ(reply.refused[0].status.reason(), "id_conflict");
      EXPECT_EQ(reply.refused[0].status.error().field, "id");
      conflicts = refused(Refusal::kIdConflict);
      EXPECT_EQ(conflicts, 1U);
    }
    reopen();
  }
  // Two events of one submission that share an id: the first counts.
  wire::EventBatch both = stream(3, 1);
  both.events.push_back(both.events[0]);
  ++both.events[1].amount;
  const Reply reply = ask(both);
  EXPECT_EQ(reply.accepted, 1U);
  ASSERT_EQ(reply.refused.size(), 1U);
  EXPECT_EQ(reply.refused[0].row, 1U);
  EXPECT_EQ(reply.refused[0].status.reason(), "id_conflict");
}

TEST_F(AdmissionTest, KnowsTheLastEventsUpToItsHorizonExactly) {
  constexpr std::uint64_t kHorizon = 16;
  options_.admission.dedup_events = kHorizon;
  open();
  ask(stream(1, kHorizon));
  EXPECT_EQ(ask(stream(1, 1)).duplicate, std::vector<std::uint8_t>(1, 1));
  ask(stream(100, 1));  // event 1 leaves, event 2 stays
  EXPECT_EQ(ask(stream(2, 1)).duplicate, std::vector<std::uint8_t>(1, 1));
  const Reply fresh = ask(stream(1, 1));
  EXPECT_TRUE(fresh.duplicate.empty());
  EXPECT_EQ(fresh.verdicts[0].seq, kHorizon + 2);
}

TEST_F(AdmissionTest, DecidesLateEventsAndMarksThem) {
  open();
  const std::uint64_t payer = wire::EntityId::number(wire::EntityKind::kAccount, 70).word;
  wire::EventBatch batch = stream(1, 3);
  for (wire::Event& event : batch.events) event.debtor = payer;
  batch.events[1].time_us = batch.events[0].time_us - 3'600'000'000;
  batch.events[2].time_us = batch.events[0].time_us;
  const Reply reply = ask(batch);
  EXPECT_EQ(reply.accepted, 3U);
  EXPECT_EQ(reply.verdicts[0].core.flags & wire::kLate, 0);
  EXPECT_NE(reply.verdicts[1].core.flags & wire::kLate, 0);
  EXPECT_EQ(reply.verdicts[2].core.flags & wire::kLate, 0);
  EXPECT_EQ(gate_->pass().counters().late.load(), 1U);
}

TEST_F(AdmissionTest, NumbersEventsWithoutGapsOverManySubmissions) {
  options_.admission.batch_events = 7;
  open();
  Philox rng(11, 0);
  std::uint64_t number = 1;
  std::uint64_t seq = 1;
  for (int round = 0; round < 50; ++round) {
    const std::size_t rows = 1 + rng.next_below(20);
    wire::EventBatch batch = stream(number, rows);
    number += rows;
    for (wire::Event& event : batch.events) {
      if (rng.next_below(4) == 0) event.amount = -5;
    }
    const Reply reply = ask(batch);
    for (std::size_t row = 0; row < rows; ++row) {
      EXPECT_EQ(reply.verdicts[row].seq, batch.events[row].amount < 0 ? 0 : seq++);
    }
  }
  EXPECT_EQ(gate_->admission().next_seq(), seq);
}

}  // namespace
}  // namespace weir::gate
