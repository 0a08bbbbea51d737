#include "ops/device_run.hpp"

#include <string>
#include <utility>

namespace weir::ops {
namespace {

constexpr std::size_t kAlignment = 256;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

Status LaneBase::begin() {
  host_.clear();
  overflow_.clear();
  used_ = 0;
  if (!memory_ && run_.plan_.lane_bytes != 0) {
    WEIR_ASSIGN(
        device::Reservation reservation,
        run_.device_.reserve(run_.plan_.lane_bytes, device::Tag::kScratch, run_.plan_.priority));
    WEIR_ASSIGN(memory_, run_.device_.allocate(run_.plan_.lane_bytes, reservation, stream_));
  }
  if (run_.has_shared_) WEIR_TRY(stream_.wait(run_.shared_ready_));
  return Status::ok();
}

Status LaneBase::synchronize() {
  return stream_.synchronize(run_.plan_.deadline);
}

void LaneBase::count_launch() {
  ++run_.traffic_.launches;
}

Status LaneBase::copy_up(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return Status::ok();
  run_.traffic_.bytes_up += bytes;
  return stream_.upload(to, from, bytes);
}

Status LaneBase::copy_down(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return Status::ok();
  run_.traffic_.bytes_down += bytes;
  return stream_.download(to, from, bytes);
}

// A stack that is emptied at the start of each chunk; what does not fit comes from the pool.
Result<void*> LaneBase::scratch_bytes(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const std::size_t size = aligned(bytes);
  if (memory_ && size <= memory_.bytes() - used_) {
    void* const memory = static_cast<std::byte*>(memory_.data()) + used_;
    used_ += size;
    return memory;
  }
  run_.device_.count_scratch_overflow();
  WEIR_ASSIGN(device::Reservation reservation,
              run_.device_.reserve(bytes, device::Tag::kScratch, run_.plan_.priority));
  WEIR_ASSIGN(device::Buffer buffer, run_.device_.allocate(bytes, reservation, stream_));
  void* const memory = buffer.data();
  overflow_.push_back(std::move(buffer));
  return memory;
}

std::byte* LaneBase::host_bytes(std::size_t bytes) {
  host_.push_back(std::make_unique<std::byte[]>(bytes));
  return host_.back().get();
}

DeviceRun::~DeviceRun() {
  if (has_shared_) static_cast<void>(shared_.synchronize(plan_.deadline));
}

Status DeviceRun::shared_stream() {
  if (has_shared_) return Status::ok();
  WEIR_ASSIGN(shared_, create_stream());
  WEIR_ASSIGN(shared_ready_, device_.create_event());
  has_shared_ = true;
  return Status::ok();
}

Status DeviceRun::copy_up(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return Status::ok();
  traffic_.bytes_up += bytes;
  WEIR_TRY(shared_.upload(to, from, bytes));
  return shared_.record(shared_ready_);
}

Result<void*> DeviceRun::allocate_bytes(std::size_t bytes, std::uint8_t byte) {
  WEIR_TRY(shared_stream());
  if (bytes == 0) return nullptr;
  WEIR_ASSIGN(device::Reservation reservation,
              device_.reserve(bytes, device::Tag::kScratch, plan_.priority));
  WEIR_ASSIGN(device::Buffer buffer, device_.allocate(bytes, reservation, shared_));
  void* const memory = buffer.data();
  buffers_.push_back(std::move(buffer));
  WEIR_TRY(shared_.fill(memory, byte, bytes));
  WEIR_TRY(shared_.record(shared_ready_));
  return memory;
}

Status DeviceRun::fetch_bytes(void* to, const void* from, std::size_t bytes) {
  WEIR_TRY(shared_stream());
  if (bytes == 0) return Status::ok();
  traffic_.bytes_down += bytes;
  WEIR_TRY(shared_.download(to, from, bytes));
  return shared_.synchronize(plan_.deadline);
}

Status DeviceRun::chunk_done(const Chunk& chunk) {
  ++traffic_.chunks;
  if (plan_.callback != nullptr && *plan_.callback && !(*plan_.callback)(chunk)) {
    return Status(Code::kCancelled, "cancelled", "stopped after row " + std::to_string(chunk.end));
  }
  return Status::ok();
}

}  // namespace weir::ops
