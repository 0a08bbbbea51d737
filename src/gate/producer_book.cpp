#include "gate/producer_book.hpp"

#include "gate/control.hpp"
#include "ledger/control.hpp"

namespace weir::gate {
namespace {

// Calls visit(frame) for each frame whose checkpoint is among the records.
template <class Visit>
void for_each_frame(Bytes controls, Visit visit) {
  ledger::ControlReader in(controls);
  while (const auto record = in.next()) {
    if (record->type != ledger::ControlType::kCheckpoint) continue;
    const auto checkpoint = decode_checkpoint(record->payload);
    if (!checkpoint || checkpoint->producer_id == 0) continue;
    visit(ProducerFrame{checkpoint->producer_id, checkpoint->producer_seq, checkpoint->first_seq});
  }
}

}  // namespace

FramePlace ProducerBook::place(std::uint64_t producer_id, std::uint64_t producer_seq) const {
  const auto found = admitted_.find(producer_id);
  if (found == admitted_.end()) {
    if (admitted_.size() >= kProducersMax) return FramePlace::kFull;
    return producer_seq == 1 ? FramePlace::kNext : FramePlace::kGap;
  }
  const std::uint64_t last = found->second.producer_seq;
  if (producer_seq <= last) return FramePlace::kRepeat;
  return producer_seq == last + 1 ? FramePlace::kNext : FramePlace::kGap;
}

ProducerFrame ProducerBook::last(std::uint64_t producer_id) const {
  const auto found = admitted_.find(producer_id);
  if (found == admitted_.end()) return {producer_id, 0, 0};
  return {producer_id, found->second.producer_seq, found->second.first_seq};
}

void ProducerBook::admit(const ProducerFrame& frame) {
  admitted_[frame.producer_id] = {frame.producer_seq, frame.first_seq};
}

void ProducerBook::commit(Bytes controls) {
  for_each_frame(controls, [this](const ProducerFrame& frame) { commit(frame); });
}

void ProducerBook::replay(Bytes controls) {
  for_each_frame(controls, [this](const ProducerFrame& frame) {
    admit(frame);
    commit(frame);
  });
}

void ProducerBook::commit(const ProducerFrame& frame) {
  const std::lock_guard lock(mutex_);
  committed_[frame.producer_id] = {frame.producer_seq, frame.first_seq};
}

std::uint64_t ProducerBook::committed(std::uint64_t producer_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = committed_.find(producer_id);
  return found == committed_.end() ? 0 : found->second.producer_seq;
}

void ProducerBook::save(ByteWriter& out) const {
  const std::lock_guard lock(mutex_);
  out.u64(committed_.size());
  for (const auto& [id, place] : committed_) {
    out.u64(id);
    out.u64(place.producer_seq);
    out.u64(place.first_seq);
  }
}

Status ProducerBook::load(ByteReader& in) {
  for (std::uint64_t left = in.u64(); left != 0 && in.ok(); --left) {
    ProducerFrame frame;
    frame.producer_id = in.u64();
    frame.producer_seq = in.u64();
    frame.first_seq = in.u64();
    if (!in.ok()) break;
    admit(frame);
    commit(frame);
  }
  if (in.ok()) return Status::ok();
  return data_loss("snapshot_section", "the producers of the snapshot are cut off");
}

}  // namespace weir::gate
