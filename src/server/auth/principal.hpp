// Principal: who is asking, and what that one may do.
//
//   if (principal.role < Role::kOperator) return permission_denied...
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::server {

// Each role may do what the ones before it may.
enum class Role : std::uint8_t { kViewer, kAnalyst, kOperator, kAdmin };
std::string_view role_name(Role role);
std::optional<Role> parse_role(std::string_view name);

// What a key's scopes allow. A key without kAll reaches only the routes its scopes name.
enum Scope : std::uint8_t {
  kScopeAll = 1,     // whatever the role allows
  kScopeIngest = 2,  // decide and ingest
  kScopeRead = 4,    // read-only routes
  kScopeEncode = 8,  // compatibility listeners
  kScopePatterns = 16,
};
inline constexpr std::uint8_t kScopesKnown = 31;
// Returns the names of a set, separated by blanks: "ingest read".
std::string scope_names(std::uint8_t scopes);
// Parses names separated by blanks or commas; nullopt for an unknown name or an empty set.
std::optional<std::uint8_t> parse_scopes(std::string_view names);

struct Principal {
  std::string name;  // "key:1a2b3c4d", "user:ana", "local:0"
  Role role = Role::kViewer;
  std::uint8_t scopes = kScopeAll;
  bool by_cookie = false;  // writes then need the CSRF token
  std::string csrf;        // of the session, or empty
};

}  // namespace weir::server
