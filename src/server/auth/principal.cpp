#include "server/auth/principal.hpp"

#include <array>
#include <utility>

namespace weir::server {
namespace {

constexpr std::array<std::string_view, 4> kRoles = {"viewer", "analyst", "operator", "admin"};
constexpr std::array<std::pair<Scope, std::string_view>, 5> kScopes = {{
    {kScopeAll, "all"},
    {kScopeIngest, "ingest"},
    {kScopeRead, "read"},
    {kScopeEncode, "encode"},
    {kScopePatterns, "patterns"},
}};

}  // namespace

std::string_view role_name(Role role) {
  return kRoles[static_cast<std::size_t>(role)];
}

std::optional<Role> parse_role(std::string_view name) {
  for (std::size_t i = 0; i < kRoles.size(); ++i)
    if (kRoles[i] == name) return static_cast<Role>(i);
  return std::nullopt;
}

std::string scope_names(std::uint8_t scopes) {
  std::string names;
  for (const auto& [scope, name] : kScopes) {
    if ((scopes & scope) == 0) continue;
    if (!names.empty()) names += ' ';
    names += name;
  }
  return names;
}

std::optional<std::uint8_t> parse_scopes(std::string_view names) {
  unsigned set = 0;
  while (!names.empty()) {
    const std::size_t end = names.find_first_of(" ,");
    const std::string_view name = names.substr(0, end);
    names = end == std::string_view::npos ? std::string_view{} : names.substr(end + 1);
    if (name.empty()) continue;
    unsigned found = 0;
    for (const auto& [scope, known] : kScopes)
      if (known == name) found = scope;
    if (found == 0) return std::nullopt;
    set |= found;
  }
  if (set == 0) return std::nullopt;
  return static_cast<std::uint8_t>(set);
}

}  // namespace weir::server
