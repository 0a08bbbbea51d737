// ChainedLines: an append-only record of JSON lines, each with a hash that covers all lines before
// it, so that a line that was changed, taken out, added or moved is found.
//
//   WEIR_ASSIGN(auto lines, ChainedLines::open(dir, {.instance = "4f1c..."}));
//   WEIR_TRY(lines->append(R"({"n":1,...})"));
//   WEIR_TRY(lines->sync());
//   WEIR_ASSIGN(const ChainReport report, verify_chain(dir));
//
// h_0 = SHA-256("weir-audit-v1" 00 instance), h_n = SHA-256(h_(n-1) || SHA-256(entry n)).
// A file is DIR/<number of its first entry, 20 digits>.ndjson; its first line
//   {"chain":"weir-audit-v1","instance":"4f1c...","first":1,"previous":"<h_(first-1)>"}
// is followed by one line per entry: {"entry":{...},"hash":"<h_n>"}.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "storage/file_ops.hpp"

namespace weir::storage {

struct ChainedLinesOptions {
  std::string instance;  // letters, digits and '-'; what the first hash starts from
  std::uint64_t file_bytes_max = std::uint64_t{16} << 20;  // then the next file begins
  FileOps* files = nullptr;                                // null: the system's
};

// Returns the chain's hash before its first entry, and with one entry more.
Digest chain_start(std::string_view instance);
Digest chain_next(const Digest& hash, std::string_view entry);

// One thread at a time.
class ChainedLines {
 public:
  // Creates the directory (mode 0750) if missing, finds the chain's end, and cuts off a line that
  // a crash left unfinished. Says nothing about the lines before: verify_chain() does. Errors:
  // those of the disk.
  static Result<std::unique_ptr<ChainedLines>> open(const std::string& dir,
                                                    ChainedLinesOptions options);
  ~ChainedLines();
  ChainedLines(const ChainedLines&) = delete;
  ChainedLines& operator=(const ChainedLines&) = delete;

  // Returns the number of the next entry, from 1.
  std::uint64_t next() const { return next_; }
  const Digest& head() const { return head_; }
  // Returns how many bytes of an unfinished line open() cut off.
  std::uint64_t torn_bytes() const { return torn_bytes_; }

  // Appends one JSON object without line ends. After an error nothing was appended: repeat the call
  // with the same entry.
  Status append(std::string_view entry);
  // Makes what was appended durable.
  Status sync();

 private:
  ChainedLines(std::string dir, ChainedLinesOptions options);
  Status find_end();
  Status resume(const std::string& path, std::uint64_t first, std::string_view text);
  Status begin_file();
  void close_file();

  const std::string dir_;
  const ChainedLinesOptions options_;
  FileOps& files_;
  int fd_ = -1;
  std::string path_;
  std::uint64_t size_ = 0;
  std::uint64_t next_ = 1;
  Digest head_;
  std::uint64_t torn_bytes_ = 0;
};

struct ChainFault {
  std::string file;
  std::uint64_t line = 0;   // from 1
  std::uint64_t entry = 0;  // the number that the line should have
  std::string message;
};

struct ChainReport {
  std::uint64_t files = 0;
  std::uint64_t first = 1;    // number of the first entry that is here
  std::uint64_t entries = 0;  // sound ones
  std::string instance;
  Digest head{};  // of the last sound entry
  std::optional<ChainFault> fault;
  bool since_found = false;  // the chain's hash was `since` before or at some entry that is here
};

// Reads all files of a chain and names the first bad line. Files may be missing at the beginning,
// nowhere else. Errors: not_found (chain_missing) if there is no file, those of reading.
Result<ChainReport> verify_chain(const std::string& dir, const std::optional<Digest>& since = {});

}  // namespace weir::storage
