// Database: a small owner of an SQLite connection in WAL mode, with prepared statements,
// transactions and migrations. Errors are Status values; the only include of sqlite3.h is in
// sqlite.cpp.
//
//   WEIR_ASSIGN(Database db, Database::open(dir + "/weir.db"));
//   WEIR_TRY(db.migrate({"CREATE TABLE keys(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"}));
//   WEIR_ASSIGN(Statement insert, db.prepare("INSERT INTO keys(name) VALUES(?1)"));
//   WEIR_TRY(insert.bind(1, "ops").run());
//   WEIR_ASSIGN(Statement all, db.prepare("SELECT id, name FROM keys"));
//   while (true) {
//     WEIR_ASSIGN(const bool row, all.step());
//     if (!row) break;
//     use(all.i64(0), all.text(1));
//   }
//
// A Database and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::storage {

// A prepared statement. Parameters count from 1, columns from 0, as in SQLite.
class Statement {
 public:
  Statement(Statement&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), bind_error_(other.bind_error_) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(bind_error_, other.bind_error_);
    return *this;
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Bind a parameter; texts and blobs are copied. A wrong index is reported by the next step().
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, int value) { return bind(index, std::int64_t{value}); }
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view value);
  Statement& bind(int index, const char* value) { return bind(index, std::string_view(value)); }
  Statement& bind_blob(int index, Bytes value);
  Statement& bind_null(int index);

  // Moves to the next row; false when there is none. After false or a failure the statement is
  // reset.
  Result<bool> step();
  // Runs a statement to its end, ignoring rows, and resets it for new parameters.
  Status run();
  // Resets and forgets the parameters.
  void reset();

  // Read the current row. Texts and blobs live until the next step(). NULL reads as 0 or empty.
  std::int64_t i64(int column) const;
  double f64(int column) const;
  std::string_view text(int column) const;
  Bytes blob(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  sqlite3_stmt* handle_ = nullptr;
  int bind_error_ = 0;
};

class Database {
 public:
  struct Options {
    int busy_timeout_ms = 5000;
    bool read_only = false;
    bool synchronous_full =
        true;  // false: a power cut may lose the last transactions, never the file
  };
  // Opens or creates the file (":memory:" for a private one) in WAL mode with foreign keys on.
  static Result<Database> open(const std::string& path, const Options& options);
  static Result<Database> open(const std::string& path) { return open(path, Options()); }
  Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Database& operator=(Database&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Runs one or more statements without parameters or rows.
  Status execute(std::string_view sql);
  Result<Statement> prepare(std::string_view sql);

  // Brings the schema to version steps.size(): runs the steps not yet applied, each in its
  // transaction with user_version. failed_precondition (schema_newer) if the file is ahead of this
  // program.
  Status migrate(std::span<const std::string_view> steps);
  Result<std::int64_t> user_version();

  // Copies the live database to `path` by SQLite's backup interface, as one consistent state.
  Status backup_to(const std::string& path);
  // Runs SQLite's integrity check; data_loss (database_damaged) with the first finding.
  Status check_integrity();

  std::int64_t last_insert_id() const;
  // Returns how many rows the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  Status error(std::string_view what, int code) const;
  sqlite3* handle_ = nullptr;
};

// BEGIN IMMEDIATE now; rolls back on destruction unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& db);
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database* db) : db_(db) {}
  Database* db_;
};

}  // namespace weir::storage
