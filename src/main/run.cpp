#include <cstdio>

#include "main/file_run.hpp"
#include "main/run_directory.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr auto kOptions =
    with_file_options({{"dir", "DIR", "data directory, default a new weir-run-NNN"}});

Result<int> run(const Arguments& args) {
  if (args.positional().empty()) {
    return fail(invalid_argument("usage", "weir run needs a file").hint("weir run tx.csv"));
  }
  const std::string dir = args.text("dir", fresh_directory("weir-run"));
  WEIR_TRY(run_files(args.positional(), args, {.dir = dir, .author = "run"}));
  std::printf("log: %s (weir verify %s; weir replay %s)\n", dir.c_str(), dir.c_str(), dir.c_str());
  return kExitOk;
}

}  // namespace

const Command kRunCommand = {"run", "FILE...", "score and commit files of transactions", kOptions,
                             run};

}  // namespace weir::main
