#include "main/key_file.hpp"

#include "main/pass_start.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kKeyBytesMin = 32;

}  // namespace

Result<std::string> read_key_file(const Config& config, std::string_view name) {
  const std::string path(config.text(name));
  WEIR_ASSIGN(std::string key, read_text_file(path));
  if (key.ends_with('\n')) key.pop_back();
  if (key.size() >= kKeyBytesMin) return key;
  return fail(invalid_argument("key_short", std::string(name) + " " + path + " holds " +
                                                std::to_string(key.size()) +
                                                " bytes; a key has 32 or more")
                  .hint("openssl rand -hex 32 > " + path));
}

}  // namespace weir::main
