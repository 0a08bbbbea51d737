#include "server/auth/key_store.hpp"

#include <algorithm>
#include <utility>

#include "server/auth/secret.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kPrefix = "weir_";
constexpr std::size_t kIdSize = 8;
constexpr std::size_t kSecretSize = 43;
constexpr std::int64_t kTouchEveryUs = 60'000'000;

Status unauthenticated(std::string_view reason, std::string message) {
  return {Code::kUnauthenticated, reason, std::move(message)};
}

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Splits "weir_ID_SECRET"; false if the text has another shape.
bool split_key(std::string_view text, std::string_view& id, std::string_view& secret) {
  if (text.size() != kPrefix.size() + kIdSize + 1 + kSecretSize) return false;
  if (!text.starts_with(kPrefix)) return false;
  id = text.substr(kPrefix.size(), kIdSize);
  if (text[kPrefix.size() + kIdSize] != '_' || !is_lower_hex(id)) return false;
  secret = text.substr(kPrefix.size() + kIdSize + 1);
  return true;
}

}  // namespace

Status MemoryKeyStore::add(const ApiKey& key) {
  const std::lock_guard lock(mutex_);
  if (!keys_.emplace(key.id, std::make_shared<const ApiKey>(key)).second)
    return already_exists("key_id", "key id " + key.id + " is taken");
  return Status::ok();
}

std::shared_ptr<const ApiKey> MemoryKeyStore::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(std::string(id));
  return found == keys_.end() ? nullptr : found->second;
}

std::vector<ApiKey> MemoryKeyStore::list() {
  std::vector<ApiKey> keys;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, key] : keys_) keys.push_back(*key);
  }
  std::sort(keys.begin(), keys.end(), [](const ApiKey& a, const ApiKey& b) {
    return std::pair(a.created_us, a.id) < std::pair(b.created_us, b.id);
  });
  return keys;
}

Status MemoryKeyStore::revoke(std::string_view id, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(std::string(id));
  if (found == keys_.end()) return not_found("key_unknown", "no key " + std::string(id));
  ApiKey changed = *found->second;
  if (changed.revoked_us == 0) changed.revoked_us = now_us;
  found->second = std::make_shared<const ApiKey>(std::move(changed));
  return Status::ok();
}

void MemoryKeyStore::touch(std::string_view id, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(std::string(id));
  if (found == keys_.end()) return;
  ApiKey changed = *found->second;
  changed.last_used_us = now_us;
  found->second = std::make_shared<const ApiKey>(std::move(changed));
}

Result<NewKey> create_key(KeyStore& store, ApiKey wanted, std::int64_t now_us) {
  std::array<std::uint8_t, 4> id;
  random_bytes(id);
  const std::string secret = random_token();
  wanted.id = to_hex(id);
  wanted.secret_sha256 = secret_digest(secret);
  wanted.created_us = now_us;
  wanted.last_used_us = 0;
  wanted.revoked_us = 0;
  WEIR_TRY(store.add(wanted));
  return NewKey{wanted.id, std::string(kPrefix) + wanted.id + "_" + secret};
}

Result<std::shared_ptr<const Principal>> authenticate_key(KeyStore& store, std::string_view text,
                                                          std::string_view address,
                                                          std::int64_t now_us) {
  std::string_view id;
  std::string_view secret;
  if (!split_key(text, id, secret))
    return fail(unauthenticated("key_malformed", "that is not a Weir API key"));
  const std::shared_ptr<const ApiKey> key = store.find(id);
  const Digest given = secret_digest(secret);
  // An unknown id is compared too, so that its answer takes as long as a wrong secret's.
  const Digest expected = key ? key->secret_sha256 : Digest{};
  if (!equal_in_constant_time(given, expected) || key == nullptr)
    return fail(unauthenticated("key_unknown", "the API key is not known"));
  const std::string name(id);
  if (key->revoked_us != 0)
    return fail(unauthenticated("key_revoked", "API key " + name + " was revoked"));
  if (key->expires_us != 0 && now_us >= key->expires_us)
    return fail(unauthenticated("key_expired", "API key " + name + " has expired"));
  const auto& allowed = key->addresses;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), address) == allowed.end())
    return fail(unauthenticated("key_address", "API key " + name + " may not be used from here"));
  if (now_us - key->last_used_us >= kTouchEveryUs) store.touch(id, now_us);
  auto principal = std::make_shared<Principal>();
  principal->name = "key:" + name;
  principal->role = key->role;
  principal->scopes = key->scopes;
  return std::shared_ptr<const Principal>(std::move(principal));
}

}  // namespace weir::server
