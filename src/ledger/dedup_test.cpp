#include "ledger/dedup.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <vector>

#include "ledger/fixture.hpp"

namespace weir::ledger {
namespace {

std::vector<std::uint64_t> candidates(const DedupTable& table, std::uint64_t fingerprint) {
  std::vector<std::uint64_t> seqs;
  table.find(fingerprint, [&](std::uint64_t seq) {
    seqs.push_back(seq);
    return true;
  });
  return seqs;
}

// Few fingerprints, so that buckets are shared and repeated; the oracle is the list of the last N.
TEST(DedupTable, FindsExactlyTheHorizonNewestFirst) {
  for (const std::size_t size : {1u, 5u, 64u, 1000u}) {
    Philox rng(20261121, size);
    DedupTable table(size);
    table.start_at(77);
    std::deque<std::uint64_t> last;
    for (std::uint64_t seq = 77; seq < 77 + 5000; ++seq) {
      const std::uint64_t fingerprint = rng.next_below(40) * 0x100000001ULL;
      std::vector<std::uint64_t> expected;
      for (std::size_t i = last.size(); i-- > 0;) {
        if (last[i] == fingerprint) expected.push_back(seq - (last.size() - i));
      }
      ASSERT_EQ(candidates(table, fingerprint), expected) << "size " << size << " seq " << seq;
      table.insert(fingerprint, seq);
      last.push_back(fingerprint);
      if (last.size() > size) last.pop_front();
    }
  }
}

TEST(DedupTable, WorksAcrossTheWrapOfItsLinks) {
  DedupTable table(64);
  const std::uint64_t start = (std::uint64_t{1} << 32) - 20;
  table.start_at(start);
  for (std::uint64_t seq = start; seq < start + 200; ++seq) {
    table.insert(seq * 0x9E3779B97F4A7C15U, seq);
    for (std::uint64_t back = 0; back < 70 && seq - back >= start; ++back) {
      const auto found = candidates(table, (seq - back) * 0x9E3779B97F4A7C15U);
      ASSERT_EQ(found.size(), back < 64 ? 1U : 0U) << "seq " << seq << " back " << back;
    }
  }
}

TEST(DedupTable, AdmitsEachEventOnceWithinAndAcrossBatches) {
  DedupTable table(100'000);
  std::vector<std::uint64_t> number_of_seq{0};
  std::map<std::uint64_t, std::uint64_t> oracle;  // event number -> seq
  Philox rng(20261121, 3);
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<wire::Event> events;
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 200; ++i) {
      numbers.push_back(1 + rng.next_below(6000));
      events.push_back(fixture::transfer(numbers.back(), 1, 2, rng.next_below(4) == 0 ? 9 : 5));
    }
    const std::uint64_t first = table.next_seq();
    std::vector<std::uint64_t> rows;  // of the batch's new events, as the callback learns them
    std::vector<Admission> out(events.size());
    std::size_t seen = 0;
    const auto number_of = [&](std::uint64_t seq) {
      return seq < first ? number_of_seq[seq] : numbers[rows[seq - first]];
    };
    const auto learn = [&](std::size_t row) {
      for (; seen < row; ++seen) {
        if (out[seen].match == Match::kOther) rows.push_back(seen);
      }
    };
    table.admit(
        events,
        [&](std::size_t row, std::uint64_t seq) {
          learn(row);
          if (number_of(seq) != numbers[row]) return Match::kOther;
          return events[row].amount == 9 ? Match::kConflict : Match::kDuplicate;
        },
        out);
    for (std::size_t row = 0; row < events.size(); ++row) {
      const auto [at, fresh] = oracle.emplace(numbers[row], number_of_seq.size());
      ASSERT_EQ(out[row].match == Match::kOther, fresh);
      ASSERT_EQ(out[row].seq, at->second);
      if (fresh) number_of_seq.push_back(numbers[row]);
    }
  }
  EXPECT_EQ(table.next_seq(), number_of_seq.size());
}

TEST(DedupTable, FindsARepetitionWithinTheBatch) {
  DedupTable table(100);
  const std::vector<wire::Event> events = {
      fixture::transfer(1, 1, 2, 5), fixture::transfer(2, 1, 2, 5), fixture::transfer(1, 1, 2, 5)};
  std::vector<Admission> out(3);
  const auto compare = [&](std::size_t row, std::uint64_t seq) {
    return events[row].id == events[seq - 1].id ? Match::kDuplicate : Match::kOther;
  };
  EXPECT_EQ(table.admit(events, compare, out), 2U);
  EXPECT_EQ(out[2].match, Match::kDuplicate);
  EXPECT_EQ(out[2].seq, 1U);
}

// A restart must not forget: what was saved is found again, and new events go on behind it.
TEST(DedupTable, RemembersThroughSaveAndRestore) {
  DedupTable table(300);
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) table.insert(seq * 77, seq);
  ByteWriter saved;
  table.save(saved);
  for (const std::size_t size : {300u, 100u}) {
    DedupTable restored(size);
    ByteReader in(saved.bytes());
    ASSERT_TRUE(restored.restore(in));
    EXPECT_EQ(restored.next_seq(), 1001U);
    for (std::uint64_t seq = 600; seq <= 1000; ++seq) {
      EXPECT_EQ(candidates(restored, seq * 77).size(), seq > 1000 - size ? 1U : 0U) << seq;
    }
  }
  DedupTable damaged(300);
  ByteReader cut(saved.bytes().first(1000));
  EXPECT_FALSE(damaged.restore(cut));
}

TEST(DedupTable, StaysWithinItsMemory) {
  const DedupTable table;
  EXPECT_LE(table.bytes(), 126U << 20);
}

}  // namespace
}  // namespace weir::ledger
