#include "storage/sqlite.hpp"

#include <sqlite3.h>

#include "base/check.hpp"

namespace weir::storage {
namespace {

Code code_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return Code::kUnavailable;
    case SQLITE_FULL:
      return Code::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kDataLoss;
    case SQLITE_CONSTRAINT:
      return Code::kAlreadyExists;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::kPermissionDenied;
    case SQLITE_TOOBIG:
      return Code::kOutOfRange;
    default:
      return Code::kInternal;
  }
}

std::string_view reason_of(Code code) {
  switch (code) {
    case Code::kUnavailable:
      return "database_unavailable";
    case Code::kResourceExhausted:
      return "disk_full";
    case Code::kDataLoss:
      return "database_damaged";
    case Code::kAlreadyExists:
      return "constraint";
    case Code::kPermissionDenied:
      return "database_read_only";
    case Code::kOutOfRange:
      return "value_too_large";
    default:
      return "sql";
  }
}

Status sqlite_status(std::string_view what, sqlite3* handle, int code) {
  const Code canonical = code_of(code);
  std::string message(what);
  message += ": ";
  message += handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  return {canonical, reason_of(canonical), std::move(message)};
}

}  // namespace

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

namespace {
void keep_first(int& error, int code) {
  if (error == SQLITE_OK) error = code;
}
}  // namespace

Statement& Statement::bind(int index, std::int64_t value) {
  keep_first(bind_error_, sqlite3_bind_int64(handle_, index, value));
  return *this;
}

Statement& Statement::bind(int index, double value) {
  keep_first(bind_error_, sqlite3_bind_double(handle_, index, value));
  return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
  // An empty text is not NULL, but SQLite takes a null pointer for one.
  const char* text = value.data() != nullptr ? value.data() : "";
  keep_first(bind_error_, sqlite3_bind_text64(handle_, index, text, value.size(), SQLITE_TRANSIENT,
                                              SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int index, Bytes value) {
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  keep_first(bind_error_,
             sqlite3_bind_blob64(handle_, index, data, value.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int index) {
  keep_first(bind_error_, sqlite3_bind_null(handle_, index));
  return *this;
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) {
    const int code = bind_error_;
    Status status = sqlite_status("bind", nullptr, code);
    reset();
    return fail(std::move(status));
  }
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  Status status =
      code == SQLITE_DONE ? Status::ok() : sqlite_status("step", sqlite3_db_handle(handle_), code);
  sqlite3_reset(handle_);
  if (!status) return fail(std::move(status));
  return false;
}

Status Statement::run() {
  while (true) {
    WEIR_ASSIGN(const bool row, step());
    if (!row) break;
  }
  reset();
  return Status::ok();
}

void Statement::reset() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  bind_error_ = SQLITE_OK;
}

std::int64_t Statement::i64(int column) const {
  return sqlite3_column_int64(handle_, column);
}

double Statement::f64(int column) const {
  return sqlite3_column_double(handle_, column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Bytes Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

Result<Database> Database::open(const std::string& path, const Options& options) {
  sqlite3* handle = nullptr;
  const int flags =
      (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
      SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database db(handle);  // SQLite gives a handle to close even when it fails
  if (code != SQLITE_OK) return fail(sqlite_status("open " + path, handle, code));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, options.busy_timeout_ms);
  if (!options.read_only) {
    WEIR_TRY(db.execute("PRAGMA journal_mode=WAL"));
    WEIR_TRY(db.execute(options.synchronous_full ? "PRAGMA synchronous=FULL"
                                                 : "PRAGMA synchronous=NORMAL"));
  }
  WEIR_TRY(db.execute("PRAGMA foreign_keys=ON"));
  return db;
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

Status Database::error(std::string_view what, int code) const {
  return sqlite_status(what, handle_, code);
}

Status Database::execute(std::string_view sql) {
  const int code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(sql.substr(0, 80), code);
  return Status::ok();
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return fail(error(sql.substr(0, 80), code));
  if (handle == nullptr) return fail(invalid_argument("sql", "the statement is empty"));
  return Statement(handle);
}

Result<std::int64_t> Database::user_version() {
  WEIR_ASSIGN(Statement query, prepare("PRAGMA user_version"));
  WEIR_ASSIGN(const bool row, query.step());
  CHECK(row);
  return query.i64(0);
}

Status Database::migrate(std::span<const std::string_view> steps) {
  WEIR_ASSIGN(const std::int64_t found, user_version());
  const auto known = static_cast<std::int64_t>(steps.size());
  if (found > known) {
    return failed_precondition("schema_newer", "the database has schema " + std::to_string(found) +
                                                   "; this build knows 1 to " +
                                                   std::to_string(known))
        .hint("run the newer weir, or restore a backup");
  }
  for (std::int64_t version = found; version < known; ++version) {
    WEIR_ASSIGN(Transaction transaction, Transaction::begin(*this));
    WEIR_TRY(execute(steps[static_cast<std::size_t>(version)]));
    WEIR_TRY(execute("PRAGMA user_version=" + std::to_string(version + 1)));
    WEIR_TRY(transaction.commit());
  }
  return Status::ok();
}

Status Database::backup_to(const std::string& path) {
  WEIR_ASSIGN(Database target, open(path));
  sqlite3_backup* backup = sqlite3_backup_init(target.handle_, "main", handle_, "main");
  if (backup == nullptr) return target.error("backup to " + path, sqlite3_errcode(target.handle_));
  int code = SQLITE_OK;
  constexpr int kPagesAStep = 256;  // writers of the source get in between steps
  do {
    code = sqlite3_backup_step(backup, kPagesAStep);
  } while (code == SQLITE_OK);
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return target.error("backup to " + path, code);
  return Status::ok();
}

Status Database::check_integrity() {
  WEIR_ASSIGN(Statement check, prepare("PRAGMA integrity_check(1)"));
  WEIR_ASSIGN(const bool row, check.step());
  if (row && check.text(0) == "ok") return Status::ok();
  return data_loss("database_damaged", row ? std::string(check.text(0)) : "integrity check failed");
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_);
}
std::int64_t Database::changes() const {
  return sqlite3_changes64(handle_);
}

Result<Transaction> Transaction::begin(Database& db) {
  WEIR_TRY(db.execute("BEGIN IMMEDIATE"));
  return Transaction(&db);
}

Status Transaction::commit() {
  CHECK(db_ != nullptr);
  WEIR_TRY(db_->execute("COMMIT"));
  db_ = nullptr;
  return Status::ok();
}

Transaction::~Transaction() {
  // A failure here means that SQLite has rolled back already.
  if (db_ != nullptr) static_cast<void>(db_->execute("ROLLBACK"));
}

}  // namespace weir::storage
