#include "storage/sqlite.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

#include "storage/record_for_test.hpp"

namespace weir::storage {
namespace {

Database must_open(const std::string& path) {
  auto db = Database::open(path);
  EXPECT_TRUE(db.has_value()) << (db ? "" : db.error().to_string());
  return std::move(*db);
}

std::int64_t count(Database& db) {
  auto query = db.prepare("SELECT count(*) FROM t");
  EXPECT_TRUE(query && *query->step());
  return query->i64(0);
}

TEST(Database, KeepsValuesOfEveryTypeExactly) {
  Database db = must_open(":memory:");
  ASSERT_TRUE(db.execute("CREATE TABLE t(a INTEGER, b REAL, c TEXT, d BLOB, e TEXT)").is_ok());
  auto insert = db.prepare("INSERT INTO t VALUES(?1, ?2, ?3, ?4, ?5)");
  ASSERT_TRUE(insert.has_value());
  const std::string text("a\0b\"';--", 8);
  const std::array<std::uint8_t, 3> blob = {0, 255, 7};
  insert->bind(1, std::numeric_limits<std::int64_t>::min()).bind(2, 0.1).bind(3, text);
  ASSERT_TRUE(insert->bind_blob(4, blob).bind_null(5).run().is_ok());
  ASSERT_TRUE(insert->bind(1, 1).bind(3, std::string_view()).bind_blob(4, {}).run().is_ok());
  EXPECT_EQ(db.last_insert_id(), 2);
  EXPECT_EQ(db.changes(), 1);

  auto query = db.prepare("SELECT a, b, c, d, e FROM t ORDER BY rowid");
  ASSERT_TRUE(*query->step());
  EXPECT_EQ(query->i64(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(query->f64(1), 0.1);
  EXPECT_EQ(query->text(2), text);
  EXPECT_EQ(to_hex(query->blob(3)), "00ff07");
  EXPECT_TRUE(query->is_null(4));
  EXPECT_TRUE(query->text(4).empty());
  ASSERT_TRUE(*query->step());
  EXPECT_TRUE(query->is_null(1));  // parameters are forgotten between runs
  EXPECT_FALSE(query->is_null(2));
  EXPECT_FALSE(query->is_null(3));
  EXPECT_FALSE(*query->step());
}

TEST(Database, ReportsWhatIsWrong) {
  Database db = must_open(":memory:");
  EXPECT_EQ(db.prepare("SELEC 1").error().reason(), "sql");
  EXPECT_EQ(db.prepare("  ").error().reason(), "sql");
  ASSERT_TRUE(db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY)").is_ok());
  auto insert = db.prepare("INSERT INTO t VALUES(?1)");
  ASSERT_TRUE(insert->bind(1, 5).run().is_ok());
  EXPECT_EQ(insert->bind(1, 5).run().code(), Code::kAlreadyExists);
  EXPECT_TRUE(insert->bind(1, 6).run().is_ok());
  EXPECT_FALSE(insert->bind(2, 6).run().is_ok());
  EXPECT_TRUE(insert->bind(1, 7).run().is_ok());
  EXPECT_EQ(Database::open("/no/such/dir/x.db").error().code(), Code::kUnavailable);
}

TEST(Database, RefusesAFileThatIsNoDatabase) {
  TestDir dir;
  const std::string path = dir.path() + "/x.db";
  std::ofstream(path) << std::string(8192, 'x');
  const auto db = Database::open(path);
  ASSERT_FALSE(db.has_value());
  EXPECT_EQ(db.error().code(), Code::kDataLoss);
}

TEST(Database, RollsBackATransactionThatIsNotCommitted) {
  Database db = must_open(":memory:");
  ASSERT_TRUE(db.execute("CREATE TABLE t(a)").is_ok());
  {
    auto transaction = Transaction::begin(db);
    ASSERT_TRUE(db.execute("INSERT INTO t VALUES(1)").is_ok());
  }
  EXPECT_EQ(count(db), 0);
  {
    auto transaction = Transaction::begin(db);
    ASSERT_TRUE(db.execute("INSERT INTO t VALUES(1)").is_ok());
    ASSERT_TRUE(transaction->commit().is_ok());
  }
  EXPECT_EQ(count(db), 1);
}

TEST(Database, SurvivesReopeningAndServesAReaderBesideTheWriter) {
  TestDir dir;
  const std::string path = dir.path() + "/x.db";
  {
    Database db = must_open(path);
    ASSERT_TRUE(db.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)").is_ok());
  }
  Database writer = must_open(path);
  auto reader = Database::open(path, {.busy_timeout_ms = 0, .read_only = true});
  ASSERT_TRUE(reader.has_value());
  auto transaction = Transaction::begin(writer);
  ASSERT_TRUE(writer.execute("INSERT INTO t VALUES(2)").is_ok());
  EXPECT_EQ(count(*reader), 1);
  EXPECT_EQ(reader->execute("INSERT INTO t VALUES(3)").code(), Code::kPermissionDenied);
  auto other = Database::open(path, {.busy_timeout_ms = 0});
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(Transaction::begin(*other).error().reason(), "database_unavailable");
  ASSERT_TRUE(transaction->commit().is_ok());
  EXPECT_EQ(count(*reader), 2);
}

TEST(Database, MigratesStepByStepAndRefusesWhatIsNewer) {
  TestDir dir;
  const std::string path = dir.path() + "/x.db";
  const std::array<std::string_view, 2> two = {"CREATE TABLE t(a)", "INSERT INTO t VALUES(1)"};
  {
    Database db = must_open(path);
    ASSERT_TRUE(db.migrate(std::span(two).first(1)).is_ok());
    EXPECT_EQ(*db.user_version(), 1);
    ASSERT_TRUE(db.migrate(two).is_ok());
    ASSERT_TRUE(db.migrate(two).is_ok());
    EXPECT_EQ(count(db), 1);
  }
  Database db = must_open(path);
  EXPECT_EQ(db.migrate(std::span(two).first(1)).reason(), "schema_newer");
  const std::array<std::string_view, 3> broken = {two[0], two[1], "INSERT INTO t VALUES(2); oops"};
  EXPECT_FALSE(db.migrate(broken).is_ok());
  EXPECT_EQ(*db.user_version(), 2);
  EXPECT_EQ(count(db), 1);
}

TEST(Database, BacksUpWhileItIsOpen) {
  TestDir dir;
  Database db = must_open(dir.path() + "/x.db");
  ASSERT_TRUE(db.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1)").is_ok());
  ASSERT_TRUE(db.backup_to(dir.path() + "/copy.db").is_ok());
  Database copy = must_open(dir.path() + "/copy.db");
  EXPECT_EQ(count(copy), 1);
  EXPECT_TRUE(copy.check_integrity().is_ok());
}

}  // namespace
}  // namespace weir::storage
