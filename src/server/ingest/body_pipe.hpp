// BodyPipe: an upload's body between the I/O thread that receives it and the upload thread that
// reads it. Bounded: a full pipe pauses the socket, an empty one blocks the reader.
//
//   auto pipe = std::make_shared<BodyPipe>();           // returned as the BodySink
//   std::unique_ptr<wire::ByteStream> bytes = BodyPipe::reader(pipe);
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "server/http/stream.hpp"
#include "wire/byte_stream.hpp"

namespace weir::server {

class BodyPipe final : public BodySink {
 public:
  explicit BodyPipe(std::size_t bytes_max = 4 << 20) : bytes_max_(bytes_max) {}

  void attached(std::function<void()> resume) override;
  bool on_data(std::string_view piece) override;
  void on_end() override;
  void on_abort() override;

  // Blocks until bytes are there; 0 at the end; cancelled (client_left) after an abort.
  Result<std::size_t> read(std::span<std::uint8_t> out);
  // Returns the pipe as a stream that keeps it alive.
  static std::unique_ptr<wire::ByteStream> reader(std::shared_ptr<BodyPipe> pipe);

 private:
  enum class End : std::uint8_t { kOpen, kWhole, kAborted };
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string bytes_;      // guarded by mutex_, as all below
  std::size_t begin_ = 0;  // of what is not read yet
  bool paused_ = false;
  End end_ = End::kOpen;
  std::function<void()> resume_;
};

}  // namespace weir::server
