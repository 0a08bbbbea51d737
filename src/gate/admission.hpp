// Admission: turns submissions into batches of accepted events: checks records, gives texts their
// dictionary numbers, finds repeated ids, assigns sequence numbers.
//
//   Admission admission(dictionary, records, options);
//   admission.fill(*pending, batch);     // appends rows of the submission until the batch is full
//   admission.finish(batch);             // dictionary additions become a control record
//
// One thread at a time. Everything refused here got no sequence number and touched no state.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "gate/pass_batch.hpp"
#include "gate/pending_reply.hpp"
#include "gate/producer_book.hpp"
#include "ledger/dedup.hpp"
#include "wire/check.hpp"
#include "wire/dictionary.hpp"
#include "wire/text_id.hpp"

namespace weir::gate {

struct AdmissionOptions {
  std::uint32_t batch_events = 8192;
  std::uint64_t dedup_events = std::uint64_t{1} << 22;
  std::uint32_t side_bytes_max = 4096;
};

// Finds the record of an accepted event that is still in the dedup horizon. False: it cannot be
// read.
using FindRecord = std::function<bool(std::uint64_t seq, wire::Event& record)>;

class Admission {
 public:
  // `dictionary` and `clock` must outlive this object.
  Admission(wire::Dictionary& dictionary, Clock& clock, FindRecord find_record,
            const AdmissionOptions& options);

  // Appends rows of `pending` to the batch, which has room for more; returns true once all its
  // rows are admitted, repeated or refused. Its checkpoint then rides in the batch. A producer's
  // frame that came before is answered again; one that leaves a gap is refused as a whole
  // (sequence_gap).
  bool fill(const std::shared_ptr<PendingReply>& pending, PassBatch& batch);
  // Completes the batch's control records; call it once per batch, after the last fill().
  void finish(PassBatch& batch);

  std::uint64_t next_seq() const { return dedup_.next_seq(); }
  const ledger::DedupTable& dedup() const { return dedup_; }
  ProducerBook& producers() { return producers_; }
  const ProducerBook& producers() const { return producers_; }
  // Writes and reads the horizon and the producers, with nothing in flight; the dictionary is
  // restored before.
  void save(ByteWriter& out) const;
  std::size_t bytes_to_save_max() const {  // but for the producers
    return dedup_.events_max() * sizeof(std::uint64_t) + 64;
  }
  Status restore(ByteReader& in);
  // Notes what a log being replayed contains: dictionary additions and events.
  Status replay(const PassBatch& batch);

  // Counters since the start, by refusal number - 1001.
  const std::array<std::atomic<std::uint64_t>, wire::kRefusals>& refused() const {
    return refused_;
  }
  std::uint64_t repeated() const { return repeated_.load(std::memory_order_relaxed); }

 private:
  void prepare(PendingReply& pending);
  // Answers a frame whose place in its producer's sequence is not the next. False: it is.
  bool out_of_sequence(const std::shared_ptr<PendingReply>& pending, PassBatch& batch);
  void answer_again(const std::shared_ptr<PendingReply>& pending, PassBatch& batch);
  void add_checkpoint(const PendingReply& pending, PassBatch& batch);
  void repeat(const std::shared_ptr<PendingReply>& pending, std::size_t row, std::uint64_t seq,
              PassBatch& batch);
  void admit(const std::shared_ptr<PendingReply>& pending, std::size_t begin, std::size_t end,
             PassBatch& batch);
  ledger::Match compare(const PendingReply& pending, const PassBatch& batch, std::size_t row,
                        std::uint64_t seq) const;
  void refuse(PendingReply& pending, std::size_t row, wire::Refusal refusal);
  void append(const std::shared_ptr<PendingReply>& pending, std::size_t row, std::uint64_t seq,
              PassBatch& batch);

  wire::Dictionary& dictionary_;
  Clock& clock_;
  FindRecord find_record_;
  AdmissionOptions options_;
  ledger::DedupTable dedup_;
  ProducerBook producers_;
  wire::TextResolver resolver_;
  wire::Dictionary::Mark mark_;
  std::vector<std::uint16_t> refusals_;
  std::vector<ledger::Admission> admissions_;
  ByteWriter payload_;
  std::array<std::atomic<std::uint64_t>, wire::kRefusals> refused_{};
  std::atomic<std::uint64_t> repeated_{0};
};

// Adds the dictionary entries that a logged batch brought.
Status replay_dictionary(wire::Dictionary& dictionary, const PassBatch& batch);

}  // namespace weir::gate
