#include "server/operations/stream_session.hpp"

#include <algorithm>
#include <utility>

namespace weir::server {
namespace {

// The connection reads 64 KiB at a time, so that the text that waits stays within five of these.
constexpr std::size_t kInBytes = 256 * 1024;
constexpr std::size_t kOutBytes = 256 * 1024;  // not sent: the run waits
constexpr std::size_t kPullBytes = 64 * 1024;
// A first line beyond this is not read on an I/O thread just to learn its priority.
constexpr std::size_t kPriorityBytesMax = 64 * 1024;

Response failure_response(const Status& status, std::string_view request_id) {
  Response response = json_response(http_status(status.code()), failure_json(status, request_id));
  if (response.status == 429 || response.status == 503) {
    response.headers.emplace_back("retry-after", "1");
  }
  return response;
}

Response answer_head() {
  Response head;
  head.content_type = "application/x-ndjson";
  head.headers = {{"cache-control", "no-store"}, {"x-accel-buffering", "no"}};
  return head;
}

device::Priority priority_of(std::string_view first_line, const Clock& clock) {
  if (first_line.size() > kPriorityBytesMax) return device::Priority::kNormal;
  const auto text = ParamsText::parse(first_line);
  if (!text) return device::Priority::kNormal;
  const auto options = read_options(text->root(), clock);
  return options ? options->run.priority : device::Priority::kNormal;
}

}  // namespace

class StreamSession::Sink final : public BodySink {
 public:
  explicit Sink(std::shared_ptr<StreamSession> session) : session_(std::move(session)) {}
  void attached(std::function<void()> resume) override {
    const std::lock_guard lock(session_->mutex_);
    session_->resume_ = std::move(resume);
  }
  bool on_data(std::string_view piece) override { return session_->take(piece); }
  void on_end() override { session_->end(); }
  void on_abort() override { session_->leave(); }

 private:
  std::shared_ptr<StreamSession> session_;
};

class StreamSession::Source final : public StreamSource {
 public:
  explicit Source(std::shared_ptr<StreamSession> session) : session_(std::move(session)) {}
  void attached(std::function<void()> wake) override {
    const std::lock_guard lock(session_->mutex_);
    session_->wake_ = std::move(wake);
  }
  bool pull(std::string& out) override { return session_->pull(out); }
  void detached() override { session_->leave(); }
  bool finite() const override { return true; }

 private:
  std::shared_ptr<StreamSession> session_;
};

StreamSession::StreamSession(Parts parts, Responder responder)
    : parts_(std::move(parts)), responder_(std::move(responder)) {}

StreamSession::~StreamSession() {
  parts_.service.streams().open.fetch_sub(1);
}

std::shared_ptr<StreamSession> StreamSession::open(Parts parts, Responder responder) {
  const auto refuse = [&](const Status& status) {
    responder.send(failure_response(status, parts.request_id));
    return nullptr;
  };
  if (const auto operation = find_streamed(parts.name); !operation) {
    return refuse(operation.error());
  }
  StreamGauge& streams = parts.service.streams();
  if (streams.open.fetch_add(1) >= parts.service.limits().streams_max) {
    streams.open.fetch_sub(1);
    return refuse(
        resource_exhausted("streams_max", "too many streams are open").hint("wait for one to end"));
  }
  return std::make_shared<StreamSession>(std::move(parts), std::move(responder));
}

std::shared_ptr<BodySink> StreamSession::sink(std::shared_ptr<StreamSession> session) {
  return std::make_shared<Sink>(std::move(session));
}

// Refuses the request before its answer has begun.
void StreamSession::refuse(const Status& status) {
  {
    const std::lock_guard lock(mutex_);
    close(status.code());
  }
  responder_.send(failure_response(status, parts_.request_id));
}

// Gathers the first line; false once it was refused.
bool StreamSession::take_first(std::string_view piece, bool last) {
  const std::size_t end = piece.find('\n');
  first_.append(piece.substr(0, end));
  if (first_.size() > parts_.service.limits().stream.params_bytes_max) {
    refuse(out_of_range("line_too_long",
                        "the first line is longer than " +
                            std::to_string(parts_.service.limits().stream.params_bytes_max) +
                            " bytes")
               .at_line(1));
    return false;
  }
  if (end == std::string_view::npos && !last) return true;
  {
    const std::lock_guard lock(mutex_);
    if (end != std::string_view::npos) in_.append(piece.substr(end + 1));
    ended_ = last;
    begun_ = true;
  }
  begin();
  return true;
}

// Queues the run; from here on its priority is known.
void StreamSession::begin() {
  OperationService& service = parts_.service;
  priority_ = priority_of(first_, service.context().clock());
  {
    const std::lock_guard lock(mutex_);
    working_ = true;
  }
  const Status queued = service.submit(priority_, [self = shared_from_this()] { self->work(); });
  if (!queued.is_ok()) refuse(queued);
}

bool StreamSession::take(std::string_view piece) {
  bool begun = false;
  {
    const std::lock_guard lock(mutex_);
    if (over_) return true;
    begun = begun_;
    if (begun) {
      in_.append(piece);
      paused_ = in_.size() >= kInBytes;
      measure();
      schedule();
      return !paused_;
    }
  }
  return take_first(piece, false);
}

void StreamSession::end() {
  bool begun = false;
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    begun = begun_;
    if (begun) {
      ended_ = true;
      schedule();
    }
  }
  if (!begun) take_first({}, true);
}

// The client is gone, or has all of its answer.
void StreamSession::leave() {
  cancel_ = true;
  const std::lock_guard lock(mutex_);
  if (!over_ && !working_) close(Code::kCancelled);  // a job finds out itself
}

bool StreamSession::pull(std::string& out) {
  const std::lock_guard lock(mutex_);
  const std::size_t size = std::min(kPullBytes, out_.size() - out_begin_);
  out.append(out_, out_begin_, size);
  out_begin_ += size;
  if (out_begin_ == out_.size()) {
    out_.clear();
    out_begin_ = 0;
  }
  schedule();
  if (!over_) return true;
  out.append(out_, std::exchange(out_begin_, 0));
  out_.clear();
  return false;
}

void StreamSession::schedule() {
  if (!begun_ || working_ || over_) return;
  if (out_.size() - out_begin_ >= kOutBytes) return;
  if (in_.empty() && !more_ && !ended_) return;
  working_ = parts_.service.resubmit(priority_, [self = shared_from_this()] { self->work(); });
  if (working_) return;
  out_ += failure_json(unavailable("stopping", "the server stops"), parts_.request_id) + '\n';
  close(Code::kUnavailable);
}

void StreamSession::close(Code code) {
  over_ = true;
  if (std::exchange(counted_, true)) return;
  parts_.metrics
      .counter(Metric::kOperationStreamsTotal,
               {parts_.name, code == Code::kOk ? "ok" : code_name(code)})
      .add();
}

void StreamSession::measure() {
  std::atomic<std::size_t>& most = parts_.service.streams().bytes_most;
  const std::size_t now = in_.size() + out_.size() + held_bytes_;
  std::size_t before = most.load(std::memory_order_relaxed);
  while (before < now && !most.compare_exchange_weak(before, now)) {
  }
}

// Reads the first line and begins the answer; what is wrong there still has a status of its own.
bool StreamSession::open_run() {
  auto run = StreamRun::open(parts_.service, parts_.name, std::exchange(first_, {}),
                             parts_.request_id, &cancel_);
  if (!run) {
    refuse(run.error());
    return false;
  }
  run_ = std::move(*run);
  std::exchange(responder_, {}).stream(answer_head(), std::make_shared<Source>(shared_from_this()));
  return true;
}

void StreamSession::work() {
  if (run_ == nullptr && !open_run()) return;
  std::function<void()> resume;
  bool ended = false;
  {
    const std::lock_guard lock(mutex_);
    // Text goes to the run only once it has taken what it had, or it would pile up there.
    if (!more_) {
      run_->push(in_);
      in_.clear();
      if (std::exchange(paused_, false)) resume = resume_;
    }
    ended = ended_ && in_.empty();
  }
  if (resume) resume();
  std::string out;
  const bool more = run_->step(ended, out);
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    out_ += out;
    more_ = more;
    working_ = false;
    held_bytes_ = run_->held_bytes() + out.capacity();
    measure();
    if (run_->finished()) {
      close(run_->code());
    } else if (cancel_) {
      close(Code::kCancelled);
    }
    schedule();
    wake = wake_;
  }
  if (wake) wake();
}

}  // namespace weir::server
