#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <string>

#include "server/auth/key_store.hpp"
#include "server/auth/rate_limit.hpp"
#include "server/auth/secret.hpp"
#include "server/auth/sqlite_key_store.hpp"

namespace weir::server {
namespace {

// A file name that is removed again, with what SQLite puts beside it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name)
      : path(testing::TempDir() + name + "." + std::to_string(::getpid())) {}
  ~TemporaryFile() {
    for (const char* end : {"", "-wal", "-shm"}) std::remove((path + end).c_str());
  }
  const std::string path;
};

TEST(Secret, EncodesBase64UrlAsRfc4648) {
  EXPECT_EQ(base64url(as_bytes("f")), "Zg");
  EXPECT_EQ(base64url(as_bytes("fo")), "Zm8");
  EXPECT_EQ(base64url(as_bytes("foobar")), "Zm9vYmFy");
  const std::uint8_t high[] = {0xFB, 0xFF, 0xBF};
  EXPECT_EQ(base64url(high), "-_-_");
}

TEST(Secret, MakesTokensThatDiffer) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(random_token());
  EXPECT_EQ(tokens.size(), 1000U);
  EXPECT_EQ(tokens.begin()->size(), 43U);
}

TEST(KeyStore, StoresTheDigestAndNeverTheText) {
  MemoryKeyStore store;
  const auto made = create_key(store, {.label = "till", .role = Role::kAnalyst}, 5);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->text.size(), 57U);
  EXPECT_TRUE(made->text.starts_with("weir_" + made->id + "_"));
  const auto key = store.find(made->id);
  EXPECT_EQ(key->secret_sha256, secret_digest(made->text.substr(14)));
  const auto who = authenticate_key(store, made->text, "127.0.0.1", 6);
  ASSERT_TRUE(who);
  EXPECT_EQ((*who)->role, Role::kAnalyst);
  EXPECT_EQ((*who)->name, "key:" + made->id);
}

TEST(KeyStore, RefusesAnyChangedCharacter) {
  MemoryKeyStore store;
  const auto made = create_key(store, {.label = "x"}, 5);
  ASSERT_TRUE(made);
  for (std::size_t i = 0; i < made->text.size(); ++i) {
    std::string changed = made->text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(authenticate_key(store, changed, "127.0.0.1", 6)) << i;
  }
  EXPECT_FALSE(authenticate_key(store, made->text + "a", "127.0.0.1", 6));
  EXPECT_FALSE(authenticate_key(store, "", "127.0.0.1", 6));
}

TEST(SqliteKeyStore, KeepsKeysOverARestart) {
  const TemporaryFile file("weir_keys.db");
  std::string kept;
  std::string revoked;
  {
    auto store = SqliteKeyStore::open(file.path);
    ASSERT_TRUE(store) << store.error().to_string();
    auto first = create_key(**store,
                            {.label = "till \"4\"",
                             .role = Role::kOperator,
                             .scopes = kScopeIngest | kScopeRead,
                             .addresses = {"10.0.0.1", "::1"},
                             .expires_us = 900},
                            5);
    auto second = create_key(**store, {.label = "old"}, 6);
    ASSERT_TRUE(first && second);
    kept = first->text;
    revoked = second->text;
    ASSERT_TRUE((*store)->revoke(second->id, 7).is_ok());
    EXPECT_FALSE(authenticate_key(**store, kept, "::1", 900));  // expired by then
    ASSERT_TRUE(authenticate_key(**store, kept, "::1", 800));
    (*store)->touch(first->id, 70'000'000);
    ASSERT_TRUE((*store)->flush().is_ok());
  }
  auto store = SqliteKeyStore::open(file.path);
  ASSERT_TRUE(store) << store.error().to_string();
  const auto keys = (*store)->list();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].label, "till \"4\"");
  EXPECT_EQ(keys[0].addresses, (std::vector<std::string>{"10.0.0.1", "::1"}));
  EXPECT_EQ(keys[0].scopes, kScopeIngest | kScopeRead);
  EXPECT_EQ(keys[0].last_used_us, 70'000'000);
  EXPECT_EQ(keys[1].revoked_us, 7);
  EXPECT_TRUE(authenticate_key(**store, kept, "10.0.0.1", 800));
  EXPECT_FALSE(authenticate_key(**store, kept, "10.0.0.2", 800));
  EXPECT_FALSE(authenticate_key(**store, revoked, "::1", 800));
}

TEST(RateLimit, RefillsEvenlyAndKeepsNamesApart) {
  RateLimit limit({.per_minute = 60, .burst = 2});
  EXPECT_EQ(limit.take("a", 0), 0);
  EXPECT_EQ(limit.take("a", 0), 0);
  EXPECT_EQ(limit.take("a", 0), 1000);
  EXPECT_EQ(limit.take("b", 0), 0);
  EXPECT_EQ(limit.take("a", 500'000'000), 500);
  EXPECT_EQ(limit.take("a", 1'000'000'000), 0);
  EXPECT_EQ(limit.take("a", 1'000'000'000), 1000);
}

TEST(Lockout, LocksAfterFailuresInARowAndForgetsAtSuccess) {
  Lockout lockout(3, 1000);
  lockout.failed("a", 0);
  lockout.failed("a", 0);
  lockout.succeeded("a");
  lockout.failed("a", 0);
  lockout.failed("a", 0);
  EXPECT_EQ(lockout.locked_ms("a", 0), 0);
  lockout.failed("a", 0);
  EXPECT_EQ(lockout.locked_ms("a", 0), 1000);
  EXPECT_EQ(lockout.locked_ms("b", 0), 0);
  EXPECT_EQ(lockout.locked_ms("a", 1'000'000'000), 0);
}

TEST(Scopes, RoundTripThroughTheirNames) {
  for (unsigned set = 1; set <= kScopesKnown; ++set)
    EXPECT_EQ(parse_scopes(scope_names(static_cast<std::uint8_t>(set))), set);
  EXPECT_FALSE(parse_scopes(""));
  EXPECT_FALSE(parse_scopes("ingest sudo"));
}

}  // namespace
}  // namespace weir::server
