// PassBatch: one batch on its way through the stages, with everything they hand to each other.
// Batches are recycled, so that a warm pass allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "detect/model_set.hpp"
#include "gate/pending_reply.hpp"
#include "gate/submission.hpp"
#include "ledger/block.hpp"
#include "ledger/control.hpp"
#include "profile/gathered.hpp"
#include "profile/profiles.hpp"
#include "wire/batch.hpp"
#include "wire/dictionary.hpp"
#include "wire/verdict.hpp"

namespace weir::gate {

// Rows [begin, end) of a block that answer rows [first_row, ...) of one submission.
struct ReplyPart {
  std::shared_ptr<PendingReply> reply;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t first_row = 0;
};

// A row that repeats an earlier event and is answered with that event's verdict.
struct RepeatedRow {
  std::shared_ptr<PendingReply> reply;
  std::uint32_t row = 0;
  std::uint64_t seq = 0;
};

struct PassBatch {
  // From admission, or from the log.
  ledger::Height height = 0;
  std::uint64_t first_seq = 0;
  std::int64_t created_us = 0;
  std::vector<wire::Event> events;
  std::vector<std::uint8_t> side;
  ledger::ControlWriter controls;
  wire::Dictionary::Mark dictionary_end = 0;  // behind the names that this block and earlier hold
  bool logged = false;                        // it becomes a block of the log
  bool sealed = true;                         // false: nothing but repeated rows; makes no block

  // From the stages.
  std::shared_ptr<const detect::ModelSet> models;
  Versions versions;
  profile::IndexOut index;
  profile::TouchOut touched;
  profile::Gathered gathered;
  profile::FeatureMatrix features;
  detect::ScoreBuffer score_buffer;
  detect::ScoreOutput scores;
  std::vector<wire::VerdictCore> verdicts;
  std::vector<std::uint16_t> order;
  std::uint32_t groups = 0;
  ledger::BlockBuilder builder;
  ledger::SealedBlock block;

  // Who waits for it.
  std::vector<ReplyPart> parts;
  std::vector<RepeatedRow> repeats;
  std::int64_t admitted_ns = 0;

  std::size_t rows() const { return events.size(); }
};

}  // namespace weir::gate
