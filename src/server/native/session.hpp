// NativeSession: one connection of the frame protocol, without its socket: bytes in, bytes out.
//
//   NativeSession session(options, pass, clock, send);
//   session.receive(bytes);          // I/O thread; frames are answered through `send`
//   if (session.blocked()) stop reading until the next send
//
// Order: hello, hello_ack with credit, then events frames, each answered by one verdicts frame (or
// an error frame) in the order the pass decides. The session submits as long as credit is left; a
// client that sends more simply waits in its socket; an answered frame gives its bytes of credit
// back. What the pass has no room for is kept and submitted again, before any later frame.
// A repeated frame gets the stored verdicts, one that leaves a gap the error sequence_gap; the
// session goes on.
// A frame that cannot be trusted is answered with an error that names the field, then the session
// ends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "server/ingest/frame_batch.hpp"
#include "server/service.hpp"
#include "wire/frame.hpp"

namespace weir::server {

struct NativeOptions {
  std::uint64_t credit_bytes = 16 << 20;  // of payload taken and not yet answered
  wire::FrameKey key;                     // empty: frames carry no tag
};

class NativeSession : public std::enable_shared_from_this<NativeSession> {
 public:
  // `send` takes bytes to write, from any thread; `last` asks to close after them.
  using Send = std::function<void(std::vector<std::uint8_t> bytes, bool last)>;

  // Returns the last committed producer_seq of a producer.
  using Committed = std::function<std::uint64_t(std::uint64_t producer_id)>;

  NativeSession(NativeOptions options, PassService& pass, Clock& clock, Committed committed,
                Send send);

  // Returns room for received bytes; received() says how many came. One thread.
  std::span<std::uint8_t> room(std::size_t size);
  void received(std::size_t size);
  // True while no credit is left, while a frame waits for room, or after the end: the socket should
  // not be read. Any thread.
  bool blocked();
  // Goes on with frames that waited for credit; call after a send. The thread of received().
  void pump();
  // Submits again what a full queue gave back. Call when it says so (`retry_wanted`), about each
  // ms.
  void retry();
  bool retry_wanted();
  // True if every frame taken so far is answered.
  bool idle();
  // Tells a session whose connection is gone to send nothing more.
  void detach();

 private:
  void take(const wire::Frame& frame);
  void greet(const wire::Frame& frame);
  void submit(const wire::Frame& frame);
  void answer(const FrameBatch& taken, const wire::FrameAddress& address, std::uint64_t bytes,
              SubmitReply&& reply);
  void end(const Status& status, const wire::FrameAddress& address);
  void send(std::vector<std::uint8_t> bytes, bool last);

  const NativeOptions options_;
  PassService& pass_;
  Clock& clock_;
  const Committed committed_;
  wire::FrameParser parser_;
  bool greeted_ = false;
  std::uint64_t producer_id_ = 0;

  std::mutex mutex_;  // guards what replies from other threads touch
  wire::FrameWriter writer_;
  Send send_;
  std::uint64_t bytes_open_ = 0;
  std::uint64_t frames_open_ = 0;
  bool ended_ = false;
  std::vector<Submission> returned_;
};

// Returns the refusal that a Status names, or `otherwise`.
wire::Refusal refusal_of(const Status& status, wire::Refusal otherwise);

}  // namespace weir::server
