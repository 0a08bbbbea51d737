// KeyStore: API keys. The text of a key is shown once, when it is made; the store keeps its digest.
//
//   WEIR_ASSIGN(const NewKey made,
//               create_key(store, {.label = "till 4", .role = Role::kAnalyst}, clock));
//   const auto principal = authenticate_key(store, made.text, "10.0.0.7", clock.wall_us());
//
// Text: "weir_" + 8 hexadecimal digits (the id) + "_" + 43 base64url characters (256 random bits).
// A secret of full entropy needs no slow hash: SHA-256 is stored and compared in constant time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "server/auth/principal.hpp"

namespace weir::server {

struct ApiKey {
  std::string id{};  // 8 lower-case hexadecimal digits
  Digest secret_sha256{};
  std::string label{};
  Role role = Role::kViewer;
  std::uint8_t scopes = kScopeAll;
  std::vector<std::string> addresses{};  // peers that may use it; empty: any
  std::int64_t created_us = 0;
  std::int64_t last_used_us = 0;  // 0: never; to the minute
  std::int64_t expires_us = 0;    // 0: never
  std::int64_t revoked_us = 0;    // 0: in force
};

// Thread-safe. find() is on the path of every request and must not touch a disk.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  virtual Status add(const ApiKey& key) = 0;  // already_exists for a taken id
  virtual std::shared_ptr<const ApiKey> find(std::string_view id) = 0;  // null if unknown
  virtual std::vector<ApiKey> list() = 0;                               // by creation
  virtual Status revoke(std::string_view id, std::int64_t now_us) = 0;
  virtual void touch(std::string_view id, std::int64_t now_us) = 0;
};

class MemoryKeyStore final : public KeyStore {
 public:
  Status add(const ApiKey& key) override;
  std::shared_ptr<const ApiKey> find(std::string_view id) override;
  std::vector<ApiKey> list() override;
  Status revoke(std::string_view id, std::int64_t now_us) override;
  void touch(std::string_view id, std::int64_t now_us) override;

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const ApiKey>> keys_;
};

struct NewKey {
  std::string id;
  std::string text;  // the only time it is seen
};
// Makes and stores a key from the label, role, scopes, addresses and expiry of `wanted`.
Result<NewKey> create_key(KeyStore& store, ApiKey wanted, std::int64_t now_us);

// Returns who a key's text stands for; unauthenticated (key_malformed, key_unknown, key_revoked,
// key_expired, key_address) otherwise. The message never holds the secret.
Result<std::shared_ptr<const Principal>> authenticate_key(KeyStore& store, std::string_view text,
                                                          std::string_view address,
                                                          std::int64_t now_us);

}  // namespace weir::server
