// AuditTrail: every change that was asked for, done or refused, as a line of the program's log and
// of a chain of lines in DIR/audit, from a thread of its own.
//
//   WEIR_ASSIGN(auto audit, AuditTrail::open(dir + "/audit", {.instance = "4f1c..."}));
//   audit->record(entry);     // any thread, never waits for the disk
//
// An entry is canonical JSON (RFC 8785):
//   {"action":"rules_put","actor":"key:1a2b3c4d","at":"2026-01-05T10:00:00Z","detail":{"address":
//   "127.0.0.1","request_id":"...","role":"operator","status":200},"n":7,"object":"PUT /v1/rules"}
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/ring.hpp"
#include "server/app/parts.hpp"
#include "storage/chained_lines.hpp"

namespace weir::main {

class AuditTrail final : public server::AuditSink {
 public:
  static constexpr std::size_t kWaitingMax = 8192;

  // A trail in the program's log only.
  AuditTrail() = default;
  // Goes on with the chain in `dir`. Errors: those of ChainedLines.
  static Result<std::unique_ptr<AuditTrail>> open(const std::string& dir,
                                                  storage::ChainedLinesOptions options);
  // Writes what is left.
  ~AuditTrail() override;

  // While the disk takes no lines, they wait, kWaitingMax of them; what finds no room is counted,
  // and the chain says how many there were (action audit.lost).
  void record(server::AuditEntry entry) override;

 private:
  void run();
  // Appends what waits; what the disk does not take stays.
  void write(std::vector<server::AuditEntry>& waiting);
  Status append(const server::AuditEntry& entry);

  std::unique_ptr<storage::ChainedLines> lines_;  // the thread's
  BlockingQueue<server::AuditEntry> queue_{kWaitingMax};
  std::atomic<std::uint64_t> lost_{0};
  bool failing_ = false;  // the thread's
  std::thread thread_;
};

}  // namespace weir::main
