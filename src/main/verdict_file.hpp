// VerdictFile: verdicts as CSV, one line an event in order: what `weir run --out` writes. The same
// input gives the same bytes.
//
//   id,seq,outcome,alert,tail,threshold,reasons,live_rules,shadow_rules,flags,ledger
//   123,1,pass,0,0.812345,4.000000,,0,0,0,not_executed
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/batch.hpp"
#include "wire/verdict.hpp"

namespace weir::main {

// The ids of a batch as people wrote them, kept until its verdicts come back.
class IdTexts {
 public:
  explicit IdTexts(const wire::EventBatch& batch);
  std::string_view text(std::size_t row) const {
    return std::string_view(bytes_).substr(begin_[row], begin_[row + 1] - begin_[row]);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> begin_;
};

// Not thread-safe.
class VerdictFile {
 public:
  static Result<std::unique_ptr<VerdictFile>> create(const std::string& path);
  ~VerdictFile();
  void write(const IdTexts& ids, const std::vector<wire::Verdict>& verdicts);
  // Returns the first failure to write, naming the file.
  Status close();

 private:
  explicit VerdictFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::FILE* file_ = nullptr;
  std::string line_;
  bool failed_ = false;
};

}  // namespace weir::main
