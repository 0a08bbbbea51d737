#include "server/http/loop.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

#include "base/check.hpp"
#include "server/http/responder.hpp"

namespace weir::server {
namespace {

// Loops that a WakeBatch on this thread still has to wake.
struct HeldWakes {
  int depth = 0;
  std::vector<IoLoop*> loops;
};
HeldWakes& held_wakes() {
  thread_local HeldWakes held;
  return held;
}

}  // namespace

WakeBatch::WakeBatch() {
  ++held_wakes().depth;
}

WakeBatch::~WakeBatch() {
  HeldWakes& held = held_wakes();
  if (--held.depth != 0) return;
  for (IoLoop* loop : held.loops) loop->wake();
  held.loops.clear();
}

IoLoop::IoLoop(Clock& clock)
    : clock_(clock), work_(boost::asio::make_work_guard(context_)), timer_(context_) {}

IoLoop::~IoLoop() {
  stop();
}

void IoLoop::start() {
  arm_timer();
  thread_ = std::thread([this] { context_.run(); });
}

void IoLoop::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
  std::vector<Task> dropped;  // destroyed unlocked: a task's last owner may post again
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(queue_);
  }
  dropped.clear();
  // A read or write that never comes back owns its member, and the member this loop.
  abort_members();
  context_.restart();
  context_.poll();
}

bool IoLoop::on_thread() const {
  return std::this_thread::get_id() == thread_.get_id();
}

void IoLoop::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    queue_.push_back(std::move(task));
    if (wake_sent_) return;
    wake_sent_ = true;
  }
  HeldWakes& held = held_wakes();
  if (held.depth == 0)
    wake();
  else
    held.loops.push_back(this);
}

void IoLoop::wake() {
  boost::asio::post(context_, [this] { run_tasks(); });
}

void IoLoop::run_tasks() {
  wakes_.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    running_.swap(queue_);
    wake_sent_ = false;
  }
  tasks_run_.fetch_add(running_.size(), std::memory_order_relaxed);
  for (Task& task : running_) task();
  running_.clear();
}

void IoLoop::arm_timer() {
  timer_.expires_after(std::chrono::milliseconds(500));
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    check_deadlines();
    arm_timer();
  });
}

void IoLoop::add(std::shared_ptr<Member> member) {
  Member* const key = member.get();
  owned_.emplace(key, std::move(member));
  member_count_.store(owned_.size(), std::memory_order_relaxed);
}

void IoLoop::remove(Member& member) {
  CHECK_EQ(owned_.erase(&member), std::size_t{1});
  member_count_.store(owned_.size(), std::memory_order_relaxed);
}

std::vector<std::shared_ptr<IoLoop::Member>> IoLoop::snapshot() const {
  std::vector<std::shared_ptr<Member>> members;
  members.reserve(owned_.size());
  for (const auto& [key, member] : owned_) members.push_back(member);
  return members;
}

void IoLoop::check_deadlines() {
  const std::int64_t now = now_ns();
  for (const auto& member : snapshot()) member->check_deadline(now);
}

void IoLoop::drain_members() {
  for (const auto& member : snapshot()) member->begin_drain();
}

void IoLoop::abort_members() {
  for (const auto& member : snapshot()) member->abort();
}

}  // namespace weir::server
