#include "gate/pipeline.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace weir::gate {
namespace {

constexpr bool is_serial(Stage stage) {
  return stage != Stage::kScore && stage != Stage::kHash;
}

// Processor time of one thread, charged to the stage it was spent for.
class Meter {
 public:
  explicit Meter(StageTimes& times) : times_(times), last_ns_(thread_cpu_ns()) {}
  void charge(Stage stage) {
    const std::int64_t now_ns = thread_cpu_ns();
    times_.ns[static_cast<std::size_t>(stage)].fetch_add(now_ns - last_ns_,
                                                         std::memory_order_relaxed);
    last_ns_ = now_ns;
  }

 private:
  StageTimes& times_;
  std::int64_t last_ns_;
};

}  // namespace

std::string_view stage_name(Stage stage) {
  constexpr std::array<std::string_view, kStages> kNames = {"admit",  "touch", "score",
                                                            "decide", "hash",  "seal"};
  return kNames[static_cast<std::size_t>(stage)];
}

struct Pipeline::Impl {
  Impl(Stages& given, const PipelineOptions& options, StageTimes& to)
      : stages(given), times(to), in_flight_max(std::max(1U, options.batches_in_flight)) {
    for (unsigned i = 1; i < options.threads; ++i) {
      threads.emplace_back([this] { help(); });
    }
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  // A batch on its way: `next` is the stage that it is in or waits for.
  struct Flight {
    PassBatch* batch;
    std::uint64_t number;
    Stage next;
    bool running;
  };

  void run() {
    Meter meter(times);
    std::unique_lock lock(mutex);
    active = true;
    dry = false;
    while (active) {
      if (!step(lock, meter)) sleep(lock);
    }
  }

  void help() {
    Meter meter(times);
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (!active || !step(lock, meter)) sleep(lock);
    }
  }

  // Does one thing; false if there is nothing to do for this thread.
  bool step(std::unique_lock<std::mutex>& lock, Meter& meter) {
    const auto ready = std::find_if(flights.begin(), flights.end(),
                                    [this](const Flight& flight) { return may_go_on(flight); });
    if (ready != flights.end()) {
      advance(lock, meter, *ready);
      return true;
    }
    if (may_admit()) {
      admit(lock, meter);
      return true;
    }
    if (flights.empty() && !admitting) {
      active = false;
      changed.notify_all();
      return true;
    }
    return false;
  }

  bool may_go_on(const Flight& flight) const {
    return !flight.running && (!is_serial(flight.next) || turn_of(flight.next) == flight.number);
  }

  bool may_admit() const {
    return !admitting && flights.size() < in_flight_max &&
           (!dry || signals.load(std::memory_order_seq_cst) != signals_seen);
  }

  std::uint64_t turn_of(Stage stage) const { return turns[static_cast<std::size_t>(stage)]; }

  // References into a deque stay valid while others push at its end and pop sealed ones in front.
  void advance(std::unique_lock<std::mutex>& lock, Meter& meter, Flight& flight) {
    flight.running = true;
    call_help();
    lock.unlock();
    const Stage stage = flight.next;
    run_stage(stage, *flight.batch);
    meter.charge(stage);
    lock.lock();
    if (is_serial(stage)) ++turns[static_cast<std::size_t>(stage)];
    if (stage == Stage::kSeal) {
      flights.pop_front();
      return;
    }
    flight.next = static_cast<Stage>(static_cast<unsigned>(stage) + 1);
    flight.running = false;
  }

  void run_stage(Stage stage, PassBatch& batch) {
    switch (stage) {
      case Stage::kTouch:
        return stages.touch(batch);
      case Stage::kScore:
        return stages.score(batch);
      case Stage::kDecide:
        return stages.decide(batch);
      case Stage::kHash:
        return stages.hash(batch);
      default:
        return stages.seal(batch);
    }
  }

  void admit(std::unique_lock<std::mutex>& lock, Meter& meter) {
    admitting = true;
    signals_seen = signals.load(std::memory_order_seq_cst);
    lock.unlock();
    PassBatch* const batch = stages.admit();
    meter.charge(Stage::kAdmit);
    lock.lock();
    admitting = false;
    dry = batch == nullptr;
    if (!dry) flights.push_back({batch, admitted++, Stage::kTouch, false});
  }

  // Wakes a sleeping thread if there is something for it beside what the caller begins now.
  void call_help() {
    if (sleeping.load(std::memory_order_relaxed) == 0) return;
    const bool more = std::any_of(flights.begin(), flights.end(),
                                  [this](const Flight& flight) { return may_go_on(flight); });
    if (more || (may_admit() && stages.load_waits())) changed.notify_one();
  }

  void sleep(std::unique_lock<std::mutex>& lock) {
    sleeping.fetch_add(1, std::memory_order_seq_cst);
    // A signal that came before this thread counted as sleeping was given to nobody.
    if (!active || signals.load(std::memory_order_seq_cst) == signals_seen || !may_admit()) {
      changed.wait(lock);
    }
    sleeping.fetch_sub(1, std::memory_order_relaxed);
  }

  void wake() {
    signals.fetch_add(1, std::memory_order_seq_cst);
    if (sleeping.load(std::memory_order_seq_cst) == 0) return;
    const std::lock_guard lock(mutex);
    if (active) changed.notify_one();
  }

  Stages& stages;
  StageTimes& times;
  const std::size_t in_flight_max;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Flight> flights;  // oldest first
  std::array<std::uint64_t, kStages> turns{};
  std::uint64_t admitted = 0;
  bool admitting = false;
  bool dry = false;  // admit() had nothing
  bool active = false;
  bool stopping = false;
  std::uint64_t signals_seen = 0;
  std::atomic<std::uint64_t> signals{0};
  std::atomic<unsigned> sleeping{0};
  std::vector<std::thread> threads;  // last: they use all of the above
};

Pipeline::Pipeline(Stages& stages, const PipelineOptions& options, StageTimes& times)
    : impl_(std::make_unique<Impl>(stages, options, times)) {}

Pipeline::~Pipeline() = default;

void Pipeline::run() {
  impl_->run();
}

void Pipeline::wake() {
  impl_->wake();
}

}  // namespace weir::gate
