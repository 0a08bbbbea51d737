#include <cstdio>

#include "base/bytes.hpp"
#include "ledger/chain.hpp"
#include "main/verbs.hpp"
#include "storage/chained_lines.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"since", "HASH", "prove that the trail had this hash once: nothing was cut off since"},
};

// Says whether the trail belongs to the log beside it; a trail alone is checked as it is.
Status check_instance(const std::string& dir, const storage::ChainReport& report) {
  const auto genesis = ledger::read_genesis(dir);
  if (!genesis) {
    return genesis.error().code() == Code::kNotFound ? Status::ok() : genesis.error();
  }
  if (report.instance == to_hex(genesis->hash())) return Status::ok();
  return data_loss("instance_differs",
                   "the audit trail was begun for " + report.instance + ", another log");
}

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1) {
    return fail(invalid_argument("usage", "weir audit verify needs one data directory"));
  }
  std::optional<Digest> since;
  if (args.has("since") && !from_hex(args.text("since"), since.emplace())) {
    return fail(invalid_argument(
        "usage", "--since takes 64 hexadecimal digits, not \"" + args.text("since") + "\""));
  }
  const std::string& dir = args.positional()[0];
  WEIR_ASSIGN(const storage::ChainReport report, storage::verify_chain(dir + "/audit", since));
  const auto last = report.first + report.entries - 1;
  std::printf("%s/audit: %llu entries in %llu files, %llu to %llu; head %s\n", dir.c_str(),
              static_cast<unsigned long long>(report.entries),
              static_cast<unsigned long long>(report.files),
              static_cast<unsigned long long>(report.first), static_cast<unsigned long long>(last),
              to_hex(report.head).c_str());
  if (report.fault) {
    std::printf("unsound at entry %llu, line %llu of %s: %s\n",
                static_cast<unsigned long long>(report.fault->entry),
                static_cast<unsigned long long>(report.fault->line), report.fault->file.c_str(),
                report.fault->message.c_str());
    return kExitUnsound;
  }
  if (const Status status = check_instance(dir, report); !status.is_ok()) {
    std::printf("unsound: %s\n", status.message().c_str());
    return kExitUnsound;
  }
  if (since && !report.since_found) {
    std::printf("unsound: the trail never had the hash %s\n", args.text("since").c_str());
    return kExitUnsound;
  }
  if (report.first != 1) {
    std::printf("files before entry %llu are not here\n",
                static_cast<unsigned long long>(report.first));
  }
  std::printf("sound\n");
  return kExitOk;
}

}  // namespace

const Command kAuditVerifyCommand = {"audit verify", "DIR",
                                     "check the audit trail: every line follows on the one before",
                                     kOptions, run};

}  // namespace weir::main
