#include "main/masking.hpp"

#include <filesystem>
#include <fstream>

#include "main/pass_start.hpp"
#include "wire/csv/mapping.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kKeyBytesMin = 32;

}  // namespace

Result<std::shared_ptr<const wire::Masking>> load_masking(const Config& config) {
  std::vector<wire::EntityKind> kinds;
  for (const std::string& name : config.list("wire.mask")) {
    CHECK(wire::parse_entity_kind(name, kinds.emplace_back()));
  }
  if (kinds.empty()) return std::shared_ptr<const wire::Masking>();
  const std::string path(config.text("wire.mask_key_file"));
  WEIR_ASSIGN(std::string key, read_text_file(path));
  if (key.ends_with('\n')) key.pop_back();
  if (key.size() < kKeyBytesMin) {
    return fail(invalid_argument("mask_key_short", "wire.mask_key_file " + path + " holds " +
                                                       std::to_string(key.size()) +
                                                       " bytes; a key has 32 or more")
                    .hint("openssl rand -hex 32 > " + path));
  }
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
