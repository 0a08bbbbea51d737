// Control payloads: what the control records of a block carry, as structs with one encoding each.
//
//   RulesControl rules{.version = 4, .author = "ana", .text = "block if amount > 500"};
//   ByteWriter out;  encode(rules, out);             // the payload of a record of type rules
//   WEIR_ASSIGN(RulesControl again, decode_rules(payload));
//
// Every payload is complete: replay needs nothing but the log. A payload that does not decode is
// data_loss (control_payload).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "decide/decider.hpp"
#include "ledger/control.hpp"
#include "profile/profiles.hpp"
#include "wire/event.hpp"

namespace weir::gate {

struct RulesControl {
  std::uint32_t version = 0;
  std::string author;
  std::string text;
};

struct ModelsControl {
  std::uint32_t version = 0;
  std::string author;
  std::vector<std::uint8_t> set;  // detect::ModelSet::serialize()
};

struct ListsControl {
  std::uint32_t version = 0;
  std::string author;
  std::vector<std::uint8_t> lists;  // the whole set of lists
};

// The configuration that verdicts depend on.
struct ConfigControl {
  std::uint32_t version = 0;
  std::string author;
  std::string text;
};

// A label with all that the pass needs to apply it; no look-up at replay.
struct LabelControl {
  std::uint64_t seq = 0;  // of the labelled event
  std::uint64_t debtor = 0;
  std::uint64_t creditor = 0;
  std::int64_t at_us = 0;
  std::int64_t previous_at_us = 0;
  std::uint8_t fraud = 0;
  std::uint8_t has_previous = 0;
  std::uint8_t previous_fraud = 0;
  std::uint8_t zero[5] = {};
};
static_assert(sizeof(LabelControl) == 48);
// Returns what a label changes in the profiles.
profile::LabelUpdate update_of(const LabelControl& label);

// Which rules had fired on a labelled event.
inline constexpr std::uint16_t kLabelShadow = 0x8000;  // set in rules that fired without effect
struct LabelHits {
  std::uint32_t rules_version = 0;
  std::vector<std::uint16_t> rules;  // indices in the rule set, plus kLabelShadow
};

// Labels given together. The empty members cost nothing in the log.
struct LabelsControl {
  std::vector<LabelControl> labels;
  std::string author;
  std::vector<std::string> notes;  // of each label, or none at all
  std::vector<LabelHits> hits;     // of each label, or none at all
};

// Puts one entity in quarantine, or ends it: the last record of an entity counts.
enum class QuarantineMode : std::uint8_t { kEnd = 0, kHold = 1, kBlock = 2 };
struct QuarantineControl {
  std::uint64_t quarantine = 0;  // which one; for those who show it
  std::uint64_t entity = 0;
  QuarantineMode mode = QuarantineMode::kEnd;
  std::uint8_t zero[7] = {};
};
static_assert(sizeof(QuarantineControl) == 24);
// Returns the EntityFlags that hold from the record on: of kQuarantineFlags.
inline constexpr std::uint16_t kQuarantineFlags =
    profile::kQuarantined | profile::kQuarantineBlocks;
std::uint16_t flags_of(const QuarantineControl& control);

// How far an import or a producer has come; rides in the block that holds its last event.
struct CheckpointControl {
  std::uint64_t producer_id = 0;
  std::uint64_t producer_seq = 0;
  std::uint64_t first_seq = 0;  // of the events that the producer's frame brought; 0: none
  std::string source;           // fingerprint and position of a file, or empty
};

// One rule that fired. A record of type rule_hits holds, sorted by row, 8 bytes for each, {u32 row,
// u16 rule, u16 flags}, and 16 more, {f64 left, f64 right}, where flags has kHasSides.
struct RuleHitControl {
  decide::RuleHit hit;
  decide::HitSides sides;  // where hit.flags has kHasSides
};

// Author of the model sets that the pass fits by itself.
inline constexpr std::string_view kLearnerAuthor = "learner";

void encode(const RulesControl& control, ByteWriter& out);
void encode(const ModelsControl& control, ByteWriter& out);
void encode(const ListsControl& control, ByteWriter& out);
void encode(const ConfigControl& control, ByteWriter& out);
void encode(const LabelsControl& control, ByteWriter& out);
void encode(const CheckpointControl& control, ByteWriter& out);
void encode(const QuarantineControl& control, ByteWriter& out);
// Writes hits with the sides of those that have them, in order.
void encode(std::span<const decide::RuleHit> hits, std::span<const decide::HitSides> sides,
            ByteWriter& out);

Result<RulesControl> decode_rules(Bytes payload);
Result<ModelsControl> decode_models(Bytes payload);
Result<ListsControl> decode_lists(Bytes payload);
Result<ConfigControl> decode_config(Bytes payload);
Result<LabelsControl> decode_labels(Bytes payload);
Result<CheckpointControl> decode_checkpoint(Bytes payload);
Result<QuarantineControl> decode_quarantine(Bytes payload);

// Walks a block's control area for the rules that fired on rows asked for in ascending order; a
// record that is cut ends early.
//
//   RuleHitCursor hits(controls);
//   for (row ...) use(hits.of(row));
class RuleHitCursor {
 public:
  // `controls` must outlive the cursor.
  explicit RuleHitCursor(Bytes controls) : records_(controls), payload_({}), next_(read()) {}
  std::vector<RuleHitControl> of(std::uint32_t row);
  // Returns all that has not been walked yet, sorted by row.
  std::vector<RuleHitControl> rest();

 private:
  std::optional<RuleHitControl> read();

  ledger::ControlReader records_;
  ByteReader payload_;
  std::optional<RuleHitControl> next_;
};

// Returns the rules that fired on one row.
std::vector<RuleHitControl> rule_hits_of(Bytes controls, std::uint32_t row);

}  // namespace weir::gate
