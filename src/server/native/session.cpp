#include "server/native/session.hpp"

#include <utility>

namespace weir::server {

wire::Refusal refusal_of(const Status& status, wire::Refusal otherwise) {
  for (unsigned i = 0; i < wire::kRefusals; ++i) {
    const auto refusal =
        static_cast<wire::Refusal>(static_cast<unsigned>(wire::Refusal::kRecordIdZero) + i);
    if (wire::refusal_name(refusal) == status.reason()) return refusal;
  }
  return otherwise;
}

NativeSession::NativeSession(NativeOptions options, PassService& pass, Clock& clock,
                             Committed committed, Send send)
    : options_(std::move(options)),
      pass_(pass),
      clock_(clock),
      committed_(std::move(committed)),
      parser_({.key = options_.key}),
      writer_({.key = options_.key}),
      send_(std::move(send)) {}

std::span<std::uint8_t> NativeSession::room(std::size_t size) {
  return parser_.prepare(size);
}

void NativeSession::received(std::size_t size) {
  parser_.commit(size);
  pump();
}

void NativeSession::pump() {
  while (!blocked()) {
    wire::Frame frame;
    const auto found = parser_.next(frame);
    if (!found) return end(found.error(), {.producer_id = producer_id_});
    if (!*found) return;
    take(frame);
  }
}

bool NativeSession::blocked() {
  const std::lock_guard lock(mutex_);
  // A later frame must not overtake one that waits for room: it would leave a gap.
  return ended_ || !returned_.empty() || bytes_open_ >= options_.credit_bytes;
}

void NativeSession::take(const wire::Frame& frame) {
  const wire::FrameAddress address{.producer_id = frame.header.producer_id,
                                   .producer_seq = frame.header.producer_seq,
                                   .ack = frame.header.ack};
  switch (frame.header.kind) {
    case wire::FrameKind::kHello:
      return greet(frame);
    case wire::FrameKind::kPing: {
      const std::lock_guard lock(mutex_);
      std::vector<std::uint8_t> out;
      const Status status = writer_.control(wire::FrameKind::kPong, frame.payload, address, out);
      if (status.is_ok()) send(std::move(out), false);
      return;
    }
    case wire::FrameKind::kEvents:
      if (!greeted_ || address.producer_id != producer_id_)
        return end(failed_precondition("frame_version", "events before a hello of their producer")
                       .at("producer_id"),
                   address);
      return submit(frame);
    default:
      return end(invalid_argument("frame_size", "a client does not send this kind").at("kind"),
                 address);
  }
}

void NativeSession::greet(const wire::Frame& frame) {
  greeted_ = true;
  producer_id_ = frame.header.producer_id;
  const wire::HelloAck ack{.credit_bytes = options_.credit_bytes,
                           .committed_seq = committed_(producer_id_)};
  const std::lock_guard lock(mutex_);
  std::vector<std::uint8_t> out;
  const Status status = writer_.hello_ack(ack, {.producer_id = producer_id_}, out);
  if (status.is_ok()) send(std::move(out), false);
}

void NativeSession::submit(const wire::Frame& frame) {
  const wire::FrameAddress address{.producer_id = frame.header.producer_id,
                                   .producer_seq = frame.header.producer_seq,
                                   .ack = frame.header.ack};
  const std::uint64_t bytes = frame.payload.size();
  auto taken = std::make_shared<FrameBatch>(take_frame(frame, clock_.wall_us()));
  {
    const std::lock_guard lock(mutex_);
    bytes_open_ += bytes;
    ++frames_open_;
  }
  Submission submission{.batch = std::move(taken->batch),
                        .ack = static_cast<Ack>(address.ack),
                        .detail = Detail::kCore,
                        .shadow = false,
                        .producer_id = address.producer_id,
                        .producer_seq = address.producer_seq,
                        .done = {}};
  submission.done = [self = shared_from_this(), taken, address, bytes](SubmitReply&& reply) {
    self->answer(*taken, address, bytes, std::move(reply));
  };
  pass_.submit(std::move(submission));
}

void NativeSession::answer(const FrameBatch& taken, const wire::FrameAddress& address,
                           std::uint64_t bytes, SubmitReply&& reply) {
  const std::lock_guard lock(mutex_);
  if (reply.status.code() == Code::kResourceExhausted && reply.batch.size() != 0 && !ended_) {
    Submission again{.batch = std::move(reply.batch),
                     .ack = static_cast<Ack>(address.ack),
                     .detail = Detail::kCore,
                     .shadow = false,
                     .producer_id = address.producer_id,
                     .producer_seq = address.producer_seq,
                     .done = {}};
    again.done = [self = shared_from_this(), taken = std::make_shared<FrameBatch>(taken), address,
                  bytes](SubmitReply&& next) {
      self->answer(*taken, address, bytes, std::move(next));
    };
    returned_.push_back(std::move(again));
    return;
  }
  bytes_open_ -= bytes;
  --frames_open_;
  std::vector<std::uint8_t> out;
  const Status written = reply.status.is_ok()
                             ? writer_.verdicts(taken.merge(reply.verdicts), address, out)
                             : writer_.error(refusal_of(reply.status, wire::Refusal::kQueueFull),
                                             reply.status.message(), address, out);
  if (written.is_ok()) send(std::move(out), false);
}

bool NativeSession::idle() {
  const std::lock_guard lock(mutex_);
  return frames_open_ == 0;
}

bool NativeSession::retry_wanted() {
  const std::lock_guard lock(mutex_);
  return !returned_.empty();
}

void NativeSession::retry() {
  std::vector<Submission> again;
  {
    const std::lock_guard lock(mutex_);
    again.swap(returned_);
  }
  for (Submission& submission : again) pass_.submit(std::move(submission));
}

void NativeSession::end(const Status& status, const wire::FrameAddress& address) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  std::string message = status.message();
  if (!status.error().field.empty()) message = status.error().field + ": " + message;
  std::vector<std::uint8_t> out;
  const Status written =
      writer_.error(refusal_of(status, wire::Refusal::kFrameSize), message, address, out);
  if (written.is_ok()) send(std::move(out), true);
  ended_ = true;
}

void NativeSession::send(std::vector<std::uint8_t> bytes, bool last) {
  if (send_ && !ended_) send_(std::move(bytes), last);
}

void NativeSession::detach() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  send_ = {};
  returned_.clear();
}

}  // namespace weir::server
