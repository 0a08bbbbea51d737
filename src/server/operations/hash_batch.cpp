// hash_batch: SHA-256, or XXH3-64, of many items.
#include "ops/hash/sha256_batch/sha256_batch.hpp"
#include "ops/hash/xxh3_batch/xxh3_batch.hpp"
#include "server/operations/byte_items.hpp"
#include "server/operations/item_stream.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["items"],"properties":{)"
    R"("items":{"type":"array","items":{"type":"string","contentEncoding":"base64"}},)"
    R"("algorithm":{"enum":["sha256","xxh3"],"default":"sha256"}}})";
constexpr std::string_view kExample = R"({"items":["","YWJj"]})";
constexpr std::string_view kOps[] = {"hash.sha256_batch", "hash.xxh3_batch"};

Status run_sha256(OperationCall& call, const ByteItems& items, JsonWriter& result) {
  std::vector<Digest> digests(items.size());
  ops::Sha256Batch::Output out{digests};
  WEIR_TRY(call.run<ops::Sha256Batch>({items.ragged()}, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("digests").begin_array();
  for (const Digest& digest : digests) result.string(to_hex(digest));
  result.end_array().end_object();
  return Status::ok();
}

Status run_xxh3(OperationCall& call, const ByteItems& items, JsonWriter& result) {
  std::vector<std::uint64_t> hashes(items.size());
  ops::Xxh3Batch::Output out{hashes};
  WEIR_TRY(call.run<ops::Xxh3Batch>({items.ragged()}, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("digests").begin_array();
  for (const std::uint64_t hash : hashes) {
    std::uint8_t bytes[8];
    for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(hash >> (56 - 8 * i));
    result.string(to_hex(bytes));
  }
  result.end_array().end_object();
  return Status::ok();
}

Status run(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const std::string algorithm,
              call.params.choice_or({"algorithm"}, "sha256|xxh3", "sha256"));
  WEIR_ASSIGN(const ByteItems items, ByteItems::read(call.params, {"items"}));
  return algorithm == "xxh3" ? run_xxh3(call, items, result) : run_sha256(call, items, result);
}

class HashStream final : public ItemStream {
 public:
  HashStream(OperationCall& call, bool xxh3) : call_(call), xxh3_(xxh3) {}

  Status take(simdjson::dom::element line) override {
    WEIR_ASSIGN(const auto item, read_bytes(line, "an item"));
    items_.add(item);
    return Status::ok();
  }
  std::size_t rows_ready() const override { return items_.size(); }
  std::size_t held_bytes() const override {
    return items_.held_bytes() + kDigestText * items_.size();
  }

 private:
  static constexpr std::size_t kDigestText = 67;
  Status answer(JsonWriter& result) override {
    WEIR_TRY(xxh3_ ? run_xxh3(call_, items_, result) : run_sha256(call_, items_, result));
    items_.clear();
    return Status::ok();
  }

  OperationCall& call_;
  const bool xxh3_;
  ByteItems items_;
};

Result<std::unique_ptr<OperationStream>> open(OperationCall& call, const StreamLimits&) {
  const auto algorithm = call.params.choice_or({"algorithm"}, "sha256|xxh3", "sha256");
  if (!algorithm) return fail(algorithm.error());
  return std::unique_ptr<OperationStream>(std::make_unique<HashStream>(call, *algorithm == "xxh3"));
}

}  // namespace

extern const Operation kHashBatch = {
    "hash_batch", "hashes of many items",          kParameters, kExample, kOps,
    run,          {"an item: a base64 text", open}};

}  // namespace weir::server
