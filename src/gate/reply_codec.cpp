#include "gate/reply_codec.hpp"

namespace weir::gate {
namespace {

void write(const Status& status, ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(status.code()));
  if (status.is_ok()) return;
  const Status::Error& error = status.error();
  for (const std::string* text : {&error.reason, &error.message, &error.field, &error.hint}) {
    out.text(*text);
  }
  out.u64(error.line);
  out.u32(error.column);
}

Status read_status(ByteReader& in) {
  const auto code = static_cast<Code>(in.u8());
  if (code == Code::kOk) return Status::ok();
  const std::string reason(in.text());
  Status status(code, reason, std::string(in.text()));
  const std::string field(in.text());
  std::string hint(in.text());
  const std::uint64_t line = in.u64();
  return std::move(status).at(field).hint(std::move(hint)).at_line(line, in.u32());
}

void write(const Decision& decision, ByteWriter& out) {
  out.put(decision.event);
  out.array(std::span<const std::uint8_t>(decision.side));
  out.u64(decision.seq);
  out.u64(decision.height);
  out.put(decision.core);
  out.put(decision.features);
  out.array(std::span<const RuleHitControl>(decision.rule_hits));
  out.put(decision.versions);
  out.u8(decision.has_features);
  out.u8(decision.duplicate);
  out.u8(decision.committed);
}

Decision read_decision(ByteReader& in) {
  Decision decision;
  decision.event = in.get<wire::Event>();
  in.array(decision.side);
  decision.seq = in.u64();
  decision.height = in.u64();
  decision.core = in.get<wire::VerdictCore>();
  decision.features = in.get<decltype(decision.features)>();
  in.array(decision.rule_hits);
  decision.versions = in.get<Versions>();
  decision.has_features = in.u8() != 0;
  decision.duplicate = in.u8() != 0;
  decision.committed = in.u8() != 0;
  return decision;
}

}  // namespace

void encode(const Reply& reply, ByteWriter& out) {
  write(reply.status, out);
  out.array(std::span<const wire::Verdict>(reply.verdicts));
  out.array(std::span<const std::uint8_t>(reply.duplicate));
  out.u64(reply.refused.size());
  for (const Refused& refused : reply.refused) {
    out.u32(refused.row);
    out.text(refused.event_id);
    write(refused.status, out);
  }
  out.u64(reply.decisions.size());
  for (const Decision& decision : reply.decisions) write(decision, out);
  out.u64(reply.first_seq);
  out.u64(reply.last_seq);
  out.u64(reply.accepted);
}

Result<Reply> decode_reply(Bytes bytes) {
  ByteReader in(bytes);
  Reply reply;
  reply.status = read_status(in);
  in.array(reply.verdicts);
  in.array(reply.duplicate);
  for (std::uint64_t left = in.u64(); left != 0 && in.ok(); --left) {
    Refused refused;
    refused.row = in.u32();
    refused.event_id = in.text();
    refused.status = read_status(in);
    reply.refused.push_back(std::move(refused));
  }
  for (std::uint64_t left = in.u64(); left != 0 && in.ok(); --left) {
    reply.decisions.push_back(read_decision(in));
  }
  reply.first_seq = in.u64();
  reply.last_seq = in.u64();
  reply.accepted = in.u64();
  if (!in.ok() || in.left() != 0) return fail(data_loss("reply_cut", "a reply came cut short"));
  return reply;
}

}  // namespace weir::gate
