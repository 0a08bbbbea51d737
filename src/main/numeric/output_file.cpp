#include "main/numeric/output_file.hpp"

#include <cerrno>

namespace weir::main {

Result<OutputFile> OutputFile::open(const std::string& path) {
  if (path.empty() || path == "-") return OutputFile("the standard output", stdout);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return fail(errno_status("create", path, errno));
  return OutputFile(path, file);
}

OutputFile::~OutputFile() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

Status OutputFile::flush() {
  const bool whole = std::fwrite(text_.data(), 1, text_.size(), file_) == text_.size();
  text_.clear();
  return whole ? Status::ok() : errno_status("write", path_, errno);
}

Status OutputFile::close() {
  WEIR_TRY(flush());
  std::FILE* const file = std::exchange(file_, nullptr);
  const int failed = file == stdout ? std::fflush(file) : std::fclose(file);
  return failed == 0 ? Status::ok() : errno_status("write", path_, errno);
}

}  // namespace weir::main
