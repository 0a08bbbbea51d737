#include "main/run_directory.hpp"

#include <cstdio>
#include <filesystem>

namespace weir::main {

std::string fresh_directory(std::string_view prefix) {
  for (int number = 1;; ++number) {
    char suffix[16];
    std::snprintf(suffix, sizeof(suffix), "-%03d", number);
    std::string name = std::string(prefix) + suffix;
    if (!std::filesystem::exists(name)) return name;
  }
}

UnusedDirectory::UnusedDirectory(std::string path) {
  std::error_code error;
  const bool made = !path.empty() && std::filesystem::create_directories(path, error);
  if (made) path_ = std::move(path);
}

UnusedDirectory::~UnusedDirectory() {
  std::error_code error;
  if (!path_.empty()) std::filesystem::remove_all(path_, error);
}

}  // namespace weir::main
