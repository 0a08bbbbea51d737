// merkle_root: the root of the RFC 6962 tree over items.
#include "ops/hash/merkle_root/merkle_root.hpp"

#include "server/operations/byte_items.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kParameters =
    R"({"type":"object","required":["items"],"properties":{)"
    R"("items":{"type":"array","items":{"type":"string","contentEncoding":"base64"}}}})";
constexpr std::string_view kExample = R"({"items":["","AA==","EA=="]})";
constexpr std::string_view kOps[] = {"hash.merkle_root"};

Status run(OperationCall& call, JsonWriter& result) {
  WEIR_ASSIGN(const ByteItems items, ByteItems::read(call.params, {"items"}));
  ops::MerkleRoot::Output out;
  WEIR_TRY(call.run<ops::MerkleRoot>({items.ragged()}, out));
  if (call.planned) return Status::ok();
  result.begin_object().key("root").string(to_hex(out.root)).end_object();
  return Status::ok();
}

}  // namespace

extern const Operation kMerkleRoot = {
    "merkle_root", "root of a Merkle tree over items", kParameters, kExample, kOps, run};

}  // namespace weir::server
