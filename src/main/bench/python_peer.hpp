// A peer of a bench that runs in Python: a script is started, its last line is flat JSON.
//
//   const PythonPeer peer(args, "bench/forest_peer.py");
//   WEIR_ASSIGN(const std::string printed, peer.run({"fit", "--rows", "1000"}));
//   const double rate = std::strtod(json_member(printed, "rows_per_second").c_str(), nullptr);
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "main/arguments.hpp"

namespace weir::main {

class PythonPeer {
 public:
  // --python and --script say what runs; the defaults are .venv/bin/python and `script`.
  PythonPeer(const Arguments& args, std::string_view script);
  // Returns what the script printed. Errors: not_found (peer_missing) without interpreter or
  // script, unavailable (peer_failed) if it fails.
  Result<std::string> run(const std::vector<std::string>& words) const;

 private:
  std::string python_;
  std::string script_;
};

// Returns the text behind `"key": ` in flat JSON, without quotes; empty if it is not there.
std::string json_member(const std::string& json, const std::string& key);

}  // namespace weir::main
