#include "ledger/verify.hpp"

#include <cstdio>

#include "base/bytes.hpp"
#include "gate/control.hpp"
#include "main/pass_start.hpp"
#include "main/verbs.hpp"
#include "wire/batch.hpp"
#include "wire/verdict.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"proof", "ID", "print an inclusion proof of an event as JSON"},
    {"check", "FILE", "check a proof offline; needs --root"},
    {"root", "HASH", "block hash that the proof must lead to"},
    {"since", "HASH", "prove that this older block is an ancestor of the head"},
};

Result<Digest> parse_digest(const std::string& text, std::string_view option) {
  Digest digest{};
  if (from_hex(text, digest)) return digest;
  return fail(invalid_argument(
      "usage", "--" + std::string(option) + " takes 64 hexadecimal digits, not \"" + text + "\""));
}

Result<int> check_proof_file(const Arguments& args) {
  WEIR_ASSIGN(const Digest root, parse_digest(args.text("root"), "root"));
  WEIR_ASSIGN(const std::string text, read_text_file(args.text("check")));
  const auto parsed = ledger::Proof::parse(text);
  if (!parsed) {
    return fail(invalid_argument(parsed.error().reason(), args.text("check") + " holds no proof: " +
                                                              parsed.error().message())
                    .hint("weir verify DIR --proof ID writes one"));
  }
  const ledger::Proof& proof = *parsed;
  if (Status status = ledger::check_proof(proof, root); !status.is_ok()) {
    std::fprintf(stderr, "weir: %s\n", status.to_string().c_str());
    return kExitUnsound;
  }
  const std::size_t at = proof.row % proof.header.leaf_events;
  const auto outcome = static_cast<wire::Outcome>(proof.verdicts[at].outcome);
  std::printf("sound: event %llu (%s, outcome %s) is in block %llu\n",
              static_cast<unsigned long long>(proof.header.first_seq + proof.row),
              wire::event_id_text(proof.events[at], {}).c_str(),
              std::string(wire::outcome_name(outcome)).c_str(),
              static_cast<unsigned long long>(proof.header.height));
  return kExitOk;
}

// Says by which configuration the log was begun, and whether its first block holds that one.
void print_configuration(const ledger::VerifyReport& report) {
  if (report.config_hash == Digest{}) {
    std::printf("begun with a configuration that the genesis does not name\n");
    return;
  }
  const auto first = gate::decode_config(report.first_config);
  const bool same = first && sha256(as_bytes(first->text)) == report.config_hash;
  std::printf("begun with configuration %s%s\n", to_hex(report.config_hash).c_str(),
              same                          ? ", which block 1 holds"
              : report.first_config.empty() ? ""
                                            : "; block 1 holds another one");
}

Result<int> verify_directory(const std::string& dir, const Arguments& args) {
  std::optional<Digest> since;
  if (args.has("since")) {
    WEIR_ASSIGN(since, parse_digest(args.text("since"), "since"));
  }
  WEIR_ASSIGN(const ledger::VerifyReport report, ledger::verify_log(dir, since));
  if (!report.fault || report.fault->file != "genesis.json") print_configuration(report);
  std::printf("%s: %llu blocks, %llu events, %llu bytes; head %s\n", dir.c_str(),
              static_cast<unsigned long long>(report.headers + report.blocks),
              static_cast<unsigned long long>(report.events),
              static_cast<unsigned long long>(report.bytes), to_hex(report.head).c_str());
  if (report.headers != 0) {
    std::printf("bodies are kept from block %llu on; of the %llu blocks before, headers\n",
                static_cast<unsigned long long>(report.headers + 1),
                static_cast<unsigned long long>(report.headers));
  }
  if (report.fault) {
    std::printf("unsound at height %llu, offset %llu of %s, field %s: %s\n",
                static_cast<unsigned long long>(report.fault->height),
                static_cast<unsigned long long>(report.fault->offset), report.fault->file.c_str(),
                report.fault->field.c_str(), report.fault->message.c_str());
    return kExitUnsound;
  }
  if (since && !report.since_height) {
    std::printf("unsound: %s is no ancestor of the head\n", args.text("since").c_str());
    return kExitUnsound;
  }
  if (since) {
    std::printf("block %llu is an ancestor of the head\n",
                static_cast<unsigned long long>(*report.since_height));
  }
  std::printf("sound\n");
  return kExitOk;
}

Result<int> run(const Arguments& args) {
  if (args.has("check") != args.has("root")) {
    return fail(invalid_argument("usage", "--check FILE and --root HASH go together"));
  }
  if (args.has("check")) return check_proof_file(args);
  if (args.positional().size() != 1) {
    return fail(invalid_argument("usage", "weir verify needs one data directory"));
  }
  const std::string& dir = args.positional()[0];
  if (!args.has("proof")) return verify_directory(dir, args);
  const auto proof = ledger::prove_event(dir, wire::event_key(args.text("proof")));
  if (!proof && proof.error().reason() == "event_unknown") {
    return fail(not_found(
        "event_unknown", "no block of " + dir + " holds the event \"" + args.text("proof") + "\""));
  }
  if (!proof) return fail(proof.error());
  std::printf("%s\n", proof->to_json().c_str());
  return kExitOk;
}

}  // namespace

const Command kVerifyCommand = {"verify", "DIR", "check a log: checksums, chain, roots, counts",
                                kOptions, run};

}  // namespace weir::main
