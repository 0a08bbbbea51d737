#include "main/version.hpp"

#include <cstdio>

#include "base/isa.hpp"
#include "main/verbs.hpp"

namespace weir::main {

std::string_view program_version() {
  return WEIR_VERSION;
}
std::string_view program_commit() {
  return WEIR_COMMIT;
}

namespace {

Result<int> run(const Arguments&) {
  std::printf("weir %s (%s), dispatching to %s\n", WEIR_VERSION, WEIR_COMMIT,
              std::string(isa_name(isa_active())).c_str());
  return kExitOk;
}

}  // namespace

const Command kVersionCommand = {"version", "", "print the version", {}, run};

}  // namespace weir::main
