#include "server/ingest/upload.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/json.hpp"

namespace weir::server {
namespace {

// Batches on their way, and the counts of those that came back.
class Flight {
 public:
  Flight(const UploadOptions& options, PassService& pass, UploadSummary& summary)
      : options_(options), pass_(pass), summary_(summary) {}

  // Submits a batch when there is room.
  void send(wire::EventBatch batch) {
    settle(options_.batches_in_flight - 1);
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    submit(std::move(batch));
  }
  // Waits until at most `open_max` batches are on their way. What a full queue gave back is
  // submitted again, as often as it takes: that is the back-pressure.
  void settle(std::size_t open_max) {
    while (true) {
      std::vector<wire::EventBatch> again;
      {
        std::unique_lock lock(mutex_);
        landed_.wait(lock, [&] { return open_ <= open_max || !returned_.empty(); });
        if (returned_.empty()) return;
        landed_.wait_for(lock, std::chrono::milliseconds(1), [] { return false; });
        again.swap(returned_);
      }
      for (wire::EventBatch& batch : again) submit(std::move(batch));
    }
  }
  // True once a batch failed for good.
  bool failed() {
    const std::lock_guard lock(mutex_);
    return !summary_.status.is_ok();
  }

 private:
  void submit(wire::EventBatch batch) {
    Submission submission{.batch = std::move(batch), .ack = options_.ack, .done = {}};
    submission.done = [this](SubmitReply&& reply) { land(std::move(reply)); };
    pass_.submit(std::move(submission));
  }
  void land(SubmitReply&& reply) {
    const std::lock_guard lock(mutex_);
    if (reply.status.code() == Code::kResourceExhausted && reply.batch.size() != 0) {
      returned_.push_back(std::move(reply.batch));
      landed_.notify_all();
      return;
    }
    --open_;
    count(reply);
    landed_.notify_all();
  }
  void count(const SubmitReply& reply) {
    if (!reply.status.is_ok()) {
      if (summary_.status.is_ok()) summary_.status = reply.status;
      return;
    }
    std::uint64_t duplicates = 0;
    for (const std::uint8_t duplicate : reply.duplicate) duplicates += duplicate;
    summary_.duplicates += duplicates;
    summary_.rejected += reply.refusals.size();
    summary_.accepted += reply.verdicts.size() - reply.refusals.size() - duplicates;
    for (const RefusedEvent& refused : reply.refusals) {
      if (summary_.errors.size() >= options_.errors_max) break;
      summary_.errors.push_back({0, refused.field, std::string(refusal_name(refused.refusal)),
                                 refused.message + " (" + refused.event_id + ")"});
    }
    if (reply.first_seq == 0) return;
    if (summary_.first_seq == 0 || reply.first_seq < summary_.first_seq)
      summary_.first_seq = reply.first_seq;
    summary_.last_seq = std::max(summary_.last_seq, reply.last_seq);
  }

  const UploadOptions& options_;
  PassService& pass_;
  UploadSummary& summary_;  // guarded by mutex_ while batches are open
  std::mutex mutex_;
  std::condition_variable landed_;
  std::size_t open_ = 0;
  std::vector<wire::EventBatch> returned_;
};

}  // namespace

UploadSummary run_upload(std::unique_ptr<wire::ByteStream> stored, const UploadOptions& options,
                         PassService& pass) {
  UploadSummary summary;
  UploadSummary read_side;  // what the reader itself found; merged at the end
  const auto refuse = [&](Status status) {
    summary.status = std::move(status);
    return summary;
  };
  auto bytes = wire::StoredBytes::from(std::move(stored));
  if (!bytes) return refuse(bytes.error());
  auto reader = open_upload(std::move(*bytes).decompress(), options);
  if (!reader) return refuse(reader.error());
  Flight flight(options, pass, summary);
  Status broken;
  UploadPiece piece;
  while (!flight.failed()) {
    piece = {};
    const auto more = (*reader)->next(piece);
    if (!more) broken = more.error();
    read_side.rejected += piece.rejected;
    for (UploadError& error : piece.errors)
      if (read_side.errors.size() < options.errors_max)
        read_side.errors.push_back(std::move(error));
    if (piece.batch.size() != 0) flight.send(std::move(piece.batch));
    if (!more || !*more) break;
  }
  flight.settle(0);
  summary.rejected += read_side.rejected;
  for (UploadError& error : summary.errors)
    if (read_side.errors.size() < options.errors_max) read_side.errors.push_back(std::move(error));
  summary.errors = std::move(read_side.errors);
  if (summary.status.is_ok()) summary.status = std::move(broken);
  return summary;
}

std::string upload_json(const UploadSummary& summary) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("accepted").u64(summary.accepted);
  json.key("duplicates").u64(summary.duplicates).key("rejected").u64(summary.rejected);
  json.key("errors").begin_array();
  for (const UploadError& error : summary.errors) {
    json.begin_object();
    if (error.line != 0) json.key("line").u64(error.line);
    if (!error.field.empty()) json.key("field").string(error.field);
    json.key("code").string(error.code).key("message").string(error.message).end_object();
  }
  json.end_array().key("first_seq").u64(summary.first_seq);
  json.key("last_seq").u64(summary.last_seq).end_object();
  return out;
}

}  // namespace weir::server
