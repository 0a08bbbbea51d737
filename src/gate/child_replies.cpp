#include "gate/child_replies.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.hpp"
#include "gate/reply_codec.hpp"

namespace weir::gate {
namespace {

Status lost(std::string_view why) {
  return unavailable("shadow_lost", "the child that decided in shadow " + std::string(why))
      .hint("try again");
}

// Reads until the child has closed its end.
Result<std::vector<std::uint8_t>> read_all(int pipe) {
  const std::int64_t deadline_ns = system_clock().mono_ns() + std::int64_t{kChildMs} * 1'000'000;
  std::vector<std::uint8_t> bytes;
  std::uint8_t chunk[1 << 16];
  while (true) {
    const std::int64_t left_ms = (deadline_ns - system_clock().mono_ns()) / 1'000'000;
    pollfd wait{pipe, POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left_ms, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail(lost("did not answer in time"));
    const ssize_t got = read(pipe, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_status("read", "the reply of a shadow decision", errno));
    if (got == 0) return bytes;
    bytes.insert(bytes.end(), chunk, chunk + got);
  }
}

Reply reply_of(const ChildReply& child) {
  const auto bytes = read_all(child.pipe);
  if (!bytes) kill(child.pid, SIGKILL);
  int state = 0;
  while (waitpid(child.pid, &state, 0) < 0 && errno == EINTR) {
  }
  Reply reply;
  if (!bytes) {
    reply.status = bytes.error();
    return reply;
  }
  auto decoded = decode_reply(*bytes);
  if (decoded) return std::move(*decoded);
  reply.status = lost("ended before it had answered");
  return reply;
}

}  // namespace

void ChildReplies::stop() {
  children_.close();
  if (thread_.joinable()) thread_.join();
}

bool ChildReplies::reserve() {
  if (open_.fetch_add(1, std::memory_order_relaxed) < kChildrenMax) return true;
  release();
  return false;
}

void ChildReplies::expect(ChildReply child) {
  const bool taken = children_.push(std::move(child));
  CHECK(taken);
}

void ChildReplies::run() {
  while (const auto child = children_.pop()) {
    Reply reply = reply_of(*child);
    close(child->pipe);
    release();
    if (child->done) child->done(std::move(reply));
  }
}

}  // namespace weir::gate
