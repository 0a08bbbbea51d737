// Data directories: weir-run-001, weir-run-002, ... for runs that name none, and what becomes of
// one that was made for nothing.
//
//   UnusedDirectory unused(dir);   // makes it, if it is not there
//   WEIR_TRY(play(files, dir));    // an error takes it away again
//   unused.keep();
#pragma once

#include <string>
#include <string_view>

namespace weir::main {

// Returns the first of PREFIX-001, PREFIX-002, ... that does not exist.
std::string fresh_directory(std::string_view prefix);

// A directory of its own making that goes with it unless it is kept; one that was there before, or
// that another process made meanwhile, always stays.
class UnusedDirectory {
 public:
  // Makes the directory and those above it; one that cannot be made is left to its user to report.
  explicit UnusedDirectory(std::string path);
  ~UnusedDirectory();
  UnusedDirectory(const UnusedDirectory&) = delete;
  UnusedDirectory& operator=(const UnusedDirectory&) = delete;
  void keep() { path_.clear(); }

 private:
  std::string path_;  // to remove, or empty
};

}  // namespace weir::main
