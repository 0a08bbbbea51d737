// StoredRecords: events and verdicts by sequence number, from the log, with the last block kept at
// hand.
//
//   StoredRecords stored(log);
//   wire::Event event;
//   if (stored.find(seq, event)) ...
#pragma once

#include <cstdint>

#include "gate/decision.hpp"
#include "ledger/block_log.hpp"
#include "wire/event.hpp"
#include "wire/verdict.hpp"

namespace weir::gate {

// Not thread-safe: each thread has its own.
class StoredRecords {
 public:
  // `log` must outlive this object.
  explicit StoredRecords(const ledger::BlockLog& log) : log_(log) {}

  // False if the log does not hold the event, or cannot be read.
  bool find(std::uint64_t seq, wire::Event& event);
  bool find(std::uint64_t seq, wire::Verdict& verdict);
  bool find(std::uint64_t seq, Decision& decision);
  // Finds the rules that fired on an event of a block of height `last` or less.
  bool find_hits(std::uint64_t seq, ledger::Height last, LabelHits& hits);

 private:
  // Makes block_ the one that holds `seq` and returns its row.
  bool locate(std::uint64_t seq, std::size_t& row);

  const ledger::BlockLog& log_;
  ledger::Block block_;
  ledger::Height height_ = 0;
  std::vector<RuleHitControl> hits_;  // of block hits_height_
  ledger::Height hits_height_ = 0;
};

}  // namespace weir::gate
