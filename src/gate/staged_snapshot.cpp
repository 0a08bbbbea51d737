#include "gate/staged_snapshot.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "decide/window_bank.hpp"
#include "storage/snapshot_file.hpp"

namespace weir::gate {
namespace {

// Gives a piece an empty buffer whose pages have been touched.
void make_room(StatePiece& piece, std::size_t bytes) {
  std::vector<std::uint8_t>& buffer = piece.out.buffer();
  buffer = std::vector<std::uint8_t>();  // before there is another; {} would keep it
  buffer.resize(bytes);
  buffer.clear();
}

}  // namespace

StagedSnapshot::StagedSnapshot(const Pass& pass, std::string dir, Rest rest)
    : pass_(pass), dir_(std::move(dir)), rest_of_(std::move(rest)) {}

StagedSnapshot::~StagedSnapshot() {
  cancel();
}

void StagedSnapshot::begin() {
  CHECK(!busy());
  heights_ = {};
  profiles_.reset();
  windows_.reset();
  touched_ = 0;
  small_free_.clear();
  large_free_ = true;
  large_bytes_ = 0;
  large_wanted_ = 0;
  for (auto& ready : ready_) ready.clear();
  closed_ = {};
  rest_copied_ = false;
  cancelled_ = false;
  height_ = 0;
  ended_.reset();
  phase_.store(Phase::kProfiles, std::memory_order_release);
  writer_ = std::thread([this] { write(); });
}

void StagedSnapshot::touched(ledger::Height height) {
  if (phase_.load(std::memory_order_acquire) != Phase::kProfiles) return;
  const bool first = !profiles_;
  StatePiece* const piece =
      first ? take_large(profile::ProfilePieces::index_bytes(pass_.profiles())) : take_small();
  if (piece == nullptr) return;
  if (first) {
    pass_.note_first_piece(heights_);
    profiles_.emplace(pass_.profiles());
  }
  if (profiles_->next(*piece)) {
    heights_.profiles.push_back(height);
    return give(kProfiles, piece);
  }
  give_back(piece);
  close(kProfiles);
  touched_ = height;
  phase_.store(Phase::kWindows, std::memory_order_release);
}

// Windows and accounts are never older than a profile.
void StagedSnapshot::decided(ledger::Height height) {
  if (phase_.load(std::memory_order_acquire) != Phase::kWindows || height < touched_) return;
  if (!windows_) return copy_accounts(height);
  const std::size_t undivided = windows_->next_directory_bytes();
  StatePiece* const piece = undivided != 0 ? take_large(undivided) : take_small();
  if (piece == nullptr) return;
  if (windows_->next(*piece)) {
    heights_.windows.push_back(height);
    return give(kWindows, piece);
  }
  give_back(piece);
  // What is copied at rest finds its memory ready.
  StatePiece* const rest = take_large(rest_of_.large_bytes);
  if (rest == nullptr) return;
  give_back(rest);
  close(kWindows);
  phase_.store(Phase::kRest, std::memory_order_release);
}

void StagedSnapshot::copy_accounts(ledger::Height height) {
  StatePiece* const piece = take_large(pass_.executor().bytes_to_copy());
  if (piece == nullptr) return;
  pass_.executor().copy(*piece);
  heights_.accounts = height;
  windows_.emplace(pass_.decider().windows());
  give(kAccounts, piece);
  close(kAccounts);
}

std::optional<Status> StagedSnapshot::failure() {
  if (!failed_.load(std::memory_order_acquire)) return std::nullopt;
  cancel();
  return ended_;
}

void StagedSnapshot::finish(const CopySection& copy) {
  CHECK(phase_.load(std::memory_order_acquire) == Phase::kRest);
  {
    const std::lock_guard lock(mutex_);
    large_free_ = false;
  }
  std::vector<StatePiece> rest(rest_of_.names.size());
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest_of_.names[i] == rest_of_.large) std::swap(rest[i], large_);
    copy(rest_of_.names[i], heights_, rest[i]);
  }
  phase_.store(Phase::kWriting, std::memory_order_release);
  const std::lock_guard lock(mutex_);
  rest_ = std::move(rest);
  rest_copied_ = true;
  changed_.notify_all();
}

void StagedSnapshot::cancel() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }
  settle();
}

// Waits for the writer and gives the memory back.
void StagedSnapshot::settle() {
  if (writer_.joinable()) writer_.join();
  for (StatePiece& piece : small_) piece = {};
  large_ = {};
  rest_.clear();
  failed_.store(false, std::memory_order_relaxed);
  phase_.store(Phase::kIdle, std::memory_order_release);
}

std::optional<Result<ledger::Height>> StagedSnapshot::end() {
  if (phase_.load(std::memory_order_acquire) != Phase::kWriting) return std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) return std::nullopt;
  }
  settle();
  if (!ended_->is_ok()) return Result<ledger::Height>(tl::unexpected<Status>(*ended_));
  return Result<ledger::Height>(height_);
}

StatePiece* StagedSnapshot::take_small() {
  const std::lock_guard lock(mutex_);
  if (small_free_.empty()) return nullptr;
  StatePiece* const piece = small_free_.back();
  small_free_.pop_back();
  return piece;
}

// Null while it is being written, or has no room yet: then the writer sees to it.
StatePiece* StagedSnapshot::take_large(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (!large_free_) return nullptr;
  if (large_bytes_ < bytes) {
    large_wanted_ = bytes + bytes / 256 + 4096;  // it may grow in the meantime
    changed_.notify_all();
    return nullptr;
  }
  large_free_ = false;
  return &large_;
}

// Gives the large piece a larger buffer, on the writer's thread.
void StagedSnapshot::enlarge(std::unique_lock<std::mutex>& lock) {
  large_free_ = false;
  const std::size_t bytes = large_wanted_;
  lock.unlock();
  make_room(large_, bytes);
  lock.lock();
  large_free_ = true;
  large_bytes_ = bytes;
}

void StagedSnapshot::give(Source source, StatePiece* piece) {
  const std::lock_guard lock(mutex_);
  if (height_ == 0) height_ = heights_.first();
  ready_[source].push_back(piece);
  changed_.notify_all();
}

void StagedSnapshot::give_back(StatePiece* piece) {
  const std::lock_guard lock(mutex_);
  if (piece == &large_) {
    large_free_ = true;
  } else {
    small_free_.push_back(piece);
  }
}

void StagedSnapshot::close(Source source) {
  const std::lock_guard lock(mutex_);
  closed_[source] = true;
  changed_.notify_all();
}

// Returns the next piece of a source; null: there is none to come.
StatePiece* StagedSnapshot::wait_for(Source source) {
  std::unique_lock lock(mutex_);
  const auto something = [&] {
    return cancelled_ || closed_[source] || !ready_[source].empty() || must_enlarge();
  };
  while (true) {
    changed_.wait(lock, something);
    if (cancelled_ || !must_enlarge()) break;
    enlarge(lock);
  }
  if (cancelled_ || ready_[source].empty()) return nullptr;
  StatePiece* const piece = ready_[source].front();
  ready_[source].pop_front();
  return piece;
}

bool StagedSnapshot::wait_for_rest() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return cancelled_ || rest_copied_; });
  return !cancelled_;
}

void StagedSnapshot::write_source(Source source, ByteWriter& out) {
  while (StatePiece* const piece = wait_for(source)) {
    piece->finish();
    out.raw(piece->out.bytes());
    out.flush();
    give_back(piece);
  }
}

// The writer's thread.
void StagedSnapshot::write() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  for (StatePiece& piece : small_) {
    make_room(piece, StatePiece::kBytes + StatePiece::kBytes / 8);
    give_back(&piece);
  }
  ledger::Height height = 0;
  {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return cancelled_ || height_ != 0 || must_enlarge(); });
      if (cancelled_) return;
      if (height_ != 0) break;
      enlarge(lock);
    }
    height = height_;
  }
  storage::SnapshotWriter writer;
  writer.add("profiles", [this](ByteWriter& out) { write_source(kProfiles, out); });
  writer.add("accounts", [this](ByteWriter& out) { write_source(kAccounts, out); });
  writer.add("windows", [this](ByteWriter& out) { write_source(kWindows, out); });
  for (std::size_t i = 0; i < rest_of_.names.size(); ++i) {
    writer.add(rest_of_.names[i], [this, i](ByteWriter& out) {
      if (!wait_for_rest()) return;
      rest_[i].finish();
      out.raw(rest_[i].out.bytes());
      rest_[i] = {};
    });
  }
  writer.write_gently();
  writer.check_at_end([this] {
    const std::lock_guard lock(mutex_);
    return cancelled_ ? unavailable("snapshot_cancelled", "the snapshot is not wanted any more")
                      : Status::ok();
  });
  const Status status = storage::write_snapshot(storage::system_files(), dir_, height, writer);
  const std::lock_guard lock(mutex_);
  ended_ = status;
  if (!rest_copied_ && !cancelled_) failed_.store(true, std::memory_order_release);
}

}  // namespace weir::gate
