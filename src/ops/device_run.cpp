#include "ops/device_run.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace weir::ops {
namespace {

constexpr std::size_t kAlignment = 256;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

Result<device::Stream*> LaneSet::stream(unsigned lane) {
  std::optional<device::Stream>& stream = streams_[lane];
  if (!stream) {
    WEIR_ASSIGN(device::Stream made, device_.create_stream(staging_.get()));
    stream = std::move(made);
  }
  return &*stream;
}

void LaneSet::drop_streams() {
  for (auto& stream : streams_) stream.reset();
}

// The memory goes back behind the work that uses it; then the stream is as it was found.
LaneBase::~LaneBase() {
  overflow_.clear();
  memory_ = {};
  stream_.drain();
}

Status LaneBase::begin() {
  if (run_.plan_.watch != nullptr) WEIR_TRY(run_.plan_.watch->why());
  host_.clear();
  overflow_.clear();
  used_ = 0;
  const std::size_t bytes = run_.plan_.lane_bytes;
  if (!memory_ && bytes != 0) {
    WEIR_ASSIGN(reservation_,
                run_.device_.reserve(bytes, device::Tag::kScratch, run_.plan_.priority));
    const std::size_t stack = std::min(bytes, run_.device_.limits().scratch_bytes);
    WEIR_ASSIGN(memory_, run_.device_.allocate(stack, reservation_, stream_));
  }
  if (run_.shared_ != nullptr) WEIR_TRY(stream_.wait(run_.shared_ready_));
  return Status::ok();
}

Status LaneBase::synchronize() {
  return stream_.synchronize(run_.hung_at());
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

// A stack that is emptied at the start of each chunk; what does not fit comes from the pool, out of
// what the lane has reserved as long as that lasts.
Result<void*> LaneBase::scratch_bytes(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const std::size_t size = aligned(bytes);
  if (memory_ && size <= memory_.bytes() - used_) {
    void* const memory = static_cast<std::byte*>(memory_.data()) + used_;
    used_ += size;
    return memory;
  }
  run_.device_.count_scratch_overflow();
  device::Reservation more;
  const bool reserved = bytes <= reservation_.bytes() - reservation_.drawn();
  if (!reserved) {
    WEIR_ASSIGN(more, run_.device_.reserve(bytes, device::Tag::kScratch, run_.plan_.priority));
  }
  WEIR_ASSIGN(device::Buffer buffer,
              run_.device_.allocate(bytes, reserved ? reservation_ : more, stream_));
  void* const memory = buffer.data();
  overflow_.push_back(std::move(buffer));
  return memory;
}

std::byte* LaneBase::host_bytes(std::size_t bytes) {
  host_.push_back(std::make_unique<std::byte[]>(bytes));
  return host_.back().get();
}

DeviceRun::~DeviceRun() {
  buffers_.clear();
  held_.clear();
  if (shared_ != nullptr) shared_->drain();
}

Status DeviceRun::shared_stream() {
  if (shared_ != nullptr) return Status::ok();
  WEIR_ASSIGN(shared_ready_, device_.create_event());
  WEIR_ASSIGN(shared_, lanes_.stream(0));
  return Status::ok();
}

Result<const void*> DeviceRun::find_copy(const void* array, std::size_t bytes) {
  if (copies_ == nullptr || bytes == 0) return nullptr;
  WEIR_TRY(shared_stream());
  WEIR_ASSIGN(DeviceCopies::Copy copy, copies_->find(array, bytes, plan_.priority, *shared_));
  if (copy.data == nullptr) return nullptr;
  traffic_.bytes_up += copy.bytes_up;
  held_.push_back(std::move(copy.hold));
  WEIR_TRY(shared_->record(shared_ready_));
  return copy.data;
}

Status DeviceRun::copy_up(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return Status::ok();
  traffic_.bytes_up += bytes;
  WEIR_TRY(shared_->upload(to, from, bytes));
  return shared_->record(shared_ready_);
}

Result<void*> DeviceRun::allocate_bytes(std::size_t bytes, std::uint8_t byte) {
  WEIR_TRY(shared_stream());
  if (bytes == 0) return nullptr;
  WEIR_ASSIGN(device::Reservation reservation,
              device_.reserve(bytes, device::Tag::kScratch, plan_.priority));
  WEIR_ASSIGN(device::Buffer buffer, device_.allocate(bytes, reservation, *shared_));
  void* const memory = buffer.data();
  buffers_.push_back(std::move(buffer));
  WEIR_TRY(shared_->fill(memory, byte, bytes));
  WEIR_TRY(shared_->record(shared_ready_));
  return memory;
}

Status DeviceRun::fetch_bytes(void* to, const void* from, std::size_t bytes) {
  WEIR_TRY(shared_stream());
  if (bytes == 0) return Status::ok();
  traffic_.bytes_down += bytes;
  WEIR_TRY(shared_->download(to, from, bytes));
  return shared_->synchronize(hung_at());
}

device::Deadline DeviceRun::hung_at() const {
  constexpr double kSlower = 20;
  constexpr double kNsPerSecond = 1e9;
  device::Deadline at = device_.deadline_or_default({});
  const auto patient_ns =
      static_cast<std::int64_t>(kSlower * kNsPerSecond * plan_.predicted_seconds);
  at.mono_ns = std::max(at.mono_ns, device_.clock().mono_ns() + patient_ns);
  return at;
}

Status DeviceRun::chunk_done(const Chunk& chunk) {
  ++traffic_.chunks;
  if (plan_.callback != nullptr && *plan_.callback && !(*plan_.callback)(chunk)) {
    return Status(Code::kCancelled, "cancelled", "stopped after row " + std::to_string(chunk.end));
  }
  return Status::ok();
}

}  // namespace weir::ops
