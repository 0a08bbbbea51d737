// SqliteKeyStore: API keys in an SQLite file of their own, read whole at start and served from
// memory.
//
//   WEIR_ASSIGN(auto keys, SqliteKeyStore::open(data_dir + "/auth.db"));
//   keys->flush();   // now and then, off the I/O threads: writes the times of last use
//
// add() and revoke() are on disk before they return. find() and touch() never touch the disk.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "server/auth/key_store.hpp"
#include "storage/sqlite.hpp"

namespace weir::server {

class SqliteKeyStore final : public KeyStore {
 public:
  static Result<std::unique_ptr<SqliteKeyStore>> open(const std::string& path);

  Status add(const ApiKey& key) override;
  std::shared_ptr<const ApiKey> find(std::string_view id) override { return memory_.find(id); }
  std::vector<ApiKey> list() override { return memory_.list(); }
  Status revoke(std::string_view id, std::int64_t now_us) override;
  void touch(std::string_view id, std::int64_t now_us) override;
  // Writes the times of last use that changed since the last call.
  Status flush();

 private:
  explicit SqliteKeyStore(storage::Database db) : db_(std::move(db)) {}
  Status load();

  MemoryKeyStore memory_;
  std::mutex db_mutex_;
  storage::Database db_;  // guarded by db_mutex_
  std::mutex used_mutex_;
  std::unordered_map<std::string, std::int64_t> used_us_;  // guarded by used_mutex_
};

}  // namespace weir::server
