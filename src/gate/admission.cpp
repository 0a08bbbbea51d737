#include "gate/admission.hpp"

#include <algorithm>
#include <cstring>

#include "gate/control.hpp"

namespace weir::gate {
namespace {

// Records are equal if they differ at most in where their side payload lies.
bool same_record(const wire::Event& a, const wire::Event& b) {
  return std::memcmp(&a, &b, offsetof(wire::Event, side_off)) == 0 && a.side_len == b.side_len;
}

std::string refusal_message(wire::Refusal refusal, const wire::Event& event) {
  switch (refusal) {
    case wire::Refusal::kAmountNegative:
      return "amount " + std::to_string(event.amount) + " is negative; direction is in type";
    case wire::Refusal::kTimeRange:
      return "time_us " + std::to_string(event.time_us) + " is outside the years 1970 to 2200";
    case wire::Refusal::kFutureTime:
      return "time_us " + std::to_string(event.time_us) + " is more than 10 minutes in the future";
    case wire::Refusal::kTypeUnknown:
      return "type " + std::to_string(event.type) + " is not one of 0 to 15";
    case wire::Refusal::kFlagUnknown:
      return "flags " + std::to_string(event.flags) + " has bits that mean nothing";
    case wire::Refusal::kCurrencyUnknown:
      return "currency " + std::to_string(event.currency) + " is unknown";
    case wire::Refusal::kSideBounds:
      return "side payload of " + std::to_string(event.side_len) + " bytes at " +
             std::to_string(event.side_off) + " is out of bounds or malformed";
    case wire::Refusal::kRecordIdZero:
      return "the event id is zero";
    case wire::Refusal::kPartyMissing:
      return "neither debtor nor creditor is a known party";
    case wire::Refusal::kIdConflict:
      return "an event with this id and other content was accepted before";
    case wire::Refusal::kDictionaryFull:
      return "no room for a new name in the dictionary";
    case wire::Refusal::kFieldMissing:
      return "category " + std::to_string(event.category) + " is the number of no text";
    case wire::Refusal::kAlreadyCommitted:
      return "an event with this id was decided before; its verdict is not at hand";
    default:
      return "refused: " + std::string(wire::refusal_name(refusal));
  }
}

std::string_view refusal_field(wire::Refusal refusal) {
  switch (refusal) {
    case wire::Refusal::kRecordIdZero:
    case wire::Refusal::kIdConflict:
    case wire::Refusal::kAlreadyCommitted:
      return "id";
    case wire::Refusal::kPartyMissing:
      return "debtor";
    case wire::Refusal::kAmountNegative:
    case wire::Refusal::kAmountPrecision:
    case wire::Refusal::kAmountRange:
      return "amount";
    case wire::Refusal::kTimeRange:
    case wire::Refusal::kFutureTime:
      return "time";
    case wire::Refusal::kTypeUnknown:
      return "type";
    case wire::Refusal::kFlagUnknown:
      return "flags";
    case wire::Refusal::kSideBounds:
      return "side";
    case wire::Refusal::kCurrencyUnknown:
      return "currency";
    case wire::Refusal::kFieldMissing:
      return "category";
    default:
      return "";
  }
}

Status refusal_status(wire::Refusal refusal, const wire::Event& event) {
  const std::string_view name = wire::refusal_name(refusal);
  std::string message = refusal_message(refusal, event);
  const bool known =
      refusal == wire::Refusal::kIdConflict || refusal == wire::Refusal::kAlreadyCommitted;
  Status status = known                                       ? already_exists(name, message)
                  : refusal == wire::Refusal::kDictionaryFull ? resource_exhausted(name, message)
                                                              : invalid_argument(name, message);
  return std::move(status).at(refusal_field(refusal));
}

}  // namespace

Admission::Admission(wire::Dictionary& dictionary, Clock& clock, FindRecord find_record,
                     const AdmissionOptions& options)
    : dictionary_(dictionary),
      clock_(clock),
      find_record_(std::move(find_record)),
      options_(options),
      dedup_(options.dedup_events),
      mark_(dictionary.mark()) {}

void Admission::refuse(PendingReply& pending, std::size_t row, wire::Refusal refusal) {
  const auto number = static_cast<std::size_t>(refusal) - 1001;
  refused_[number].fetch_add(1, std::memory_order_relaxed);
  pending.refuse(static_cast<std::uint32_t>(row), refusal,
                 refusal_status(refusal, pending.batch.events[row]));
}

// Checks and resolves a whole submission when its first row is admitted; refusals_ then belongs to
// it until its last row is.
void Admission::prepare(PendingReply& pending) {
  wire::EventBatch& events = pending.batch;
  refusals_.resize(events.size());
  wire::CheckLimits limits;
  limits.wall_us = pending.live ? clock_.wall_us() : 0;
  limits.side_bytes_max = options_.side_bytes_max;
  limits.pending_allowed = !events.texts.empty();
  limits.assets = static_cast<std::uint32_t>(
      dictionary_.count(static_cast<std::uint8_t>(wire::Namespace::kAsset)));
  wire::check_events(events.events, events.side.size(), limits, refusals_);
  if (!events.texts.empty()) return resolver_.resolve(events, dictionary_, refusals_);
  // Without a reader of texts in front of it, a record may name any number.
  wire::check_interned(events.events, dictionary_, refusals_);
}

ledger::Match Admission::compare(const PendingReply& pending, const PassBatch& batch,
                                 std::size_t row, std::uint64_t seq) const {
  const wire::Event& event = pending.batch.events[row];
  wire::Event record;
  if (seq >= batch.first_seq && seq - batch.first_seq < batch.events.size()) {
    record = batch.events[seq - batch.first_seq];
  } else if (seq >= batch.first_seq + batch.events.size()) {
    // Of this very call: a row whose number was assigned, but which is not appended yet.
    const std::uint64_t first = batch.first_seq + batch.events.size();
    for (std::size_t earlier = 0; earlier < row; ++earlier) {
      const ledger::Admission& admitted = admissions_[earlier];
      if (admitted.match == ledger::Match::kOther && admitted.seq == seq && seq >= first) {
        record = pending.batch.events[earlier];
        break;
      }
    }
  } else if (!find_record_(seq, record)) {
    return ledger::Match::kConflict;
  }
  if (record.id != event.id) return ledger::Match::kOther;
  return same_record(record, event) ? ledger::Match::kDuplicate : ledger::Match::kConflict;
}

bool Admission::fill(const std::shared_ptr<PendingReply>& pending, PassBatch& batch) {
  const std::size_t rows = pending->batch.size();
  if (batch.events.empty()) batch.first_seq = dedup_.next_seq();
  if (pending->next_row == 0) {
    prepare(*pending);
    if (out_of_sequence(pending, batch)) return true;
  }
  while (pending->next_row < rows && batch.events.size() < options_.batch_events) {
    const std::size_t row = pending->next_row;
    if (refusals_[row] != 0) {
      ++pending->next_row;
      refuse(*pending, row, static_cast<wire::Refusal>(refusals_[row]));
      continue;
    }
    std::size_t end = row + 1;
    const std::size_t limit = std::min(rows, row + options_.batch_events - batch.events.size());
    while (end < limit && refusals_[end] == 0) ++end;
    pending->next_row = end;
    admit(pending, row, end, batch);
  }
  if (pending->next_row != rows) return false;
  if (pending->checkpoint) add_checkpoint(*pending, batch);
  if (rows == 0) pending->close_rows(0);
  return true;
}

bool Admission::out_of_sequence(const std::shared_ptr<PendingReply>& pending, PassBatch& batch) {
  if (!pending->checkpoint || pending->checkpoint->producer_id == 0) return false;
  const std::uint64_t id = pending->checkpoint->producer_id;
  const std::uint64_t seq = pending->checkpoint->producer_seq;
  switch (producers_.place(id, seq)) {
    case FramePlace::kNext:
      return false;
    case FramePlace::kRepeat:
      answer_again(pending, batch);
      return true;
    case FramePlace::kGap:
      pending->fail(
          failed_precondition("sequence_gap", "producer_seq " + std::to_string(seq) +
                                                  " does not follow " +
                                                  std::to_string(producers_.last(id).producer_seq))
              .at("producer_seq"));
      return true;
    case FramePlace::kFull:
      pending->fail(resource_exhausted(
          "producers_full", std::to_string(kProducersMax) + " producers are known already"));
      return true;
  }
  return false;
}

// A frame taken before adds nothing: rows get their stored verdicts, or are refused as they were.
void Admission::answer_again(const std::shared_ptr<PendingReply>& pending, PassBatch& batch) {
  const std::size_t rows = pending->batch.size();
  admissions_.resize(rows);
  std::size_t stored = 0;
  std::size_t unknown = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    if (refusals_[row] != 0) continue;
    ledger::Admission& found = admissions_[row];
    found = {0, ledger::Match::kOther};
    dedup_.find(ledger::id_fingerprint(pending->batch.events[row].id), [&](std::uint64_t seq) {
      found = {seq, compare(*pending, batch, row, seq)};
      return found.match == ledger::Match::kOther;
    });
    ++(found.match == ledger::Match::kDuplicate ? stored : unknown);
    if (found.match != ledger::Match::kDuplicate) {
      refusals_[row] = static_cast<std::uint16_t>(wire::Refusal::kAlreadyCommitted);
    }
  }
  if (stored == 0 && unknown != 0) {
    const ProducerFrame last = producers_.last(pending->checkpoint->producer_id);
    std::string message = "frames up to producer_seq " + std::to_string(last.producer_seq) +
                          " are committed and this one's verdicts are not at hand";
    if (last.producer_seq == pending->checkpoint->producer_seq) {
      message += "; first_seq " + std::to_string(last.first_seq);
    }
    pending->fail(already_exists("already_committed", message).at("producer_seq"));
    return;
  }
  pending->next_row = rows;
  for (std::size_t row = 0; row < rows; ++row) {
    if (refusals_[row] != 0) {
      refuse(*pending, row, static_cast<wire::Refusal>(refusals_[row]));
    } else {
      repeat(pending, row, admissions_[row].seq, batch);
    }
  }
  if (rows == 0) pending->close_rows(0);
}

void Admission::add_checkpoint(const PendingReply& pending, PassBatch& batch) {
  CheckpointControl checkpoint = *pending.checkpoint;
  if (checkpoint.producer_id != 0) {
    checkpoint.first_seq = pending.first_seq();
    producers_.admit({checkpoint.producer_id, checkpoint.producer_seq, checkpoint.first_seq});
  }
  payload_.buffer().clear();
  encode(checkpoint, payload_);
  batch.controls.add(ledger::ControlType::kCheckpoint, payload_.bytes());
}

void Admission::repeat(const std::shared_ptr<PendingReply>& pending, std::size_t row,
                       std::uint64_t seq, PassBatch& batch) {
  repeated_.fetch_add(1, std::memory_order_relaxed);
  pending->mark_duplicate(static_cast<std::uint32_t>(row));
  batch.repeats.push_back({pending, static_cast<std::uint32_t>(row), seq});
}

void Admission::admit(const std::shared_ptr<PendingReply>& pending, std::size_t begin,
                      std::size_t end, PassBatch& batch) {
  admissions_.resize(pending->batch.size());
  const std::span<const wire::Event> rows(pending->batch.events.data() + begin, end - begin);
  const std::span<ledger::Admission> out(admissions_.data() + begin, end - begin);
  const auto same = [&](std::size_t row, std::uint64_t seq) {
    return compare(*pending, batch, begin + row, seq);
  };
  const std::uint64_t first_seq = dedup_.next_seq();
  const std::size_t accepted = dedup_.admit(rows, same, out);
  if (accepted != 0) pending->accept(first_seq, accepted);
  for (std::size_t row = begin; row < end; ++row) {
    const ledger::Admission& admitted = admissions_[row];
    switch (admitted.match) {
      case ledger::Match::kOther:
        append(pending, row, admitted.seq, batch);
        break;
      case ledger::Match::kDuplicate:
        repeat(pending, row, admitted.seq, batch);
        break;
      case ledger::Match::kConflict: {
        wire::Event stored;
        const bool known = admitted.seq >= batch.first_seq || find_record_(admitted.seq, stored);
        refuse(*pending, row,
               known ? wire::Refusal::kIdConflict : wire::Refusal::kAlreadyCommitted);
        break;
      }
    }
  }
}

void Admission::append(const std::shared_ptr<PendingReply>& pending, std::size_t row,
                       std::uint64_t seq, PassBatch& batch) {
  CHECK_EQ(seq, batch.first_seq + batch.events.size());
  const auto at = static_cast<std::uint32_t>(batch.events.size());
  batch.events.push_back(pending->batch.events[row]);
  wire::Event& event = batch.events.back();
  if (event.side_len != 0) {
    const std::uint8_t* from = pending->batch.side.data() + event.side_off;
    event.side_off = static_cast<std::uint32_t>(batch.side.size());
    batch.side.insert(batch.side.end(), from, from + event.side_len);
  } else {
    event.side_off = 0;
  }
  if (!batch.parts.empty()) {
    ReplyPart& last = batch.parts.back();
    if (last.reply == pending && last.end == at && last.first_row + (at - last.begin) == row) {
      ++last.end;
      return;
    }
  }
  batch.parts.push_back({pending, at, at + 1, static_cast<std::uint32_t>(row)});
}

void Admission::finish(PassBatch& batch) {
  const wire::Dictionary::Mark mark = dictionary_.mark();
  batch.dictionary_end = mark;
  if (mark == mark_) return;
  payload_.buffer().clear();
  dictionary_.write(mark_, payload_);
  batch.controls.add(ledger::ControlType::kDictionary, payload_.bytes());
  mark_ = mark;
}

Status replay_dictionary(wire::Dictionary& dictionary, const PassBatch& batch) {
  ledger::ControlReader controls(batch.controls.bytes());
  while (const auto record = controls.next()) {
    if (record->type != ledger::ControlType::kDictionary) continue;
    ByteReader in(record->payload);
    WEIR_TRY(dictionary.read(in));
  }
  return Status::ok();
}

void Admission::save(ByteWriter& out) const {
  dedup_.save(out);
  producers_.save(out);
}

Status Admission::restore(ByteReader& in) {
  mark_ = dictionary_.mark();
  WEIR_TRY(dedup_.restore(in));
  return producers_.load(in);
}

Status Admission::replay(const PassBatch& batch) {
  WEIR_TRY(replay_dictionary(dictionary_, batch));
  mark_ = dictionary_.mark();
  producers_.replay(batch.controls.bytes());
  if (batch.events.empty()) return Status::ok();
  if (dedup_.next_seq() != batch.first_seq) dedup_.start_at(batch.first_seq);
  std::uint64_t seq = batch.first_seq;
  for (const wire::Event& event : batch.events) {
    dedup_.insert(ledger::id_fingerprint(event.id), seq++);
  }
  return Status::ok();
}

}  // namespace weir::gate
