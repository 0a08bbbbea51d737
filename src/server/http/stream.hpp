// Streams in both directions: a StreamSource writes a reply of open length (SSE, exports), a
// BodySink takes a request body piece by piece (uploads). Both are driven by the connection, at the
// speed of the slower end. A reply may stream while the body is still coming.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace weir::server {

// Pulled on the connection's I/O thread whenever all earlier bytes are written, and after a wake.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  // Hands over the function that makes the connection pull again; callable from any thread, also
  // after the connection is gone.
  virtual void attached(std::function<void()> wake) = 0;
  // Appends bytes to send, or nothing; false ends the stream after what was appended.
  virtual bool pull(std::string& out) = 0;
  // The connection is gone, or the source was refused; nothing is called afterwards.
  virtual void detached() = 0;
  // Whether the reply comes to an end by itself: then it counts as a request in flight, a drain
  // waits for it, and a client may close its sending side after the body.
  virtual bool finite() const { return false; }
};

// Called on the connection's I/O thread.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // Hands over the function that makes the connection read again after a pause; any thread.
  virtual void attached(std::function<void()> resume) = 0;
  // Takes a piece; false pauses reading until resume is called.
  virtual bool on_data(std::string_view piece) = 0;
  virtual void on_end() = 0;
  // The client left before the end, or the reply went out first.
  virtual void on_abort() = 0;
};

}  // namespace weir::server
