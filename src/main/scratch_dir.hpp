// ScratchDir: a directory of its own for a log that nobody keeps; removed with the object.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

namespace weir::main {

class ScratchDir {
 public:
  // Makes one below `parent`, default $TMPDIR or /tmp.
  static Result<std::unique_ptr<ScratchDir>> create(const std::string& parent = "");
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit ScratchDir(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace weir::main
