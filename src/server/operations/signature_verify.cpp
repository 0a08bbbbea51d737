// signature_verify: which Ed25519 signatures are valid, and why the others are not.
#include <algorithm>

#include "base/base64.hpp"
#include "ops/hash/ed25519_verify/ed25519_verify.hpp"
#include "server/operations/byte_items.hpp"
#include "server/operations/item_stream.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":)"
    R"({"type":"object","required":["public_key","signature","message"],"properties":{)"
    R"("public_key":{"type":"string","contentEncoding":"base64"},)"
    R"("signature":{"type":"string","contentEncoding":"base64"},)"
    R"("message":{"type":"string","contentEncoding":"base64"}}}}}})";
// The first test of RFC 8032, section 7.1.
constexpr std::string_view kExample =
    R"({"items":[{"public_key":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","signature":)"
    R"("5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==",)"
    R"("message":""}]})";
constexpr std::string_view kOps[] = {"hash.ed25519_verify"};

template <std::size_t N>
Status read_fixed(const Params& item, std::string_view name, const std::string& where,
                  std::array<std::uint8_t, N>& out) {
  WEIR_ASSIGN(const std::string text, item.text({name}));
  auto bytes = parse_base64(text);
  const std::string field = where + "." + std::string(name);
  if (!bytes) return Status(bytes.error()).at(field);
  if (bytes->size() != N) {
    return invalid_argument("length", field + " has " + std::to_string(bytes->size()) +
                                          " bytes, must have " + std::to_string(N))
        .at(field);
  }
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return Status::ok();
}

// Signatures to verify, side by side.
struct Signed {
  std::vector<ops::Ed25519Key> keys = {};
  std::vector<ops::Ed25519Signature> signatures = {};
  ByteItems messages = {};

  Status add(simdjson::dom::element value, const std::string& where) {
    simdjson::dom::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) {
      return invalid_argument("field_type", where + " must be an object").at(where);
    }
    const Params item(object, where + ".");
    ops::Ed25519Key key;
    ops::Ed25519Signature signature;
    WEIR_TRY(read_fixed(item, "public_key", where, key));
    WEIR_TRY(read_fixed(item, "signature", where, signature));
    WEIR_ASSIGN(const std::string text, item.text({"message"}));
    auto message = parse_base64(text);
    if (!message) return Status(message.error()).at(where + ".message");
    keys.push_back(key);
    signatures.push_back(signature);
    messages.add(*message);
    return Status::ok();
  }
};

Status verify(OperationCall& call, const Signed& items, JsonWriter& result) {
  std::vector<ops::Ed25519Verdict> verdicts(items.keys.size());
  ops::Ed25519Verify::Output out{verdicts};
  WEIR_TRY(
      call.run<ops::Ed25519Verify>({items.keys, items.signatures, items.messages.ragged()}, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("valid").begin_array();
  for (const auto verdict : verdicts) result.boolean(verdict == ops::Ed25519Verdict::kValid);
  result.end_array().key("reasons").begin_array();
  for (const auto verdict : verdicts) {
    if (verdict == ops::Ed25519Verdict::kValid) {
      result.null();
    } else {
      result.string(ops::ed25519_verdict_name(verdict));
    }
  }
  result.end_array().end_object();
  return Status::ok();
}

Status run(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const auto array, call.params.array({"items"}));
  Signed items;
  for (const auto value : array) {
    WEIR_TRY(items.add(value, "items[" + std::to_string(items.keys.size()) + "]"));
  }
  return verify(call, items, result);
}

class VerifyStream final : public ItemStream {
 public:
  explicit VerifyStream(OperationCall& call) : call_(call) {}

  Status take(simdjson::dom::element line) override { return items_.add(line, "item"); }
  std::size_t rows_ready() const override { return items_.keys.size(); }
  std::size_t held_bytes() const override {
    return items_.messages.held_bytes() + kFixedBytes * items_.keys.size();
  }

 private:
  static constexpr std::size_t kFixedBytes =
      sizeof(ops::Ed25519Key) + sizeof(ops::Ed25519Signature);
  Status answer(JsonWriter& result) override {
    WEIR_TRY(verify(call_, items_, result));
    items_ = {};
    return Status::ok();
  }

  OperationCall& call_;
  Signed items_;
};

Result<std::unique_ptr<OperationStream>> open(OperationCall& call, const StreamLimits&) {
  return std::unique_ptr<OperationStream>(std::make_unique<VerifyStream>(call));
}

}  // namespace

extern const Operation kSignatureVerify = {
    "signature_verify",
    "Ed25519 signatures of messages",
    kParameters,
    kExample,
    kOps,
    run,
    {"an object with public_key, signature and message", open}};

}  // namespace weir::server
