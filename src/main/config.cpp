// The configuration before anything runs on it: checked, printed, described.
#include <cstdio>

#include "base/config/render.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr Option kCheckOptions[] = {kConfigOption, kSetOption};
constexpr Option kPrintOptions[] = {
    {"diff-default", "", "only what differs from the defaults"},
    kConfigOption,
    kSetOption,
};

Result<int> run_check(const Arguments& args) {
  ConfigInputs inputs;
  inputs.file_path =
      args.positional().empty() ? args.text("config", "weir.toml") : args.positional()[0];
  auto text = read_text_file(inputs.file_path);
  if (!text) return fail(Status(text.error()).hint("weir config init > weir.toml writes one"));
  inputs.file_text = std::move(*text);
  inputs.environment = config_environment();
  inputs.flags = args.texts("set");
  const ConfigLoad load = load_config(inputs);
  for (const ConfigProblem& problem : load.problems) {
    std::fprintf(stderr, "%s\n", problem.to_string().c_str());
  }
  if (load.config == nullptr) return kExitInput;
  WEIR_TRY(gate_options(*load.config, args, ""));
  std::printf("%s: sound\n", inputs.file_path.c_str());
  return kExitOk;
}

Result<int> run_print(const Arguments& args) {
  WEIR_ASSIGN(const ConfigLoad load, read_configuration(args, std::nullopt));
  if (!load.problems.empty()) return fail(config_status(load.problems));
  ConfigPrintOptions options;
  options.diff_default = args.has("diff-default");
  std::fputs(print_config(*load.config, options).c_str(), stdout);
  return kExitOk;
}

Result<int> run_schema(const Arguments&) {
  std::printf("%s\n", config_json_schema().c_str());
  return kExitOk;
}

Result<int> run_init(const Arguments&) {
  std::fputs(config_example().c_str(), stdout);
  return kExitOk;
}

}  // namespace

const Command kConfigCheckCommand = {
    "config check", "[FILE]", "name every problem of a configuration", kCheckOptions, run_check};
const Command kConfigPrintCommand = {"config print", "",
                                     "the effective configuration, with the source of each value",
                                     kPrintOptions, run_print};
const Command kConfigSchemaCommand = {
    "config schema", "", "the JSON Schema of the file", {}, run_schema};
const Command kConfigInitCommand = {
    "config init", "", "a file with every key, its help and default, to begin with", {}, run_init};

}  // namespace weir::main
