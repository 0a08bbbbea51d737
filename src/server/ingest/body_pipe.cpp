#include "server/ingest/body_pipe.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir::server {
namespace {

class PipeStream final : public wire::ByteStream {
 public:
  explicit PipeStream(std::shared_ptr<BodyPipe> pipe) : pipe_(std::move(pipe)) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override { return pipe_->read(out); }

 private:
  std::shared_ptr<BodyPipe> pipe_;
};

}  // namespace

void BodyPipe::attached(std::function<void()> resume) {
  const std::lock_guard lock(mutex_);
  resume_ = std::move(resume);
}

bool BodyPipe::on_data(std::string_view piece) {
  const std::lock_guard lock(mutex_);
  if (begin_ == bytes_.size()) {
    bytes_.clear();
    begin_ = 0;
  }
  bytes_.append(piece);
  paused_ = bytes_.size() - begin_ >= bytes_max_;
  changed_.notify_one();
  return !paused_;
}

void BodyPipe::on_end() {
  const std::lock_guard lock(mutex_);
  end_ = End::kWhole;
  changed_.notify_one();
}

void BodyPipe::on_abort() {
  const std::lock_guard lock(mutex_);
  if (end_ == End::kOpen) end_ = End::kAborted;
  changed_.notify_one();
}

Result<std::size_t> BodyPipe::read(std::span<std::uint8_t> out) {
  std::function<void()> resume;
  std::size_t taken = 0;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begin_ != bytes_.size() || end_ != End::kOpen; });
    if (end_ == End::kAborted)
      return fail(Status(Code::kCancelled, "client_left", "the client left before its body ended"));
    taken = std::min(out.size(), bytes_.size() - begin_);
    std::memcpy(out.data(), bytes_.data() + begin_, taken);
    begin_ += taken;
    if (paused_ && bytes_.size() - begin_ < bytes_max_ / 2) {
      paused_ = false;
      bytes_.erase(0, std::exchange(begin_, 0));
      resume = resume_;
    }
  }
  if (resume) resume();
  return taken;
}

std::unique_ptr<wire::ByteStream> BodyPipe::reader(std::shared_ptr<BodyPipe> pipe) {
  return std::make_unique<PipeStream>(std::move(pipe));
}

}  // namespace weir::server
