#include "main/service/audit_trail.hpp"

#include <chrono>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/time_text.hpp"

namespace weir::main {
namespace {

constexpr std::chrono::seconds kRetryPeriod{1};

// Members in the order of their names, as RFC 8785 wants it.
std::string entry_json(const server::AuditEntry& entry, std::uint64_t number) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("action").string(entry.action).key("actor").string(entry.actor.name);
  json.key("at").string(format_time(entry.at_us)).key("detail").begin_object();
  json.key("address").string(entry.actor.address);
  json.key("request_id").string(entry.actor.request_id).key("role").string(entry.actor.role);
  json.key("status").u64(entry.status).end_object();
  json.key("n").u64(number).key("object").string(entry.object).end_object();
  return text;
}

std::string lost_json(std::uint64_t lost, std::uint64_t number) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("action").string("audit.lost").key("actor").string("system");
  json.key("at").string(format_time(system_clock().wall_us())).key("detail").begin_object();
  json.key("entries").u64(lost).end_object();
  json.key("n").u64(number).key("object").string("audit").end_object();
  return text;
}

}  // namespace

Result<std::unique_ptr<AuditTrail>> AuditTrail::open(const std::string& dir,
                                                     storage::ChainedLinesOptions options) {
  auto trail = std::make_unique<AuditTrail>();
  WEIR_ASSIGN(trail->lines_, storage::ChainedLines::open(dir, std::move(options)));
  if (const std::uint64_t torn = trail->lines_->torn_bytes(); torn != 0) {
    log_warning("audit", "torn_tail", "cut off an unfinished line at the end of the audit trail",
                {{"bytes", torn}, {"next", trail->lines_->next()}});
  }
  trail->thread_ = std::thread([self = trail.get()] { self->run(); });
  return trail;
}

AuditTrail::~AuditTrail() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void AuditTrail::record(server::AuditEntry entry) {
  log_info("audit", "change", entry.action,
           {{"actor", entry.actor.name},
            {"role", entry.actor.role},
            {"address", entry.actor.address},
            {"request_id", entry.actor.request_id},
            {"object", entry.object},
            {"status", entry.status}});
  if (lines_ == nullptr) return;
  if (!queue_.try_push(std::move(entry))) lost_.fetch_add(1, std::memory_order_relaxed);
}

void AuditTrail::run() {
  std::vector<server::AuditEntry> waiting;
  while (true) {
    auto entry = waiting.empty() ? queue_.pop() : queue_.pop_for(kRetryPeriod);
    const bool ended = !entry && queue_.closed();
    for (; entry; entry = waiting.size() < kWaitingMax ? queue_.try_pop() : std::nullopt) {
      waiting.push_back(std::move(*entry));
    }
    write(waiting);
    if (ended) break;
  }
  if (waiting.empty()) return;
  log_error("audit", "audit_lost", "the audit trail misses its last entries; this log has them",
            {{"entries", waiting.size()}});
}

Status AuditTrail::append(const server::AuditEntry& entry) {
  return lines_->append(entry_json(entry, lines_->next()));
}

void AuditTrail::write(std::vector<server::AuditEntry>& waiting) {
  Status status;
  std::size_t written = 0;
  while (written < waiting.size() && status) {
    status = append(waiting[written]);
    if (status) ++written;
  }
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(written));
  if (const std::uint64_t lost = status ? lost_.exchange(0) : 0; lost != 0) {
    status = lines_->append(lost_json(lost, lines_->next()));
    if (!status) lost_.fetch_add(lost);
  }
  if (status) status = lines_->sync();
  if (!status && !failing_) log_error("audit", status);
  failing_ = !status;
}

}  // namespace weir::main
