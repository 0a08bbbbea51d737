#include "main/scratch_dir.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace weir::main {

Result<std::unique_ptr<ScratchDir>> ScratchDir::create(const std::string& parent) {
  const char* const temporary = std::getenv("TMPDIR");
  std::string path = !parent.empty() ? parent : temporary != nullptr ? temporary : "/tmp";
  path += "/weir-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return fail(errno_status("create", path, errno));
  return std::unique_ptr<ScratchDir>(new ScratchDir(path));
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;  // what is left behind is in a directory for temporary files
  std::filesystem::remove_all(path_, ignored);
}

void keep_nothing(gate::GateOptions& options) {
  options.merge_submissions = false;
  options.snapshot_events = 0;
  options.segments.durability = storage::Durability::kProcess;
  options.segments.segment_bytes = std::uint64_t{128} << 20;
  options.pass.feature_rows = ledger::FeatureRowsMode::kSampled;
}

}  // namespace weir::main
