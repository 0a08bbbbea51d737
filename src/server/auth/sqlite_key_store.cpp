#include "server/auth/sqlite_key_store.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace weir::server {
namespace {

constexpr std::array<std::string_view, 1> kSchema = {
    "CREATE TABLE api_key(id TEXT PRIMARY KEY, secret_sha256 BLOB NOT NULL, label TEXT NOT NULL,"
    " role TEXT NOT NULL, scopes TEXT NOT NULL, addresses TEXT NOT NULL, created_us INTEGER NOT "
    "NULL,"
    " last_used_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, revoked_us INTEGER NOT NULL)"};

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    parts.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return parts;
}

Status damaged(std::string_view id) {
  return data_loss("key_damaged", "the stored API key " + std::string(id) + " cannot be read");
}

}  // namespace

Result<std::unique_ptr<SqliteKeyStore>> SqliteKeyStore::open(const std::string& path) {
  WEIR_ASSIGN(storage::Database db, storage::Database::open(path));
  WEIR_TRY(db.migrate(kSchema));
  std::unique_ptr<SqliteKeyStore> store(new SqliteKeyStore(std::move(db)));
  WEIR_TRY(store->load());
  return store;
}

Status SqliteKeyStore::load() {
  const std::lock_guard lock(db_mutex_);
  WEIR_ASSIGN(storage::Statement all,
              db_.prepare("SELECT id, secret_sha256, label, role, scopes, addresses, created_us,"
                          " last_used_us, expires_us, revoked_us FROM api_key"));
  while (true) {
    WEIR_ASSIGN(const bool row, all.step());
    if (!row) return Status::ok();
    ApiKey key;
    key.id = all.text(0);
    const Bytes digest = all.blob(1);
    const auto role = parse_role(all.text(3));
    const auto scopes = parse_scopes(all.text(4));
    if (digest.size() != key.secret_sha256.size() || !role || !scopes) return damaged(key.id);
    std::memcpy(key.secret_sha256.data(), digest.data(), digest.size());
    key.label = all.text(2);
    key.role = *role;
    key.scopes = *scopes;
    key.addresses = split(all.text(5));
    key.created_us = all.i64(6);
    key.last_used_us = all.i64(7);
    key.expires_us = all.i64(8);
    key.revoked_us = all.i64(9);
    WEIR_TRY(memory_.add(key));
  }
}

Status SqliteKeyStore::add(const ApiKey& key) {
  const std::lock_guard lock(db_mutex_);
  if (memory_.find(key.id) != nullptr)
    return already_exists("key_id", "key id " + key.id + " is taken");
  WEIR_ASSIGN(storage::Statement insert,
              db_.prepare("INSERT INTO api_key VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"));
  insert.bind(1, key.id).bind_blob(2, key.secret_sha256).bind(3, key.label);
  insert.bind(4, role_name(key.role)).bind(5, scope_names(key.scopes));
  insert.bind(6, join(key.addresses)).bind(7, key.created_us).bind(8, key.last_used_us);
  insert.bind(9, key.expires_us).bind(10, key.revoked_us);
  WEIR_TRY(insert.run());
  return memory_.add(key);
}

Status SqliteKeyStore::revoke(std::string_view id, std::int64_t now_us) {
  const std::lock_guard lock(db_mutex_);
  WEIR_ASSIGN(storage::Statement update,
              db_.prepare("UPDATE api_key SET revoked_us=?2 WHERE id=?1 AND revoked_us=0"));
  WEIR_TRY(update.bind(1, id).bind(2, now_us).run());
  return memory_.revoke(id, now_us);
}

void SqliteKeyStore::touch(std::string_view id, std::int64_t now_us) {
  memory_.touch(id, now_us);
  const std::lock_guard lock(used_mutex_);
  used_us_[std::string(id)] = now_us;
}

Status SqliteKeyStore::flush() {
  std::unordered_map<std::string, std::int64_t> used;
  {
    const std::lock_guard lock(used_mutex_);
    used.swap(used_us_);
  }
  if (used.empty()) return Status::ok();
  const std::lock_guard lock(db_mutex_);
  WEIR_ASSIGN(storage::Transaction all, storage::Transaction::begin(db_));
  WEIR_ASSIGN(storage::Statement update,
              db_.prepare("UPDATE api_key SET last_used_us=?2 WHERE id=?1"));
  for (const auto& [id, at_us] : used) WEIR_TRY(update.bind(1, id).bind(2, at_us).run());
  return all.commit();
}

}  // namespace weir::server
