#include <filesystem>

#include "main/file_run.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr auto kOptions = with_file_options({
    {"dir", "DIR", "data directory, made if there is none"},
    {"resume", "", "go on behind the last committed row of the file"},
});

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1 || !args.has("dir")) {
    return fail(invalid_argument("usage", "weir import needs one file and --dir")
                    .hint("weir import tx.csv --dir /var/lib/weir"));
  }
  const std::string dir = args.text("dir");
  const bool resume = args.has("resume");
  if (resume && !std::filesystem::is_directory(dir)) {
    return fail(not_found("no_log", "no log in " + dir));
  }
  WEIR_TRY(run_files(args.positional(), args, {.dir = dir, .author = "import", .resume = resume}));
  return kExitOk;
}

}  // namespace

const Command kImportCommand = {"import", "FILE", "add a file to the log of a data directory",
                                kOptions, run};

}  // namespace weir::main
