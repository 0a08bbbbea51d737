#include "wire/byte_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"

namespace weir::wire {
namespace {

constexpr std::size_t kHeadBytes = std::size_t{1} << 20;
constexpr std::size_t kInputBytes = std::size_t{256} << 10;

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(Bytes bytes) : rest_(bytes) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    const std::size_t size = std::min(out.size(), rest_.size());
    if (size != 0) std::memcpy(out.data(), rest_.data(), size);
    rest_ = rest_.subspan(size);
    return size;
  }

 private:
  Bytes rest_;
};

class FileStream final : public ByteStream {
 public:
  FileStream(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;
  ~FileStream() override { ::close(descriptor_); }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    while (true) {
      const ssize_t got = ::read(descriptor_, out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return fail(errno_status("read", path_, errno));
    }
  }

 private:
  int descriptor_;
  std::string path_;
};

// The bytes already looked at, then the rest.
class HeadedStream final : public ByteStream {
 public:
  HeadedStream(std::vector<std::uint8_t> head, std::unique_ptr<ByteStream> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    if (at_ == head_.size()) return rest_->read(out);
    const std::size_t size = std::min(out.size(), head_.size() - at_);
    std::memcpy(out.data(), head_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  std::vector<std::uint8_t> head_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteStream> rest_;
};

Status broken(const char* format, const char* why) {
  return invalid_argument("compressed_data", std::string(format) + " stream: " + why)
      .hint("the bytes are damaged or were cut off; send or copy them again");
}

// Holds the compressed bytes that wait to be decompressed.
class Input {
 public:
  explicit Input(std::unique_ptr<ByteStream> from) : from_(std::move(from)), bytes_(kInputBytes) {}
  // Refills an empty window; false at the end.
  Result<bool> fill() {
    if (begin_ != end_) return true;
    WEIR_ASSIGN(const std::size_t got, from_->read(bytes_));
    begin_ = 0;
    end_ = got;
    return got != 0;
  }
  std::uint8_t* data() { return bytes_.data() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  void consume(std::size_t size) { begin_ += size; }

 private:
  std::unique_ptr<ByteStream> from_;
  std::vector<std::uint8_t> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteStream> from) : input_(std::move(from)) {
    CHECK_EQ(inflateInit2(&state_, 15 + 16), Z_OK);
  }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream() override { inflateEnd(&state_); }

  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    state_.next_out = out.data();
    state_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30));
    const uInt room = state_.avail_out;
    while (state_.avail_out == room && room != 0) {
      WEIR_ASSIGN(const bool more, input_.fill());
      if (!more) {
        if (inside_) return fail(broken("gzip", "it ends early"));
        return std::size_t{0};
      }
      if (!inside_) inflateReset(&state_);
      inside_ = true;
      state_.next_in = input_.data();
      state_.avail_in = static_cast<uInt>(input_.size());
      const int code = inflate(&state_, Z_NO_FLUSH);
      input_.consume(input_.size() - state_.avail_in);
      if (code == Z_STREAM_END)
        inside_ = false;
      else if (code != Z_OK && code != Z_BUF_ERROR)
        return fail(broken("gzip", state_.msg != nullptr ? state_.msg : "it is damaged"));
    }
    return std::size_t{room - state_.avail_out};
  }

 private:
  Input input_;
  z_stream state_{};
  bool inside_ = false;
};

class ZstdStream final : public ByteStream {
 public:
  explicit ZstdStream(std::unique_ptr<ByteStream> from)
      : input_(std::move(from)), state_(ZSTD_createDCtx()) {
    CHECK(state_ != nullptr);
    ZSTD_DCtx_setParameter(state_, ZSTD_d_windowLogMax, 27);
  }
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;
  ~ZstdStream() override { ZSTD_freeDCtx(state_); }

  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos == 0 && to.size != 0) {
      WEIR_ASSIGN(const bool more, input_.fill());
      if (!more && !inside_) return std::size_t{0};
      ZSTD_inBuffer in{input_.data(), input_.size(), 0};
      const std::size_t code = ZSTD_decompressStream(state_, &to, &in);
      if (ZSTD_isError(code)) return fail(broken("zstd", ZSTD_getErrorName(code)));
      input_.consume(in.pos);
      inside_ = code != 0;
      if (!more && to.pos == 0) return fail(broken("zstd", "it ends early"));
    }
    return to.pos;
  }

 private:
  Input input_;
  ZSTD_DCtx* state_;
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> memory_stream(Bytes bytes) {
  return std::make_unique<MemoryStream>(bytes);
}

Result<std::unique_ptr<ByteStream>> file_stream(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return fail(errno_status("open", path, errno));
  return std::unique_ptr<ByteStream>(std::make_unique<FileStream>(descriptor, path));
}

std::unique_ptr<ByteStream> gzip_stream(std::unique_ptr<ByteStream> from) {
  return std::make_unique<GzipStream>(std::move(from));
}

std::unique_ptr<ByteStream> zstd_stream(std::unique_ptr<ByteStream> from) {
  return std::make_unique<ZstdStream>(std::move(from));
}

Result<StoredBytes> StoredBytes::open(const std::string& path) {
  WEIR_ASSIGN(std::unique_ptr<ByteStream> stream, file_stream(path));
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(errno_status("stat", path, errno));
  return from(std::move(stream), static_cast<std::uint64_t>(info.st_size));
}

Result<StoredBytes> StoredBytes::from(std::unique_ptr<ByteStream> stream, std::uint64_t size) {
  StoredBytes stored;
  stored.head_.resize(kHeadBytes);
  std::size_t filled = 0;
  while (filled < kHeadBytes) {
    WEIR_ASSIGN(const std::size_t got, stream->read(std::span(stored.head_).subspan(filled)));
    if (got == 0) break;
    filled += got;
  }
  stored.head_.resize(filled);
  stored.fingerprint_ = {sha256(stored.head_), size};
  stored.stream_ = std::move(stream);
  return stored;
}

std::unique_ptr<ByteStream> StoredBytes::decompress() && {
  const auto starts_with = [&](Bytes magic) {
    return head_.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head_.begin());
  };
  static constexpr std::uint8_t kGzip[] = {0x1F, 0x8B};
  static constexpr std::uint8_t kZstd[] = {0x28, 0xB5, 0x2F, 0xFD};
  const bool gzip = starts_with(kGzip);
  const bool zstd = starts_with(kZstd);
  std::unique_ptr<ByteStream> whole =
      std::make_unique<HeadedStream>(std::move(head_), std::move(stream_));
  if (gzip) return gzip_stream(std::move(whole));
  if (zstd) return zstd_stream(std::move(whole));
  return whole;
}

}  // namespace weir::wire
