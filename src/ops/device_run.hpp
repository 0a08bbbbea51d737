// DeviceRun: what the device form of an op works with, on a GPU and in the simulator alike.
//
//   template <class Launcher>
//   Status sum_on_device(DeviceRun& run, const Sum::Args& args, Sum::Output& out) {
//     std::array<std::span<double>, kLanesMax> partials;
//     numeric::CanonicalCounter total;
//     return run_chunks<Launcher>(
//         run, args.x.size(),
//         [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
//           WEIR_ASSIGN(const auto x, lane.upload(args.x.subspan(chunk.begin, chunk.rows())));
//           WEIR_ASSIGN(const auto partial, lane.template scratch<double>(blocks_of(chunk)));
//           WEIR_TRY(lane.launch(grid, BlockSumKernel{}, x.data, x.size, partial.data));
//           partials[chunk.lane] = lane.template host<double>(partial.size);
//           return lane.download(partial, partials[chunk.lane]);
//         },
//         [&](const Chunk& chunk) -> Status {  // in chunk order, with its downloads
//           for (const double p : partials[chunk.lane]) total.push(p);
//           return Status::ok();
//         });
//   }
//
// The executor decides how many rows a chunk has: all, if the footprint fits, else what does, in
// multiples of the op's quantum. Lanes are streams: while one computes, the next reads and the one
// before writes back. A function that needs several passes calls run_chunks several times; what a
// pass leaves for the next lies in run.allocate(). Streams and staging stay for the next op. A
// deadline or a cancellation ends the run between two chunks; only work that outlasts the device's
// own op_timeout_ms counts as hung.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "device/block.hpp"
#include "device/device.hpp"
#include "ops/workers.hpp"

namespace weir::ops {

inline constexpr unsigned kLanesMax = 3;

// Device memory of `size` elements. Not for the host to touch.
template <class T>
struct DeviceSpan {
  T* data = nullptr;
  std::size_t size = 0;
  DeviceSpan first(std::size_t n) const { return {data, n}; }
  operator DeviceSpan<const T>() const  // NOLINT(google-explicit-constructor)
      requires(!std::is_const_v<T>) {
    return {data, size};
  }
};

// Rows [begin, end) of the input, processed by one of the lanes.
struct Chunk {
  std::size_t index = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  unsigned lane = 0;
  std::size_t rows() const { return end - begin; }
};

// Called after each chunk, in order; false stops the op after the chunks in flight (cancelled).
using ChunkCallback = std::function<bool(const Chunk&)>;

struct DevicePlan {
  std::size_t chunk_rows = 0;  // a multiple of the op's quantum; 0: all rows at once
  std::size_t lane_bytes = 0;  // device memory that a lane gets for a chunk
  device::Priority priority = device::Priority::kNormal;
  const ChunkCallback* callback = nullptr;
  const TaskWatch* watch = nullptr;  // asked between chunks
  double predicted_seconds = 0;      // work that takes far longer has hung
};

struct DeviceTraffic {
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::uint64_t launches = 0;
  std::uint64_t chunks = 0;
};

// What an op on the device works with and the next one finds again: a staging ring, and streams
// that are made at their first use. Belongs to one thread at a time.
class LaneSet {
 public:
  explicit LaneSet(device::Device& device) : device_(device), staging_(device.create_staging()) {}

  device::Device& device() { return device_; }
  // The errors of Device::create_stream.
  Result<device::Stream*> stream(unsigned lane);
  // Ends the streams, which a failure may have left stuck; the next op gets new ones.
  void drop_streams();

 private:
  device::Device& device_;
  std::unique_ptr<device::Staging> staging_;
  std::array<std::optional<device::Stream>, kLanesMax> streams_;
};

// Copies on the device of arrays of the host, which outlive an op; see kept_arrays.hpp.
class DeviceCopies {
 public:
  struct Copy {
    const void* data = nullptr;       // null: there is none of that array
    std::shared_ptr<void> hold = {};  // it stays where it is until this ends
    std::uint64_t bytes_up = 0;       // that had to be copied for it
  };
  virtual ~DeviceCopies() = default;
  // Finds the copy of `bytes` bytes at `array`, there when `stream` gets to what follows.
  virtual Result<Copy> find(const void* array, std::size_t bytes, device::Priority priority,
                            device::Stream& stream) = 0;
  // Whether the array has a copy on the device at this moment.
  virtual bool holds(const void* array) const = 0;
  // Bytes that would leave the device if room were needed now.
  virtual std::size_t bytes_spillable() const = 0;
  // Bytes that have left the device so far, to make room.
  virtual std::uint64_t bytes_spilled() const = 0;
};

class DeviceRun;

// The part of a lane that needs no launcher.
class LaneBase {
 public:
  LaneBase(DeviceRun& run, device::Stream& stream) : run_(run), stream_(stream) {}
  LaneBase(const LaneBase&) = delete;
  LaneBase& operator=(const LaneBase&) = delete;
  ~LaneBase();

  // Host memory of this chunk, valid until its finish function has returned.
  template <class T>
  std::span<T> host(std::size_t n) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<T*>(host_bytes(n * sizeof(T))), n};
  }
  template <class T>
  Result<DeviceSpan<const T>> upload(std::span<const T> from) {
    WEIR_ASSIGN(const DeviceSpan<T> to, scratch<T>(from.size()));
    WEIR_TRY(copy_up(to.data, from.data(), from.size_bytes()));
    return DeviceSpan<const T>(to);
  }
  // Device memory of this chunk; what it holds is unspecified.
  template <class T>
  Result<DeviceSpan<T>> scratch(std::size_t n) {
    static_assert(std::is_trivially_copyable_v<T>);
    WEIR_ASSIGN(void* const memory, scratch_bytes(n * sizeof(T)));
    return DeviceSpan<T>{static_cast<T*>(memory), n};
  }
  // Copies to the host; `to` is written when finish is called.
  template <class T, class U>
  Status download(DeviceSpan<T> from, std::span<U> to) {
    static_assert(std::is_same_v<std::remove_const_t<T>, U>);
    return copy_down(to.data(), from.data, std::min(from.size * sizeof(T), to.size_bytes()));
  }
  template <class T>
  Status fill(DeviceSpan<T> memory, std::uint8_t byte) {
    return memory.size == 0 ? Status::ok()
                            : stream_.fill(memory.data, byte, memory.size * sizeof(T));
  }
  // Waits until what was enqueued is done and downloads have arrived.
  Status synchronize();
  device::Stream& stream() { return stream_; }

 protected:
  void count_launch();

 private:
  friend class DeviceRun;
  Status begin();
  Status copy_up(void* to, const void* from, std::size_t bytes);
  Status copy_down(void* to, const void* from, std::size_t bytes);
  Result<void*> scratch_bytes(std::size_t bytes);
  std::byte* host_bytes(std::size_t bytes);

  DeviceRun& run_;
  std::vector<std::unique_ptr<std::byte[]>> host_;
  device::Stream& stream_;
  device::Reservation reservation_;
  device::Buffer memory_;
  std::size_t used_ = 0;
  std::vector<device::Buffer> overflow_;
};

template <class Launcher>
class Lane : public LaneBase {
 public:
  using LaneBase::LaneBase;
  // Enqueues kernel(block, args...) for every block of the grid; see device/block.hpp.
  template <class Kernel, class... Args>
  Status launch(const device::Grid& grid, const Kernel& kernel, Args... args) {
    count_launch();
    return Launcher::launch(stream(), grid, kernel, args...);
  }
};

// One attempt at one op. Belongs to one thread.
class DeviceRun {
 public:
  // `copies` may be null.
  DeviceRun(LaneSet& lanes, DeviceCopies* copies, Workers& workers, const DevicePlan& plan)
      : lanes_(lanes), device_(lanes.device()), copies_(copies), workers_(workers), plan_(plan) {}
  ~DeviceRun();
  DeviceRun(const DeviceRun&) = delete;
  DeviceRun& operator=(const DeviceRun&) = delete;

  device::Device& device() { return device_; }
  Workers& workers() { return workers_; }
  const DevicePlan& plan() const { return plan_; }
  const DeviceTraffic& traffic() const { return traffic_; }

  // Copies to memory that all chunks see, until the op is over; or finds the copy that outlives it.
  template <class T>
  Result<DeviceSpan<const T>> keep(std::span<const T> from) {
    WEIR_ASSIGN(const void* const copy, find_copy(from.data(), from.size_bytes()));
    if (copy != nullptr) return DeviceSpan<const T>{static_cast<const T*>(copy), from.size()};
    WEIR_ASSIGN(const DeviceSpan<T> to, allocate<T>(from.size()));
    WEIR_TRY(copy_up(to.data, from.data(), from.size_bytes()));
    return DeviceSpan<const T>(to);
  }
  // Memory that all chunks see, until the op is over; every byte is `byte`.
  template <class T>
  Result<DeviceSpan<T>> allocate(std::size_t n, std::uint8_t byte = 0) {
    static_assert(std::is_trivially_copyable_v<T>);
    WEIR_ASSIGN(void* const memory, allocate_bytes(n * sizeof(T), byte));
    return DeviceSpan<T>{static_cast<T*>(memory), n};
  }
  // Copies such memory to the host, at once.
  template <class T>
  Status fetch(DeviceSpan<T> from, std::span<std::remove_const_t<T>> to) {
    return fetch_bytes(to.data(), from.data, std::min(from.size * sizeof(T), to.size_bytes()));
  }

  // What run_chunks is made of.
  std::size_t chunk_rows(std::size_t rows) const {
    return plan_.chunk_rows == 0 ? rows : std::min(rows, plan_.chunk_rows);
  }
  Result<device::Stream*> stream(unsigned lane) { return lanes_.stream(lane); }
  Status begin(LaneBase& lane) { return lane.begin(); }
  Status finish(LaneBase& lane) { return lane.synchronize(); }
  // When to give up what is enqueued now: after the device's op_timeout_ms, and not before twenty
  // times what was predicted.
  device::Deadline hung_at() const;
  // cancelled if the callback says no.
  Status chunk_done(const Chunk& chunk);

 private:
  friend class LaneBase;
  Status shared_stream();
  Result<const void*> find_copy(const void* array, std::size_t bytes);
  Status copy_up(void* to, const void* from, std::size_t bytes);
  Result<void*> allocate_bytes(std::size_t bytes, std::uint8_t byte);
  Status fetch_bytes(void* to, const void* from, std::size_t bytes);

  LaneSet& lanes_;
  device::Device& device_;
  DeviceCopies* copies_;
  Workers& workers_;
  DevicePlan plan_;
  DeviceTraffic traffic_;
  // What all chunks see is made on the first lane's stream; the others wait for the event.
  device::Stream* shared_ = nullptr;
  device::Event shared_ready_;
  std::vector<std::shared_ptr<void>> held_;
  std::vector<device::Buffer> buffers_;
};

// Runs start(chunk, lane) for each chunk, then finish(chunk) in chunk order once everything that
// start enqueued is done. No rows: no chunk. On failure nothing of it is running any more.
template <class Launcher, class Start, class Finish>
Status run_chunks(DeviceRun& run, std::size_t rows, Start&& start, Finish&& finish) {
  if (rows == 0) return Status::ok();
  const std::size_t step = run.chunk_rows(rows);
  const std::size_t chunks = (rows + step - 1) / step;
  const std::size_t lanes = std::min<std::size_t>(chunks, kLanesMax);
  std::vector<std::unique_ptr<Lane<Launcher>>> lane(lanes);
  for (unsigned number = 0; auto& one : lane) {
    WEIR_ASSIGN(device::Stream* const stream, run.stream(number++));
    one = std::make_unique<Lane<Launcher>>(run, *stream);
  }
  std::array<Chunk, kLanesMax> running;
  const auto complete = [&](const Chunk& chunk) -> Status {
    WEIR_TRY(run.finish(*lane[chunk.lane]));
    WEIR_TRY(finish(chunk));
    return run.chunk_done(chunk);
  };
  for (std::size_t i = 0; i < chunks; ++i) {
    const auto at = static_cast<unsigned>(i % lanes);
    if (i >= lanes) WEIR_TRY(complete(running[at]));
    running[at] = {i, i * step, std::min(rows, (i + 1) * step), at};
    WEIR_TRY(run.begin(*lane[at]));
    WEIR_TRY(start(running[at], *lane[at]));
  }
  for (std::size_t i = chunks - lanes; i < chunks; ++i) WEIR_TRY(complete(running[i % lanes]));
  return Status::ok();
}

}  // namespace weir::ops
