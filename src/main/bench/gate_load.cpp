#include "main/bench/gate_load.hpp"

#include <thread>

#include "base/clock.hpp"

namespace weir::main {

void GateLoad::answered(const gate::Reply& reply, std::int64_t due_ns) {
  const std::int64_t latency_ns = system_clock().mono_ns() - due_ns;
  const std::lock_guard lock(mutex_);
  if (!reply.status.is_ok()) status_ = reply.status;
  refused_ += reply.refused.size();
  committed_ += reply.accepted;
  latency_ns_.record(latency_ns);
  --open_;
  changed_.notify_one();
}

Result<double> GateLoad::run(std::uint64_t events, double seconds, double rate) {
  Clock& clock = system_clock();
  const std::int64_t started_ns = clock.mono_ns();
  const std::int64_t end_ns = started_ns + static_cast<std::int64_t>(seconds * 1e9);
  const double batch_ns = rate > 0 ? batch_events_ / rate * 1e9 : 0;
  const std::uint64_t committed_before = committed_;
  std::uint64_t sent = 0;
  for (std::uint64_t number = 0; sent < events; ++number) {
    std::int64_t due_ns =
        started_ns + static_cast<std::int64_t>(batch_ns * static_cast<double>(number));
    if (due_ns >= end_ns) break;
    gate::Submission submission;
    const std::int64_t making_ns = thread_cpu_ns();
    WEIR_ASSIGN(const std::size_t made, source_.read(submission.batch, batch_events_));
    generator_ns_ += thread_cpu_ns() - making_ns;
    if (made == 0) break;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return open_ < kOpenMax; });
      WEIR_TRY(status_);
      ++open_;
    }
    if (rate > 0) {
      while (clock.mono_ns() < due_ns) {
        std::this_thread::sleep_for(std::chrono::nanoseconds(due_ns - clock.mono_ns()));
      }
    } else {
      due_ns = clock.mono_ns();
      if (due_ns >= end_ns) {
        const std::lock_guard lock(mutex_);
        --open_;
        break;
      }
    }
    sent += made;
    submission.live = false;
    submission.done = [this, due_ns](gate::Reply&& reply) { answered(reply, due_ns); };
    WEIR_TRY(gate_.submit(std::move(submission)));
  }
  gate_.drain();
  sent_ += sent;
  const double took = static_cast<double>(clock.mono_ns() - started_ns) * 1e-9;
  const std::lock_guard lock(mutex_);
  WEIR_TRY(status_);
  return static_cast<double>(committed_ - committed_before) / took;
}

}  // namespace weir::main
