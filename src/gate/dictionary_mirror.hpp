// DictionaryMirror: the dictionary as a table of DIR/weir.db, for everybody who reads a log or
// sends frames and wants to know names by number with nothing but SQL. The log is what counts: the
// table holds what is durable and may lag behind it, and one that says something else is written
// anew.
//
//   DictionaryMirror mirror(dir + "/weir.db", dictionary);
//   mirror.start();
//   mirror.committed(mark);      // the log's thread: everything before `mark` is durable
//   mirror.stop();               // writes what is left
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/status.hpp"
#include "storage/sqlite.hpp"
#include "wire/dictionary.hpp"

namespace weir::gate {

class DictionaryMirror {
 public:
  // What `dictionary` has now is durable already. It must outlive this object.
  DictionaryMirror(std::string path, const wire::Dictionary& dictionary)
      : path_(std::move(path)), dictionary_(dictionary), durable_(dictionary.mark()) {}
  ~DictionaryMirror() { stop(); }

  // Begins to follow on a thread of its own, which looks ten times a second. A database that
  // cannot be written is logged once and tried again; decisions never wait for it.
  void start();
  // Writes what is left and ends the thread.
  void stop();
  // Notes that the entries before `mark` are durable. Marks rise. Thread-safe, never waits.
  void committed(wire::Dictionary::Mark mark) { durable_.store(mark, std::memory_order_release); }

  // Brings the table up to what is durable. The first call, and the first one after a failure,
  // opens the database and compares all of it with the dictionary. The thread's work, for whoever
  // has not started it; about 1 us an entry. Errors: those of SQLite.
  Status catch_up();

  static constexpr std::uint64_t kRowsMax = 16'384;  // in one transaction

 private:
  using Mark = wire::Dictionary::Mark;

  Status open(Mark durable);
  Status compare(Mark durable);
  Status write_some(Mark durable);
  void run();
  void catch_up_or_log();

  const std::string path_;
  const wire::Dictionary& dictionary_;
  std::atomic<Mark> durable_;

  // The thread's.
  std::optional<storage::Database> db_;
  Mark written_ = 0;  // behind the entries in the table
  bool failing_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace weir::gate
