#include "wire/frame.hpp"

#define XXH_INLINE_ALL
#include <lz4.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <string>

#include "base/check.hpp"

namespace weir::wire {
namespace {

constexpr std::size_t kSignedHeader = 40;  // bytes of the header before the checksum
constexpr std::size_t kTagOffset = 48;
constexpr std::uint8_t kAckMax = 3;

std::uint64_t checksum_of(const std::uint8_t* header, Bytes stored) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, header, kSignedHeader);
  XXH3_64bits_update(&state, header + kTagOffset, 16);
  XXH3_64bits_update(&state, stored.data(), stored.size());
  return XXH3_64bits_digest(&state);
}

// Returns HMAC-SHA-256 cut to 128 bits over header bytes 0-39 and the stored payload.
std::array<std::uint8_t, 16> tag_of(const FrameKey& key, const std::uint8_t* header, Bytes stored) {
  struct Free {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  };
  const std::unique_ptr<EVP_MAC, Free> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  CHECK(mac != nullptr);
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_new(mac.get()));
  char digest_name[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM{"digest", OSSL_PARAM_UTF8_STRING, digest_name, 6, OSSL_PARAM_UNMODIFIED},
      OSSL_PARAM{nullptr, 0, nullptr, 0, 0}};
  std::array<std::uint8_t, 32> full{};
  std::size_t size = 0;
  CHECK_EQ(EVP_MAC_init(context.get(), key.data(), key.size(), parameters), 1);
  CHECK_EQ(EVP_MAC_update(context.get(), header, kSignedHeader), 1);
  CHECK_EQ(EVP_MAC_update(context.get(), stored.data(), stored.size()), 1);
  CHECK_EQ(EVP_MAC_final(context.get(), full.data(), &size, full.size()), 1);
  std::array<std::uint8_t, 16> tag{};
  std::copy_n(full.begin(), tag.size(), tag.begin());
  return tag;
}

// Takes the same time wherever the difference is.
bool same_tag(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b) {
  unsigned different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) different |= static_cast<unsigned>(a[i] ^ b[i]);
  return different == 0;
}

Status bad(Refusal refusal, std::string_view field, std::string message) {
  return invalid_argument(refusal_name(refusal), std::move(message)).at(field);
}

bool has_records(FrameKind kind) {
  return kind == FrameKind::kEvents || kind == FrameKind::kVerdicts;
}

std::uint64_t record_bytes(const FrameHeader& header) {
  if (header.kind == FrameKind::kEvents) return std::uint64_t{header.count} * sizeof(Event);
  if (header.kind == FrameKind::kVerdicts) return std::uint64_t{header.count} * sizeof(Verdict);
  return 0;
}

FrameHeader header_of(FrameKind kind, std::size_t count, const FrameAddress& address) {
  FrameHeader header{};
  header.magic = kFrameMagic;
  header.version = kFrameVersion;
  header.header_bytes = kFrameHeaderBytes;
  header.count = static_cast<std::uint32_t>(count);
  header.one = 1;
  header.kind = kind;
  header.ack = address.ack;
  header.producer_id = address.producer_id;
  header.producer_seq = address.producer_seq;
  return header;
}

void append(std::vector<std::uint8_t>& out, const void* data, std::size_t size) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  out.insert(out.end(), from, from + size);
}

Status check_counts(const FrameHeader& header, std::uint32_t payload_max) {
  const std::uint32_t least = has_records(header.kind) ? 1 : 0;
  const std::uint32_t most = has_records(header.kind) ? kBatchEventsMax : 0;
  if (header.count < least || header.count > most)
    return bad(Refusal::kFrameSize, "count", "count is " + std::to_string(header.count));
  if (header.stored_bytes > payload_max)
    return bad(Refusal::kFrameSize, "stored_bytes",
               "stored_bytes is " + std::to_string(header.stored_bytes));
  if (header.raw_bytes > payload_max || header.raw_bytes < record_bytes(header) ||
      (header.kind == FrameKind::kVerdicts && header.raw_bytes != record_bytes(header)) ||
      (header.codec == Codec::kNone && header.raw_bytes != header.stored_bytes))
    return bad(Refusal::kFrameSize, "raw_bytes",
               "raw_bytes is " + std::to_string(header.raw_bytes));
  return Status::ok();
}

}  // namespace

Status check_frame_header(const FrameHeader& header, std::uint32_t payload_max) {
  if (header.magic != kFrameMagic)
    return bad(Refusal::kFrameVersion, "magic", "this is not a frame");
  if (header.version != kFrameVersion)
    return bad(Refusal::kFrameVersion, "version", "version is " + std::to_string(header.version));
  if (header.header_bytes != kFrameHeaderBytes)
    return bad(Refusal::kFrameSize, "header_bytes",
               "header_bytes is " + std::to_string(header.header_bytes));
  const auto kind = static_cast<unsigned>(header.kind);
  if (kind < static_cast<unsigned>(FrameKind::kHello) ||
      kind > static_cast<unsigned>(FrameKind::kPong))
    return bad(Refusal::kFrameSize, "kind", "there is no frame kind " + std::to_string(kind));
  WEIR_TRY(check_counts(header, payload_max));
  if (header.codec > Codec::kZstd)
    return bad(Refusal::kFrameSize, "codec",
               "there is no codec " + std::to_string(static_cast<unsigned>(header.codec)));
  if (header.one != 1) return bad(Refusal::kFrameSize, "one", "byte 21 must be 1");
  if (header.ack > kAckMax)
    return bad(Refusal::kFrameSize, "ack", "there is no ack " + std::to_string(header.ack));
  return Status::ok();
}

std::span<const Event> Frame::events() const {
  CHECK(header.kind == FrameKind::kEvents);
  return {reinterpret_cast<const Event*>(payload.data()), header.count};
}

Bytes Frame::side() const {
  CHECK(header.kind == FrameKind::kEvents);
  return payload.subspan(record_bytes(header));
}

std::span<const Verdict> Frame::verdicts() const {
  CHECK(header.kind == FrameKind::kVerdicts);
  return {reinterpret_cast<const Verdict*>(payload.data()), header.count};
}

// ---- writing ----

struct FrameWriter::Codecs {
  ZSTD_CCtx* zstd = nullptr;
  std::vector<std::uint8_t> raw;
  ~Codecs() { ZSTD_freeCCtx(zstd); }
};

FrameWriter::FrameWriter(Options options)
    : options_(std::move(options)), codecs_(std::make_unique<Codecs>()) {}
FrameWriter::~FrameWriter() = default;
FrameWriter::FrameWriter(FrameWriter&&) noexcept = default;
FrameWriter& FrameWriter::operator=(FrameWriter&&) noexcept = default;

// The raw payload stands in out[begin + 64 ...]; compresses, signs and writes the header before it.
Status FrameWriter::finish(FrameHeader header, std::size_t begin, Codec codec,
                           std::vector<std::uint8_t>& out) {
  const std::size_t payload = begin + kFrameHeaderBytes;
  const std::size_t raw_bytes = out.size() - payload;
  if (raw_bytes > kFramePayloadMax) {
    out.resize(begin);
    return out_of_range("frame_size", "a frame holds 16 MiB, this one would hold " +
                                          std::to_string(raw_bytes) + " bytes");
  }
  header.raw_bytes = static_cast<std::uint32_t>(raw_bytes);
  header.codec = codec;
  if (codec != Codec::kNone) {
    codecs_->raw.assign(out.begin() + static_cast<std::ptrdiff_t>(payload), out.end());
    const char* from = reinterpret_cast<const char*>(codecs_->raw.data());
    std::size_t stored = 0;
    if (codec == Codec::kLz4) {
      const int bound = LZ4_compressBound(static_cast<int>(raw_bytes));
      out.resize(payload + static_cast<std::size_t>(bound));
      stored = static_cast<std::size_t>(LZ4_compress_default(
          from, reinterpret_cast<char*>(out.data() + payload), static_cast<int>(raw_bytes), bound));
    } else {
      if (codecs_->zstd == nullptr) codecs_->zstd = ZSTD_createCCtx();
      out.resize(payload + ZSTD_compressBound(raw_bytes));
      stored = ZSTD_compressCCtx(codecs_->zstd, out.data() + payload, out.size() - payload, from,
                                 raw_bytes, options_.zstd_level);
      CHECK(!ZSTD_isError(stored));
    }
    // What does not shrink is sent as it is.
    if (stored == 0 || stored >= raw_bytes) {
      header.codec = Codec::kNone;
      std::copy(codecs_->raw.begin(), codecs_->raw.end(),
                out.begin() + static_cast<std::ptrdiff_t>(payload));
      stored = raw_bytes;
    }
    out.resize(payload + stored);
  }
  const Bytes stored = Bytes(out).subspan(payload);
  header.stored_bytes = static_cast<std::uint32_t>(stored.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&header);
  if (!options_.key.empty()) header.tag = tag_of(options_.key, bytes, stored);
  header.checksum = checksum_of(bytes, stored);
  store(out.data() + begin, header);
  return Status::ok();
}

Status FrameWriter::events(std::span<const Event> events, Bytes side, const FrameAddress& address,
                           std::vector<std::uint8_t>& out) {
  if (events.empty() || events.size() > kBatchEventsMax)
    return out_of_range("frame_size",
                        "a frame holds 1 to 65,536 events, not " + std::to_string(events.size()));
  const std::size_t begin = out.size();
  out.resize(begin + kFrameHeaderBytes);
  append(out, events.data(), events.size_bytes());
  append(out, side.data(), side.size());
  return finish(header_of(FrameKind::kEvents, events.size(), address), begin, options_.codec, out);
}

Status FrameWriter::verdicts(std::span<const Verdict> verdicts, const FrameAddress& address,
                             std::vector<std::uint8_t>& out) {
  if (verdicts.empty() || verdicts.size() > kBatchEventsMax)
    return out_of_range(
        "frame_size", "a frame holds 1 to 65,536 verdicts, not " + std::to_string(verdicts.size()));
  const std::size_t begin = out.size();
  out.resize(begin + kFrameHeaderBytes);
  append(out, verdicts.data(), verdicts.size_bytes());
  return finish(header_of(FrameKind::kVerdicts, verdicts.size(), address), begin, options_.codec,
                out);
}

Status FrameWriter::control(FrameKind kind, Bytes payload, const FrameAddress& address,
                            std::vector<std::uint8_t>& out) {
  CHECK(!has_records(kind));
  const std::size_t begin = out.size();
  out.resize(begin + kFrameHeaderBytes);
  append(out, payload.data(), payload.size());
  return finish(header_of(kind, 0, address), begin, Codec::kNone, out);
}

Status FrameWriter::hello_ack(const HelloAck& body, const FrameAddress& address,
                              std::vector<std::uint8_t>& out) {
  return control(FrameKind::kHelloAck, {reinterpret_cast<const std::uint8_t*>(&body), sizeof body},
                 address, out);
}

Status FrameWriter::error(Refusal refusal, std::string_view message, const FrameAddress& address,
                          std::vector<std::uint8_t>& out) {
  ByteWriter body;
  body.u16(static_cast<std::uint16_t>(refusal));
  body.raw(as_bytes(message));
  return control(FrameKind::kError, body.bytes(), address, out);
}

// ---- reading ----

struct FrameParser::Codecs {
  ZSTD_DCtx* zstd = nullptr;
  ~Codecs() { ZSTD_freeDCtx(zstd); }
};

FrameParser::FrameParser(Options options)
    : options_(std::move(options)), codecs_(std::make_unique<Codecs>()) {}
FrameParser::~FrameParser() = default;
FrameParser::FrameParser(FrameParser&&) noexcept = default;
FrameParser& FrameParser::operator=(FrameParser&&) noexcept = default;

std::span<std::uint8_t> FrameParser::prepare(std::size_t size) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(buffer_.data());
  if (begin_ != 0 && (begin_ == end_ || end_ + size > buffer_.size() * 8)) {
    std::memmove(bytes, bytes + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ + size > buffer_.size() * 8)
    buffer_.resize(std::max(buffer_.size() * 2, (end_ + size + 7) / 8));
  bytes = reinterpret_cast<std::uint8_t*>(buffer_.data());
  return {bytes + end_, buffer_.size() * 8 - end_};
}

void FrameParser::commit(std::size_t size) {
  end_ += size;
  CHECK_LE(end_, buffer_.size() * 8);
}

void FrameParser::feed(Bytes bytes) {
  if (bytes.empty()) return;
  std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

Status FrameParser::decompress(const FrameHeader& header, Bytes stored) {
  // The size was checked against the limit before anything is made for it.
  raw_.resize((std::size_t{header.raw_bytes} + 7) / 8);
  auto* out = reinterpret_cast<char*>(raw_.data());
  std::size_t got = 0;
  if (header.codec == Codec::kLz4) {
    const int size =
        LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()), out,
                            static_cast<int>(stored.size()), static_cast<int>(header.raw_bytes));
    if (size < 0) return bad(Refusal::kFrameSize, "payload", "the lz4 payload is damaged");
    got = static_cast<std::size_t>(size);
  } else {
    if (codecs_->zstd == nullptr) codecs_->zstd = ZSTD_createDCtx();
    got = ZSTD_decompressDCtx(codecs_->zstd, out, header.raw_bytes, stored.data(), stored.size());
    if (ZSTD_isError(got))
      return bad(Refusal::kFrameSize, "payload", "the zstd payload is damaged");
  }
  if (got != header.raw_bytes)
    return bad(Refusal::kFrameSize, "raw_bytes",
               "raw_bytes is " + std::to_string(header.raw_bytes) + ", the payload holds " +
                   std::to_string(got));
  return Status::ok();
}

Result<bool> FrameParser::next(Frame& frame) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(buffer_.data());
  if (end_ - begin_ < kFrameHeaderBytes) return false;
  const auto header = load<FrameHeader>(bytes + begin_);
  WEIR_TRY(check_frame_header(header, options_.payload_max));
  const std::size_t whole = kFrameHeaderBytes + header.stored_bytes;
  if (end_ - begin_ < whole) return false;
  // Payloads of odd size leave the next frame unaligned; records are used in place.
  if (begin_ % 8 != 0) {
    std::memmove(bytes, bytes + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::uint8_t* head = bytes + begin_;
  const Bytes stored{head + kFrameHeaderBytes, header.stored_bytes};
  if (checksum_of(head, stored) != header.checksum)
    return fail(bad(Refusal::kFrameChecksum, "checksum", "the frame was damaged on its way"));
  if (!options_.key.empty() && !same_tag(tag_of(options_.key, head, stored), header.tag))
    return fail(bad(Refusal::kFrameTag, "tag", "the frame is not signed with this producer's key"));
  frame.header = header;
  frame.payload = stored;
  if (header.codec != Codec::kNone) {
    WEIR_TRY(decompress(header, stored));
    frame.payload = {reinterpret_cast<const std::uint8_t*>(raw_.data()), header.raw_bytes};
  }
  begin_ += whole;
  return true;
}

Result<HelloAck> parse_hello_ack(const Frame& frame) {
  if (frame.header.kind != FrameKind::kHelloAck || frame.payload.size() != sizeof(HelloAck))
    return fail(bad(Refusal::kFrameSize, "payload", "this is no hello_ack"));
  return load<HelloAck>(frame.payload.data());
}

Result<FrameError> parse_error(const Frame& frame) {
  if (frame.header.kind != FrameKind::kError || frame.payload.size() < 2)
    return fail(bad(Refusal::kFrameSize, "payload", "this is no error frame"));
  const Bytes message = frame.payload.subspan(2);
  return FrameError{static_cast<Refusal>(load<std::uint16_t>(frame.payload.data())),
                    std::string(message.begin(), message.end())};
}

}  // namespace weir::wire
