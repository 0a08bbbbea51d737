// Decisions in shadow: what the verdict would be. A forked child runs the very stages on the state
// as it is at rest and answers through a pipe; whatever it changes is gone with it.
#include <fcntl.h>
#include <oneapi/tbb/task_arena.h>
#include <unistd.h>

#include <cerrno>

#include "gate/gate.hpp"
#include "gate/reply_codec.hpp"

namespace weir::gate {
namespace {

void write_all(int pipe, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(pipe, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) _exit(1);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

Reply failed(const Status& status) {
  Reply reply;
  reply.status = status;
  return reply;
}

}  // namespace

Status Gate::shadow(Submission&& submission) {
  if (submission.batch.events.empty()) {
    if (submission.done) submission.done(Reply{});
    return Status::ok();
  }
  if (!children_.reserve()) {
    return resource_exhausted("queue_full",
                              std::to_string(kChildrenMax) +
                                  " decisions in shadow are under way, the most there may be")
        .hint("retry after a short wait");
  }
  auto job = std::make_shared<Submission>(std::move(submission));
  const Status status = at_rest([this, job] { fork_shadow(*job); });
  if (!status.is_ok()) {
    children_.release();
    submission = std::move(*job);
  }
  return status;
}

void Gate::fork_shadow(Submission& submission) {
  int ends[2];
  pid_t child = -1;
  auto done = std::move(submission.done);
  submission.done = nullptr;
  if (pipe2(ends, O_CLOEXEC) == 0) {
    if (log_ != nullptr) log_->drain();      // so that a repeated event finds its verdict
    std::unique_lock flight(flight_mutex_);  // not to be held by another thread in the child's copy
    child = fork();
    flight.unlock();
    if (child == 0) {
      ::close(ends[0]);
      decide_in_child(std::move(submission), ends[1]);
      _exit(0);
    }
    ::close(ends[1]);
    if (child < 0) ::close(ends[0]);
  }
  if (child < 0) {
    const Status status = errno_status("fork", "for a decision in shadow", errno);
    children_.release();
    if (done) done(failed(status));
    return;
  }
  children_.expect({child, ends[0], std::move(done)});
}

// In the child: the only thread. The batches are cut as those of a file would be.
void Gate::decide_in_child(Submission&& submission, int pipe) {
  submission.labels.clear();
  submission.checkpoint.reset();
  submission.done = [pipe](Reply&& reply) {
    ByteWriter out;
    encode(reply, out);
    write_all(pipe, out.bytes());
  };
  auto pending = std::make_shared<PendingReply>(std::move(submission));
  tbb::task_arena alone(1);
  alone.execute([&] {
    for (bool whole = false; !whole;) {
      PassBatch batch;
      batch.created_us = clock_.wall_us();
      batch.first_seq = admission_->next_seq();
      batch.height = pass_->next_height();
      whole = admission_->fill(pending, batch);
      admission_->finish(batch);
      if (!batch.events.empty()) {
        pass_->touch(batch);
        pass_->score(batch);
        pass_->decide(batch);
        hash(batch);
      }
      for (const ReplyPart& part : batch.parts) answer_part(part, batch, Ack::kDecided);
      answer_repeats(batch.repeats, &batch, Ack::kDecided);
    }
  });
}

}  // namespace weir::gate
