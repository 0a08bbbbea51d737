// Submission and Reply: how events enter the pass and how verdicts leave it.
//
//   Submission submission;
//   submission.batch = std::move(batch);
//   submission.done = [](Reply&& reply) { ... reply.verdicts ... };
//   gate.submit(std::move(submission));
//
// `done` is called exactly once, from the thread that learned the last verdict; it must be quick.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "detect/model_set.hpp"
#include "gate/control.hpp"
#include "profile/columns.hpp"
#include "wire/batch.hpp"
#include "wire/verdict.hpp"

namespace weir::gate {

// What a reply promises about its events.
enum class Ack : std::uint8_t {
  kReceived = 0,   // they have a sequence number
  kDecided = 1,    // they have a verdict
  kCommitted = 2,  // their block is durable here
  kFinal = 3,      // as committed, on one node
};

// Versions that a verdict was decided with.
struct Versions {
  std::uint32_t rules = 0;
  std::uint32_t models = 0;
  std::uint32_t config = 0;
  std::uint32_t lists = 0;
  bool operator==(const Versions&) const = default;
};

// One decided event with all that an explanation needs.
struct Decision {
  wire::Event event{};
  std::vector<std::uint8_t> side;  // the event's side payload
  std::uint64_t seq = 0;
  std::uint64_t height = 0;
  wire::VerdictCore core{};
  std::array<float, profile::kFeatures> features{};
  bool has_features = false;
  // Of the detectors in the order of the model set; none if they have to be computed again.
  std::array<float, detect::kDetectorsMax> tails{};
  std::uint32_t tail_count = 0;
  std::vector<RuleHitControl> rule_hits;  // in the order of reasons
  Versions versions;
  bool duplicate = false;
  bool committed = false;
};

struct Refused {
  std::uint32_t row = 0;
  std::string event_id;  // as it was sent
  Status status;         // reason is the refusal's name
};

struct Reply {
  Status status;                        // not ok: the submission was refused as a whole
  std::vector<wire::Verdict> verdicts;  // [events] in order; refused rows have seq 0
  std::vector<std::uint8_t> duplicate;  // [events] 1: the stored verdict of an earlier event
  std::vector<Refused> refused;         // rows ascending
  std::vector<Decision> decisions;      // [events] if details were asked for
  std::uint64_t first_seq = 0;          // of the events accepted now; 0: none
  std::uint64_t last_seq = 0;
  std::uint64_t accepted = 0;
};

// What became known about an event accepted earlier.
struct LabelInput {
  std::uint64_t seq = 0;
  bool fraud = false;
  std::int64_t at_us = 0;  // event time
  std::string note = {};
};

struct Submission {
  wire::EventBatch batch;
  std::vector<LabelInput> labels;  // in force before the batch's first event
  Ack ack = Ack::kCommitted;
  bool details = false;  // fill Reply::decisions
  bool live = true;      // refuse events from the future
  // How far its source has come; rides in the block that holds the last event, or in one of its own
  // if every event was refused or repeated.
  std::optional<CheckpointControl> checkpoint;
  std::function<void(Reply&&)> done;
};

}  // namespace weir::gate
