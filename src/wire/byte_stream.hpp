// ByteStream: bytes in order from a file, from memory, or out of gzip or zstd.
//
//   WEIR_ASSIGN(StoredBytes stored, StoredBytes::open("transactions.csv.gz"));
//   stored.fingerprint();                                      // of the bytes as stored
//   std::unique_ptr<ByteStream> text = std::move(stored).decompress();   // by magic bytes
//   WEIR_ASSIGN(const std::size_t got, text->read(buffer));    // 0 at the end
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"

namespace weir::wire {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Reads up to out.size() bytes; 0 only at the end. Errors: errno of the file;
  // invalid_argument/compressed_data for a broken gzip or zstd stream.
  virtual Result<std::size_t> read(std::span<std::uint8_t> out) = 0;
};

std::unique_ptr<ByteStream> memory_stream(
    Bytes bytes);  // a view: the bytes must outlive the stream
Result<std::unique_ptr<ByteStream>> file_stream(const std::string& path);
// Members and frames that follow each other are read as one.
std::unique_ptr<ByteStream> gzip_stream(std::unique_ptr<ByteStream> from);
std::unique_ptr<ByteStream> zstd_stream(std::unique_ptr<ByteStream> from);

// What a file is recognised by when an import is resumed.
struct FileFingerprint {
  Digest head{};           // SHA-256 of the first MiB as stored
  std::uint64_t size = 0;  // bytes as stored; 0 if unknown (a stream)
  bool operator==(const FileFingerprint&) const = default;
};

// A stored source whose first MiB has been looked at.
class StoredBytes {
 public:
  static Result<StoredBytes> open(const std::string& path);
  static Result<StoredBytes> from(std::unique_ptr<ByteStream> stream, std::uint64_t size = 0);
  const FileFingerprint& fingerprint() const { return fingerprint_; }
  // Returns the plain bytes from the start: through gzip or zstd if the magic bytes say so.
  std::unique_ptr<ByteStream> decompress() &&;

 private:
  std::unique_ptr<ByteStream> stream_;
  std::vector<std::uint8_t> head_;
  FileFingerprint fingerprint_;
};

}  // namespace weir::wire
