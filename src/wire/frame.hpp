// Frames: the native protocol. A 64-byte header, then count x 128-byte events (or x 64-byte
// verdicts), then the side area; payloads may be compressed and authenticated.
//
//   FrameWriter writer({.codec = Codec::kLz4, .key = key});
//   WEIR_TRY(writer.events(batch.events, batch.side, {.producer_id = 7, .producer_seq = 1}, out));
//
//   FrameParser parser({.key = key});
//   parser.feed(bytes);
//   Frame frame;
//   while (true) {
//     WEIR_ASSIGN(const bool found, parser.next(frame));   // on an error: answer, then close
//     if (!found) break;
//   }
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/event.hpp"
#include "wire/verdict.hpp"

namespace weir::wire {

inline constexpr std::uint32_t kFrameMagic = 0x52494557;  // "WEIR"
inline constexpr std::uint16_t kFrameVersion = 1;
inline constexpr std::uint32_t kFramePayloadMax = 16U << 20;
inline constexpr std::size_t kFrameHeaderBytes = 64;

enum class Codec : std::uint8_t { kNone = 0, kLz4 = 1, kZstd = 2 };

enum class FrameKind : std::uint8_t {
  kHello = 1,
  kHelloAck = 2,
  kEvents = 3,
  kVerdicts = 4,
  kError = 5,
  kCredit = 6,
  kPing = 7,
  kPong = 8,
};

struct FrameHeader {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t header_bytes;
  std::uint32_t count;         // events or verdicts; 0 for the other kinds
  std::uint32_t stored_bytes;  // of the payload as sent
  std::uint32_t raw_bytes;     // of the payload decompressed
  Codec codec;
  std::uint8_t one;
  FrameKind kind;
  std::uint8_t ack;  // 0 received, 1 decided, 2 committed, 3 final
  std::uint64_t producer_id;
  std::uint64_t producer_seq;
  std::uint64_t checksum;  // XXH3-64 of bytes 0-39, 48-63 and the stored payload
  std::array<std::uint8_t, 16>
      tag;  // zero, or HMAC-SHA-256/128 of bytes 0-39 and the stored payload
};
static_assert(sizeof(FrameHeader) == kFrameHeaderBytes);

using FrameKey = std::vector<std::uint8_t>;  // empty: no tag is written, none is asked for

// Who sends, and what is asked for.
struct FrameAddress {
  std::uint64_t producer_id = 0;
  std::uint64_t producer_seq = 0;
  std::uint8_t ack = 2;
};

// A frame whose header, checksum, tag and size are already checked. Views point into the parser.
struct Frame {
  FrameHeader header;
  Bytes payload;  // decompressed

  std::span<const Event> events() const;      // kind events
  Bytes side() const;                         // kind events: what follows the records
  std::span<const Verdict> verdicts() const;  // kind verdicts
};

// The body of kHelloAck.
struct HelloAck {
  std::uint64_t credit_bytes;
  std::uint64_t committed_seq;  // the last producer_seq that is durable
};

// The body of kError: code is a Refusal, the rest of the payload is the message.
struct FrameError {
  Refusal refusal;
  std::string message;
};

// Builds frames. Keeps its compression scratch; one per thread.
class FrameWriter {
 public:
  struct Options {
    Codec codec = Codec::kNone;
    int zstd_level = 1;
    FrameKey key{};
  };
  explicit FrameWriter(Options options);
  ~FrameWriter();
  FrameWriter(FrameWriter&&) noexcept;
  FrameWriter& operator=(FrameWriter&&) noexcept;

  // Each appends one frame to `out`. Errors: out_of_range/frame_size if the count is not 1 to
  // 65,536 or the payload is above 16 MiB.
  Status events(std::span<const Event> events, Bytes side, const FrameAddress& address,
                std::vector<std::uint8_t>& out);
  Status verdicts(std::span<const Verdict> verdicts, const FrameAddress& address,
                  std::vector<std::uint8_t>& out);
  // Any other kind, sent uncompressed.
  Status control(FrameKind kind, Bytes payload, const FrameAddress& address,
                 std::vector<std::uint8_t>& out);
  Status hello_ack(const HelloAck& body, const FrameAddress& address,
                   std::vector<std::uint8_t>& out);
  Status error(Refusal refusal, std::string_view message, const FrameAddress& address,
               std::vector<std::uint8_t>& out);

 private:
  struct Codecs;
  Status finish(FrameHeader header, std::size_t begin, Codec codec, std::vector<std::uint8_t>& out);
  Options options_;
  std::unique_ptr<Codecs> codecs_;
};

// Cuts a byte stream into frames. After an error the connection is to be closed. One per
// connection.
class FrameParser {
 public:
  struct Options {
    FrameKey key{};
    std::uint32_t payload_max = kFramePayloadMax;
  };
  explicit FrameParser(Options options);
  ~FrameParser();
  FrameParser(FrameParser&&) noexcept;
  FrameParser& operator=(FrameParser&&) noexcept;

  // Appends received bytes. Invalidates the last frame's views.
  void feed(Bytes bytes);
  // Returns room for at least `size` bytes to receive into; commit() says how many came.
  std::span<std::uint8_t> prepare(std::size_t size);
  void commit(std::size_t size);
  // Takes the next whole frame; false if more bytes are needed. Errors carry the field's name:
  // frame_version (magic, version), frame_size (header_bytes, count, stored_bytes, raw_bytes,
  // codec, kind, ack), frame_checksum (checksum), frame_tag (tag).
  Result<bool> next(Frame& frame);
  // Returns the bytes that wait for the rest of their frame.
  std::size_t waiting() const { return end_ - begin_; }

 private:
  struct Codecs;
  Status decompress(const FrameHeader& header, Bytes stored);
  Options options_;
  std::vector<std::uint64_t> buffer_;  // u64: events are used in place, aligned
  std::size_t begin_ = 0;              // bytes
  std::size_t end_ = 0;
  std::vector<std::uint64_t> raw_;  // the decompressed payload
  std::unique_ptr<Codecs> codecs_;
};

// Returns the first problem of a header alone, in the order of its fields.
Status check_frame_header(const FrameHeader& header, std::uint32_t payload_max);
// Parse bodies. Errors: frame_size.
Result<HelloAck> parse_hello_ack(const Frame& frame);
Result<FrameError> parse_error(const Frame& frame);

}  // namespace weir::wire
