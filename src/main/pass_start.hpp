// Starting a pass on a data directory: the configuration a log was begun with, and its first rules.
#pragma once

#include <memory>
#include <string>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "gate/gate.hpp"

namespace weir::main {

// Returns the rules that ship with Weir (rules/default.rules), those of the bench of the pass
// (bench/rules30.rules), and those for the Handbook's stream (rules/handbook.rules).
std::string shipped_rules();
std::string bench_rules();
std::string handbook_rules();

// Returns a file's bytes.
Result<std::string> read_text_file(const std::string& path);

// Opens the gate. A new directory remembers the configuration that verdicts depend on; an old one
// must have the same, but for keys that can be reloaded (failed_precondition, config_differs, names
// the keys). A configuration other than the log's newest becomes its next version; `rules` take
// effect if the log has none yet.
Result<std::unique_ptr<gate::Gate>> start_pass(gate::GateOptions options, const Config& config,
                                               const std::string& rules, const std::string& author);

// Returns the configuration that the log in `dir` was begun with; not_found if there is none.
Result<std::shared_ptr<const Config>> logged_configuration(const std::string& dir);

}  // namespace weir::main
