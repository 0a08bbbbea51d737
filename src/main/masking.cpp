#include "main/masking.hpp"

#include <filesystem>
#include <fstream>

#include "main/key_file.hpp"
#include "main/pass_start.hpp"
#include "wire/csv/mapping.hpp"

namespace weir::main {
Result<std::shared_ptr<const wire::Masking>> load_masking(const Config& config) {
  std::vector<wire::EntityKind> kinds;
  for (const std::string& name : config.list("wire.mask")) {
    CHECK(wire::parse_entity_kind(name, kinds.emplace_back()));
  }
  if (kinds.empty()) return std::shared_ptr<const wire::Masking>();
  WEIR_ASSIGN(const std::string key, read_key_file(config, "wire.mask_key_file"));
  return std::make_shared<const wire::Masking>(as_bytes(key), kinds);
}

Status remember_mask_key(const std::string& dir, const wire::Masking* masking) {
  if (masking == nullptr) return Status::ok();
  // The mask of a text that no party has tells the key apart without giving it away.
  const std::string mark = masking->mask("weir mask key\n") + "\n";
  const std::string path = dir + "/mask.key-id";
  if (std::filesystem::exists(path)) {
    WEIR_ASSIGN(const std::string known, read_text_file(path));
    if (known == mark) return Status::ok();
    return failed_precondition("mask_key_differs", "the texts in " + dir +
                                                       " are masked by another key than the one in "
                                                       "wire.mask_key_file")
        .hint("use the key that the directory was begun with");
  }
  std::ofstream file(path);
  file << mark;
  file.close();
  return file ? Status::ok() : errno_status("write", path, errno);
}

}  // namespace weir::main
