// ScratchDir: a directory of its own for a log that nobody keeps; removed with the object.
//
//   WEIR_ASSIGN(const auto scratch, ScratchDir::create());
//   WEIR_ASSIGN(gate::GateOptions options, gate_options(*config, args, scratch->path()));
//   keep_nothing(options);
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "gate/gate.hpp"

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

// Makes a gate's log as cheap as one can be that is gone before the process is: no waiting for the
// disk, few feature rows. A submission is a block.
void keep_nothing(gate::GateOptions& options);

}  // namespace weir::main
