// Snapshots of the pass: written by a forked child, which sees the state as it was at rest while
// the parent goes on; read at start.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.hpp"
#include "gate/gate.hpp"
#include "storage/snapshot_file.hpp"

namespace weir::gate {
namespace {

// Of the child that writes: the pass goes first.
constexpr int kSnapshotNice = 10;

Status section_missing(std::string_view name) {
  return data_loss("snapshot_section", "the snapshot has no section " + std::string(name));
}

}  // namespace

bool Gate::snapshot_due() const {
  if (log_ == nullptr || options_.snapshot_events == 0 || snapshot_child_ != 0) return false;
  if (next_height_ - 1 == snapshot_height_) return false;
  if (admission_->next_seq() - snapshot_seq_ >= options_.snapshot_events) return true;
  return clock_.wall_us() - snapshot_wall_us_ >= options_.snapshot_us;
}

Status Gate::write_state() const {
  storage::SnapshotWriter writer;
  pass_->save(writer);
  writer.add("admission", [this](ByteWriter& out) { admission_->save(out); });
  writer.add("labels", [this](ByteWriter& out) { labels_.save(out); });
  return storage::write_snapshot(storage::system_files(), dir_->snapshot_dir(),
                                 pass_->next_height() - 1, writer);
}

void Gate::snapshot() {
  log_->drain();
  snapshot_wall_us_ = clock_.wall_us();
  snapshot_seq_ = admission_->next_seq();
  const pid_t child = fork();
  if (child == 0) {
    setpriority(PRIO_PROCESS, 0, kSnapshotNice);
    _exit(write_state().is_ok() ? 0 : 1);
  }
  if (child < 0) {
    log_warning("gate", errno_status("fork", "for a snapshot", errno));
    return;
  }
  snapshot_child_ = child;
  pending_snapshot_height_ = pass_->next_height() - 1;
}

void Gate::reap_snapshot(bool wait) {
  if (snapshot_child_ == 0) return;
  int state = 0;
  const pid_t reaped = waitpid(snapshot_child_, &state, wait ? 0 : WNOHANG);
  if (reaped == 0) return;
  snapshot_child_ = 0;
  if (reaped > 0 && WIFEXITED(state) && WEXITSTATUS(state) == 0) {
    snapshot_height_ = pending_snapshot_height_;
    counters_.snapshot_height = snapshot_height_;
    counters_.snapshots.fetch_add(1, std::memory_order_relaxed);
  } else {
    log_warning("gate", "snapshot_failed", "a snapshot could not be written; the log has it all",
                {{"height", pending_snapshot_height_}});
  }
}

Status Gate::load_snapshot() {
  WEIR_ASSIGN(const auto snapshot,
              storage::load_newest_snapshot(storage::system_files(), dir_->snapshot_dir(),
                                            log_->durable_height()));
  if (!snapshot) return Status::ok();
  WEIR_TRY(pass_->load([&](std::string_view name) { return snapshot->section(name); }));
  const auto admission = snapshot->section("admission");
  if (!admission) return section_missing("admission");
  ByteReader in(*admission);
  WEIR_TRY(admission_->restore(in));
  const auto labels = snapshot->section("labels");
  if (!labels) return section_missing("labels");
  ByteReader labels_in(*labels);
  WEIR_TRY(labels_.load(labels_in));
  recovery_.snapshot_height = snapshot->height();
  return Status::ok();
}

void Pass::save(storage::SnapshotWriter& writer) const {
  writer.add("pass", [this](ByteWriter& out) {
    out.put(head_);
    out.u64(chain_id_);
    out.u64(next_height_);
    out.put(versions_);
    out.i64(watermark_us_);
    out.i64(next_flag_expiry_us_);
  });
  writer.add("dictionary", [this](ByteWriter& out) { dictionary_.write(0, out); });
  writer.add("config", [this](ByteWriter& out) { out.text(config_text_); });
  writer.add("rules", [this](ByteWriter& out) {
    out.text(decider_.rules() == nullptr ? std::string_view() : decider_.rules()->text);
  });
  writer.add("decider", [this](ByteWriter& out) { decider_.save(out); });
  writer.add("lists", [this](ByteWriter& out) { lists_.save(out); });
  writer.add("models", [this](ByteWriter& out) {
    if (models_ != nullptr) out.raw(models_->serialize());
  });
  writer.add("learner", [this](ByteWriter& out) { learner_.save(out); });
  writer.add("accounts", [this](ByteWriter& out) { executor_.save(out); });
  writer.add("profiles", [this](ByteWriter& out) {
    const Status status = profiles_.save([&out](std::span<const std::uint8_t> bytes) {
      out.raw(bytes);
      return Status::ok();
    });
    CHECK(status.is_ok());
  });
}

Status Pass::load(const std::function<std::optional<Bytes>(std::string_view)>& section) {
  for (const std::string_view name : {"pass", "dictionary", "config", "rules", "decider", "lists",
                                      "models", "learner", "accounts", "profiles"}) {
    if (!section(name)) return section_missing(name);
  }
  ByteReader pass(*section("pass"));
  head_ = pass.get<Digest>();
  chain_id_ = pass.u64();
  next_height_ = pass.u64();
  versions_ = pass.get<Versions>();
  watermark_us_ = pass.i64();
  next_flag_expiry_us_ = pass.i64();
  if (!pass.ok()) return section_missing("pass");
  ByteReader dictionary(*section("dictionary"));
  WEIR_TRY(dictionary_.read(dictionary));
  if (const Bytes models = *section("models"); !models.empty()) {
    WEIR_ASSIGN(models_, detect::ModelSet::deserialize(models));
  }
  ByteReader config(*section("config"));
  if (const std::string text(config.text()); !text.empty()) WEIR_TRY(use_config(text));
  ByteReader rules_in(*section("rules"));
  if (versions_.rules != 0) {
    WEIR_ASSIGN(auto rules, decide::compile_rules(rules_in.text(), compile_context()));
    WEIR_TRY(decider_.set_rules(versions_.rules, std::move(rules)));
  }
  ByteReader lists(*section("lists"));
  WEIR_TRY(lists_.load(lists));
  if (versions_.lists != 0) {
    decider_.set_lists(versions_.lists, std::make_shared<const decide::Lists>(lists_));
  }
  ByteReader decider(*section("decider"));
  WEIR_TRY(decider_.load(decider));
  ByteReader learner(*section("learner"));
  WEIR_TRY(learner_.load(learner));
  ByteReader accounts(*section("accounts"));
  WEIR_TRY(executor_.restore(accounts));
  Bytes profiles = *section("profiles");
  return profiles_.load([&profiles](std::span<std::uint8_t> out) -> Status {
    if (out.size() > profiles.size()) return section_missing("profiles (cut off)");
    std::copy_n(profiles.begin(), out.size(), out.begin());
    profiles = profiles.subspan(out.size());
    return Status::ok();
  });
}

}  // namespace weir::gate
