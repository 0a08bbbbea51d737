// StagedSnapshot: writes a snapshot of a pass while it goes on. The stages that own the state copy
// a piece of it between two batches whenever the writer has room for one; what is left is copied at
// rest. A thread of low priority completes the pieces and writes them, a few megabytes at a time.
//
//   StagedSnapshot snapshot(pass, dir);
//   snapshot.begin();                                  // between batches
//   snapshot.touched(height);                          // by the stage touch, after each block
//   snapshot.decided(height);                          // by the stage decide, likewise
//   if (snapshot.wants_rest()) snapshot.finish(rest);  // at rest; `rest` copies a section
//   if (auto end = snapshot.end()) ...                 // what became of it
//
// Memory: two pieces of about StatePiece::kBytes and a large one for what cannot be divided (an
// index of keys, all accounts, the horizon of event ids), whose pages the writer touches before a
// stage copies into it: a page that is touched first costs far more than the copy. begin(),
// finish(), cancel() and end() are called by one thread at a time, touched() and decided() by one
// thread each.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "base/state_piece.hpp"
#include "decide/window_pieces.hpp"
#include "gate/pass.hpp"
#include "gate/piece_heights.hpp"
#include "profile/profile_pieces.hpp"

namespace weir::gate {

// Copies a section of the given name into a piece; at rest.
using CopySection =
    std::function<void(std::string_view name, const PieceHeights& heights, StatePiece& piece)>;

class StagedSnapshot {
 public:
  struct Rest {
    std::vector<std::string> names;  // sections that are copied at rest, in their order
    std::string large;               // the one of them that is large, and
    std::size_t large_bytes = 0;     // about how large
  };
  // `pass` outlives this object.
  StagedSnapshot(const Pass& pass, std::string dir, Rest rest);
  ~StagedSnapshot();
  StagedSnapshot(const StagedSnapshot&) = delete;
  StagedSnapshot& operator=(const StagedSnapshot&) = delete;

  bool busy() const { return phase_.load(std::memory_order_acquire) != Phase::kIdle; }
  // Begins one; not busy().
  void begin();
  void touched(ledger::Height height);
  void decided(ledger::Height height);
  // Returns whether finish() or failure() has something to do.
  bool wants_rest() const {
    return phase_.load(std::memory_order_acquire) == Phase::kRest ||
           failed_.load(std::memory_order_acquire);
  }
  // Returns why the writer has given up before all was copied, and drops the snapshot; at rest.
  std::optional<Status> failure();
  // Copies what is left; the writer writes on.
  void finish(const CopySection& copy);
  // Drops what is under way and waits for the writer; at rest.
  void cancel();
  // Returns once what has become of one that was finished: its height, or why there is none.
  std::optional<Result<ledger::Height>> end();

 private:
  // Each phase has one owner: the stage touch, the stage decide, the pass at rest, the writer.
  enum class Phase : std::uint8_t { kIdle, kProfiles, kWindows, kRest, kWriting };
  enum Source : unsigned { kProfiles, kAccounts, kWindows, kSources };
  static constexpr std::size_t kSmallPieces = 2;
  static constexpr int kNice = 10;  // of the writer: the pass goes first

  void settle();
  StatePiece* take_small();
  StatePiece* take_large(std::size_t bytes);
  bool must_enlarge() const { return large_free_ && large_bytes_ < large_wanted_; }
  void enlarge(std::unique_lock<std::mutex>& lock);
  void give(Source source, StatePiece* piece);
  void give_back(StatePiece* piece);
  void close(Source source);
  void copy_accounts(ledger::Height height);
  StatePiece* wait_for(Source source);
  bool wait_for_rest();
  void write();
  void write_source(Source source, ByteWriter& out);

  const Pass& pass_;
  std::string dir_;
  Rest rest_of_;
  std::atomic<Phase> phase_{Phase::kIdle};
  std::atomic<bool> failed_{false};  // the writer is gone, and pieces are still to come
  PieceHeights heights_;
  std::optional<profile::ProfilePieces> profiles_;
  std::optional<decide::WindowPieces> windows_;
  ledger::Height touched_ = 0;  // of the last piece of the stage touch

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::array<StatePiece, kSmallPieces> small_;
  std::vector<StatePiece*> small_free_;
  StatePiece large_;
  bool large_free_ = false;
  std::size_t large_bytes_ = 0;   // it has room for
  std::size_t large_wanted_ = 0;  // it must have room for
  std::array<std::deque<StatePiece*>, kSources> ready_;
  std::array<bool, kSources> closed_{};
  std::vector<StatePiece> rest_;
  bool rest_copied_ = false;
  bool cancelled_ = false;
  ledger::Height height_ = 0;  // of the first piece; 0: not copied yet
  std::optional<Status> ended_;
  std::thread writer_;
};

}  // namespace weir::gate
