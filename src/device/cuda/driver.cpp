#include "device/cuda/driver.hpp"

#if WEIR_CUDA
#include <cuda_runtime_api.h>
#include <sys/prctl.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "device/cuda/error.hpp"

namespace weir::device::cuda {
namespace {

constexpr int kComputeMajorMin = 8;
constexpr std::int64_t kSpinNs = 50'000;
constexpr long kPauseNs = 20'000;

std::string uuid_text(const cudaUUID_t& uuid) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    char hex[3];
    std::snprintf(hex, sizeof(hex), "%02x", static_cast<unsigned char>(uuid.bytes[i]));
    text += hex;
  }
  return text;
}

// Lets the calling thread's sleeps end when they should, not up to 50 us later, as the kernel may
// have it.
class PunctualSleeps {
 public:
  ~PunctualSleeps() {
    if (slack_ns_ > 0) prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack_ns_), 0, 0, 0);
  }
  void begin() {
    if (slack_ns_ != 0) return;
    slack_ns_ = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    if (slack_ns_ > 0) prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  }

 private:
  int slack_ns_ = 0;  // the thread's own; -1: it cannot be told
};

class GpuDriver final : public Driver {
 public:
  explicit GpuDriver(Clock& clock) : clock_(clock) {}

  // What a lost device holds ends with the process: to free it would wait for work that never ends.
  ~GpuDriver() override {
    if (!enter().is_ok()) return;
    for (const auto& [id, event] : events_) static_cast<void>(cudaEventDestroy(event));
    for (const auto& [id, stream] : streams_) static_cast<void>(cudaStreamDestroy(stream));
    if (pool_ != nullptr) static_cast<void>(cudaMemPoolDestroy(pool_));
  }

  Status open(int ordinal, const cudaDeviceProp& properties, const std::string& uuid) {
    ordinal_ = ordinal;
    WEIR_TRY(enter());
    info_.kind = Kind::kCuda;
    info_.name = properties.name;
    info_.uuid = uuid;
    info_.compute = std::to_string(properties.major) + "." + std::to_string(properties.minor);
    info_.memory_bytes = properties.totalGlobalMem;
    info_.multiprocessors = static_cast<std::uint32_t>(properties.multiProcessorCount);
    int version = 0;
    WEIR_TRY(to_status(cudaDriverGetVersion(&version), "version of the driver"));
    info_.driver = std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
    cudaMemPoolProps pool{};
    pool.allocType = cudaMemAllocationTypePinned;
    pool.handleTypes = cudaMemHandleTypeNone;
    pool.location.type = cudaMemLocationTypeDevice;
    pool.location.id = ordinal;
    WEIR_TRY(to_status(cudaMemPoolCreate(&pool_, &pool), "memory pool"));
    // Memory stays in the pool between ops: giving it back costs more than the ops.
    std::uint64_t keep_all = ~std::uint64_t{0};
    return to_status(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &keep_all),
                     "memory pool");
  }

  const DeviceInfo& info() const override { return info_; }

  std::uint64_t memory_free() const override {
    std::size_t free = 0;
    std::size_t total = 0;
    if (!enter().is_ok() || !to_status(cudaMemGetInfo(&free, &total), "free memory").is_ok()) {
      return 0;
    }
    return free;
  }

  Result<void*> allocate(std::size_t bytes, StreamId stream) override {
    WEIR_TRY(enter());
    void* memory = nullptr;
    WEIR_TRY(note(to_status(cudaMallocFromPoolAsync(&memory, bytes, pool_, native(stream)),
                            std::to_string(bytes) + " bytes of device memory")));
    return memory;
  }

  void free(void* memory, StreamId stream) noexcept override {
    if (!enter().is_ok()) return;
    static_cast<void>(note(to_status(cudaFreeAsync(memory, native(stream)), "free")));
  }

  Result<void*> allocate_pinned(std::size_t bytes) override {
    WEIR_TRY(enter());
    void* memory = nullptr;
    WEIR_TRY(note(to_status(cudaHostAlloc(&memory, bytes, cudaHostAllocPortable),
                            std::to_string(bytes) + " bytes of pinned memory")));
    return memory;
  }

  void free_pinned(void* memory) noexcept override {
    if (!enter().is_ok()) return;
    static_cast<void>(note(to_status(cudaFreeHost(memory), "free")));
  }

  Result<StreamId> create_stream() override {
    WEIR_TRY(enter());
    cudaStream_t stream = nullptr;
    WEIR_TRY(
        note(to_status(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "new stream")));
    const std::lock_guard lock(mutex_);
    const StreamId id{next_id_++};
    streams_.emplace(id, stream);
    return id;
  }

  void destroy_stream(StreamId id) noexcept override {
    if (!enter().is_ok()) return;
    if (const cudaStream_t stream = take(streams_, id)) {
      static_cast<void>(note(to_status(cudaStreamDestroy(stream), "end of a stream")));
    }
  }

  Result<EventId> create_event() override {
    WEIR_TRY(enter());
    cudaEvent_t event = nullptr;
    WEIR_TRY(
        note(to_status(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "new event")));
    const std::lock_guard lock(mutex_);
    const EventId id{next_id_++};
    events_.emplace(id, event);
    return id;
  }

  void destroy_event(EventId id) noexcept override {
    if (!enter().is_ok()) return;
    if (const cudaEvent_t event = take(events_, id)) {
      static_cast<void>(note(to_status(cudaEventDestroy(event), "end of an event")));
    }
  }

  Status copy(void* to, const void* from, std::size_t bytes, Direction direction,
              StreamId stream) override {
    WEIR_TRY(enter());
    const cudaMemcpyKind kind = direction == Direction::kToDevice ? cudaMemcpyHostToDevice
                                : direction == Direction::kToHost ? cudaMemcpyDeviceToHost
                                                                  : cudaMemcpyDeviceToDevice;
    return note(to_status(cudaMemcpyAsync(to, from, bytes, kind, native(stream)), "copy"));
  }

  Status fill(void* memory, std::uint8_t value, std::size_t bytes, StreamId stream) override {
    WEIR_TRY(enter());
    return note(to_status(cudaMemsetAsync(memory, value, bytes, native(stream)), "fill"));
  }

  Status record(EventId event, StreamId stream) override {
    WEIR_TRY(enter());
    return note(to_status(cudaEventRecord(native(event), native(stream)), "event"));
  }

  Status wait(EventId event, StreamId stream) override {
    WEIR_TRY(enter());
    return note(to_status(cudaStreamWaitEvent(native(stream), native(event), 0), "wait"));
  }

  Result<bool> query(EventId event) override {
    WEIR_TRY(enter());
    const cudaError_t state = cudaEventQuery(native(event));
    if (state == cudaErrorNotReady) return false;
    WEIR_TRY(note(to_status(state, "event")));
    return true;
  }

  Status synchronize(StreamId stream, Deadline deadline) override {
    WEIR_TRY(enter());
    const cudaStream_t handle = native(stream);
    return poll([&] { return cudaStreamQuery(handle); }, deadline);
  }

  Status synchronize_event(EventId event, Deadline deadline) override {
    WEIR_TRY(enter());
    const cudaEvent_t handle = native(event);
    return poll([&] { return cudaEventQuery(handle); }, deadline);
  }

  Result<void*> native_stream(StreamId stream) override {
    WEIR_TRY(enter());
    return native(stream);
  }

  Status note(Status status) override { return remember(std::move(status)); }

  Status health() const override {
    const std::lock_guard lock(mutex_);
    return lost_;
  }

 private:
  // Every thread that talks to the runtime has a current device of its own.
  Status enter() const {
    {
      const std::lock_guard lock(mutex_);
      if (!lost_.is_ok()) return lost_;
    }
    return remember(to_status(cudaSetDevice(ordinal_), "choice of the device"));
  }

  Status remember(Status status) const {
    if (!status.is_ok() && status.reason() == kDeviceLost) {
      const std::lock_guard lock(mutex_);
      if (lost_.is_ok()) lost_ = status;
    }
    return status;
  }

  // Takes the handle out of its map; null if it is not there.
  template <class Id, class Handle>
  Handle take(std::unordered_map<Id, Handle>& handles, Id id) {
    const std::lock_guard lock(mutex_);
    const auto at = handles.find(id);
    if (at == handles.end()) return nullptr;
    const Handle handle = at->second;
    handles.erase(at);
    return handle;
  }

  template <class Query>
  Status poll(Query&& query, Deadline deadline) {
    const std::int64_t begin = clock_.mono_ns();
    PunctualSleeps sleeps;
    while (true) {
      const cudaError_t state = query();
      if (state != cudaErrorNotReady) return note(to_status(state, "work on the device"));
      const std::int64_t now = clock_.mono_ns();
      if (!deadline.none() && now > deadline.mono_ns) {
        const std::lock_guard lock(mutex_);
        lost_ = Status(Code::kDeadlineExceeded, kTimeout,
                       "work on the device did not end within its time");
        return lost_;
      }
      if (now - begin > kSpinNs) {
        sleeps.begin();
        const timespec pause{0, kPauseNs};
        nanosleep(&pause, nullptr);
      }
    }
  }

  cudaStream_t native(StreamId id) const {
    const std::lock_guard lock(mutex_);
    return streams_.at(id);
  }
  cudaEvent_t native(EventId id) const {
    const std::lock_guard lock(mutex_);
    return events_.at(id);
  }

  Clock& clock_;
  DeviceInfo info_;
  int ordinal_ = 0;
  cudaMemPool_t pool_ = nullptr;
  mutable std::mutex mutex_;
  std::unordered_map<StreamId, cudaStream_t> streams_;
  std::unordered_map<EventId, cudaEvent_t> events_;
  std::uint32_t next_id_ = 1;
  mutable Status lost_;  // what a question finds out counts, too
};

Status no_device(cudaError_t error) {
  static_cast<void>(cudaGetLastError());
  return unavailable("no_device",
                     std::string(cudaGetErrorName(error)) + ", " + cudaGetErrorString(error));
}

}  // namespace

bool built() {
  return true;
}

Result<std::unique_ptr<Driver>> make_driver(const DriverOptions& options, Clock& clock) {
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
    return fail(no_device(error));
  }
  std::string seen;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    cudaDeviceProp properties{};
    if (const cudaError_t error = cudaGetDeviceProperties(&properties, ordinal);
        error != cudaSuccess) {
      return fail(no_device(error));
    }
    const std::string uuid = uuid_text(properties.uuid);
    seen += (seen.empty() ? "" : ", ") + uuid;
    if (options.uuid.empty() ? ordinal != options.ordinal : uuid != options.uuid) continue;
    if (properties.major < kComputeMajorMin) {
      return fail(
          unavailable("unsupported", std::string(properties.name) + " has compute capability " +
                                         std::to_string(properties.major) + "." +
                                         std::to_string(properties.minor) + ", needed is 8.0"));
    }
    auto driver = std::make_unique<GpuDriver>(clock);
    WEIR_TRY(driver->open(ordinal, properties, uuid));
    return Result<std::unique_ptr<Driver>>(std::move(driver));
  }
  return fail(unavailable(
      "no_device", "no GPU " +
                       (options.uuid.empty() ? std::to_string(options.ordinal) : options.uuid) +
                       "; there are " + (seen.empty() ? "none" : seen)));
}

}  // namespace weir::device::cuda
#endif
