#include <cstdio>
#include <memory>

#include "main/file_run.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/run_directory.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

// clang-format off
constexpr Option kOptions[] = {
    kPresetOption,
    kMapOption,
    kRulesOption,
    kNoRulesOption,
    kOutOption,
    {"dir", "DIR", "data directory, default a new weir-run-NNN"},
    kLabelDelayOption,
    kBatchOption,
    kMaxErrorsOption,
    kStepOption,
    kStartOption,
    kZoneOption,
    kDecimalOption,
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kSetOption,
};
// clang-format on

Result<int> run(const Arguments& args) {
  if (args.positional().empty()) {
    return fail(invalid_argument("usage", "weir run needs a file").hint("weir run tx.csv"));
  }
  WEIR_ASSIGN(const auto config, load_configuration(args));
  const std::string dir = args.text("dir", fresh_directory("weir-run"));
  WEIR_ASSIGN(gate::GateOptions options, gate_options(*config, args, dir));
  options.merge_submissions = false;
  WEIR_ASSIGN(options.admission.batch_events, batch_option(args, options.admission.batch_events));
  FileRunOptions file;
  file.batch_events = options.admission.batch_events;
  WEIR_ASSIGN(const std::string rules, rules_option(args));
  WEIR_ASSIGN(const auto gate, start_pass(std::move(options), *config, rules, "run"));
  std::unique_ptr<VerdictFile> out;
  if (args.has("out")) {
    WEIR_ASSIGN(out, VerdictFile::create(args.text("out")));
    file.out = out.get();
  }
  for (const std::string& path : args.positional()) {
    WEIR_TRY(run_file(*gate, path, args, file));
  }
  if (out != nullptr) WEIR_TRY(out->close());
  WEIR_TRY(gate->close());
  std::printf("log: %s (weir verify %s; weir replay %s)\n", dir.c_str(), dir.c_str(), dir.c_str());
  return kExitOk;
}

}  // namespace

const Command kRunCommand = {"run", "FILE...", "score and commit files of transactions", kOptions,
                             run};

}  // namespace weir::main
