#include <cstdio>
#include <filesystem>
#include <memory>

#include "main/file_run.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"dir", "DIR", "data directory, made if there is none"},
    {"resume", "", "go on behind the last committed row of the file"},
    kPresetOption,
    kMapOption,
    kRulesOption,
    kNoRulesOption,
    kOutOption,
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

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1 || !args.has("dir")) {
    return fail(invalid_argument("usage", "weir import needs one file and --dir")
                    .hint("weir import tx.csv --dir /var/lib/weir"));
  }
  const std::string dir = args.text("dir");
  if (args.has("resume") && !std::filesystem::is_directory(dir)) {
    return fail(not_found("no_log", "no log in " + dir));
  }
  WEIR_ASSIGN(const auto config, load_configuration(args));
  WEIR_ASSIGN(gate::GateOptions options, gate_options(*config, args, dir));
  options.merge_submissions = false;
  WEIR_ASSIGN(options.admission.batch_events, batch_option(args, options.admission.batch_events));
  FileRunOptions file;
  file.batch_events = options.admission.batch_events;
  file.resume = args.has("resume");
  WEIR_ASSIGN(const std::string rules, rules_option(args));
  WEIR_ASSIGN(const auto gate, start_pass(std::move(options), *config, rules, "import"));
  std::unique_ptr<VerdictFile> out;
  if (args.has("out")) {
    WEIR_ASSIGN(out, VerdictFile::create(args.text("out")));
    file.out = out.get();
  }
  WEIR_TRY(run_file(*gate, args.positional()[0], args, file));
  if (out != nullptr) WEIR_TRY(out->close());
  WEIR_TRY(gate->close());
  return kExitOk;
}

}  // namespace

const Command kImportCommand = {"import", "FILE", "add a file to the log of a data directory",
                                kOptions, run};

}  // namespace weir::main
