// merkle_root: the root of the RFC 6962 tree over items.
#include "ops/hash/merkle_root/merkle_root.hpp"

#include "base/numeric/canonical.hpp"
#include "ops/hash/merkle.hpp"
#include "server/operations/aligned_runs.hpp"
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

struct NodeJoin {
  Digest operator()(const Digest& left, const Digest& right) const {
    return ops::merkle_node(left, right);
  }
};

// The tree splits at powers of two: the roots of aligned runs join as a binary counter's do.
class RootStream final : public OperationStream {
 public:
  explicit RootStream(OperationCall& call) : call_(call) {}

  Status take(simdjson::dom::element line) override {
    WEIR_ASSIGN(const auto item, read_bytes(line, "an item"));
    items_.add(item);
    return Status::ok();
  }
  std::size_t rows_ready() const override { return items_.size(); }
  std::size_t held_bytes() const override { return items_.held_bytes(); }
  Result<std::size_t> chunk(bool, JsonWriter& result) override {
    const std::size_t rows = items_.size();
    Status done = for_each_aligned(total_, rows, [&](std::size_t from, unsigned level) -> Status {
      WEIR_TRY(
          call_.run<ops::MerkleRoot>({items_.ragged().slice(from, std::size_t{1} << level)}, out_));
      if (!call_.planned) roots_.push_level(out_.root, level);
      return Status::ok();
    });
    WEIR_TRY(done);
    items_.clear();
    total_ += rows;
    if (rows != 0) result.begin_object().key("items").u64(total_).end_object();
    return rows;
  }
  Status finish(JsonWriter& result) override {
    if (total_ == 0) {
      WEIR_TRY(call_.run<ops::MerkleRoot>({items_.ragged()}, out_));
      if (call_.planned) return Status::ok();
      roots_.push(out_.root);
    }
    result.begin_object().key("root").string(to_hex(roots_.result())).end_object();
    return Status::ok();
  }

 private:
  OperationCall& call_;
  ByteItems items_;
  ops::MerkleRoot::Output out_;
  numeric::CanonicalCounter<Digest, NodeJoin> roots_;
  std::uint64_t total_ = 0;
};

Result<std::unique_ptr<OperationStream>> open(OperationCall& call, const StreamLimits&) {
  return std::unique_ptr<OperationStream>(std::make_unique<RootStream>(call));
}

}  // namespace

extern const Operation kMerkleRoot = {
    "merkle_root", "root of a Merkle tree over items", kParameters, kExample, kOps,
    run,           {"an item: a base64 text", open}};

}  // namespace weir::server
