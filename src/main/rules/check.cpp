#include <cstdio>
#include <vector>

#include "decide/rules/rule_set.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    kSetOption,
};

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1) {
    return fail(invalid_argument("usage", "weir rules check needs one file"));
  }
  const std::string& path = args.positional()[0];
  WEIR_ASSIGN(const auto config, load_configuration(args));
  WEIR_ASSIGN(const gate::GateOptions options, gate_options(*config, args, ""));
  WEIR_ASSIGN(const std::string text, read_text_file(path));
  decide::CompileContext context;
  context.detectors = {"ensemble", "forest"};
  context.thresholds = options.pass.thresholds;
  context.window_keys_max = options.pass.window_keys_max;
  std::vector<decide::RuleError> errors;
  const auto rules = decide::check_rules(text, context, errors);
  for (const decide::RuleError& error : errors) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), error.to_string().c_str());
  }
  if (!rules) {
    std::fprintf(stderr, "%s: %zu error%s\n", path.c_str(), errors.size(),
                 errors.size() == 1 ? "" : "s");
    if (errors.empty()) return fail(rules.error());
    return kExitInput;
  }
  std::printf("%s: %s", path.c_str(), (*rules)->describe().c_str());
  return kExitOk;
}

}  // namespace

const Command kRulesCheckCommand = {"rules check", "FILE", "compile rules; show what windows cost",
                                    kOptions, run};

}  // namespace weir::main
