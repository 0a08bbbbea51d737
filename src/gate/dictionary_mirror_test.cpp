#include "gate/dictionary_mirror.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>

#include "gate/gate_fixture.hpp"
#include "storage/fault_files.hpp"

namespace weir::gate {
namespace {

using Names = std::vector<std::string>;  // "space/number/text", in the table's order

constexpr auto kChannelSpace = static_cast<std::uint8_t>(wire::Namespace::kChannel);

class DictionaryMirrorTest : public GateFixture {
 protected:
  void SetUp() override {
    GateFixture::SetUp();
    std::filesystem::create_directories(dir_);
    path_ = dir_ + "/weir.db";
  }
  void add(std::uint8_t space, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t i = first; i < first + count; ++i) {
      ASSERT_TRUE(dictionary_.add(space, "name " + std::to_string(i)));
    }
  }
  void execute(const std::string& sql) {
    auto db = storage::Database::open(path_);
    ASSERT_TRUE(db) << db.error().to_string();
    const Status status = db->execute(sql);
    ASSERT_TRUE(status.is_ok()) << status.to_string();
  }
  Names table() const {
    Names names;
    auto db = storage::Database::open(path_);
    if (!db) return names;
    auto all = db->prepare("SELECT space, value, text FROM dictionary ORDER BY space, value");
    if (!all) return names;
    for (auto row = all->step(); row && *row; row = all->step()) {
      names.push_back(std::to_string(all->i64(0)) + "/" + std::to_string(all->i64(1)) + "/" +
                      std::string(all->text(2)));
    }
    return names;
  }
  static Names names_of(const wire::Dictionary& dictionary) {
    Names names;
    for (unsigned space = 0; space < wire::kNamespaces; ++space) {
      const auto one = static_cast<std::uint8_t>(space);
      for (std::uint64_t value = 1; value <= dictionary.count(one); ++value) {
        names.push_back(std::to_string(space) + "/" + std::to_string(value) + "/" +
                        std::string(dictionary.text(one, value)));
      }
    }
    return names;
  }
  // Brings the table up to date with a mirror of its own, as a start does.
  void mirror_once() {
    DictionaryMirror mirror(path_, dictionary_);
    const Status status = mirror.catch_up();
    EXPECT_TRUE(status.is_ok()) << status.to_string();
  }

  std::string path_;
  wire::Dictionary dictionary_;
};

// Payments of accounts known by text: "a-FIRST" pays "a-FIRST+1" and so on.
wire::EventBatch named_stream(std::uint64_t first, std::size_t count) {
  wire::EventBatch batch = stream(first, count);
  const wire::TextIds ids;
  for (std::size_t row = 0; row < count; ++row) {
    const std::string payer = "a-" + std::to_string(first + row);
    const std::string payee = "a-" + std::to_string(first + row + 1);
    wire::Event& event = batch.events[row];
    EXPECT_TRUE(ids.entity(batch, wire::EntityKind::kAccount, payer, event.debtor));
    EXPECT_TRUE(ids.entity(batch, wire::EntityKind::kAccount, payee, event.creditor));
  }
  return batch;
}

TEST_F(DictionaryMirrorTest, HoldsWhatIsDurableAndNoMore) {
  add(0, 0, 40'000);
  DictionaryMirror mirror(path_, dictionary_);
  ASSERT_TRUE(mirror.catch_up().is_ok());
  const Names durable = names_of(dictionary_);
  EXPECT_EQ(table(), durable);
  add(kChannelSpace, 0, 2);
  add(0, 40'000, 3);
  ASSERT_TRUE(mirror.catch_up().is_ok());
  EXPECT_EQ(table(), durable) << "not durable yet";
  mirror.committed(dictionary_.mark());
  ASSERT_TRUE(mirror.catch_up().is_ok());
  EXPECT_EQ(table(), names_of(dictionary_));
}

TEST_F(DictionaryMirrorTest, NamesTheSpaces) {
  mirror_once();
  auto db = storage::Database::open(path_);
  ASSERT_TRUE(db);
  auto all = db->prepare("SELECT name FROM dictionary_space WHERE space IN (0, 4, 17, 64)");
  Names names;
  for (auto row = all->step(); row && *row; row = all->step()) names.emplace_back(all->text(0));
  EXPECT_EQ(names, (Names{"account", "card", "k17", "channel"}));
}

TEST_F(DictionaryMirrorTest, ALaterStartGoesOnWhereItEnded) {
  add(0, 0, 10);
  mirror_once();
  execute("CREATE TRIGGER kept BEFORE DELETE ON dictionary BEGIN SELECT RAISE(ABORT, 'kept'); END");
  add(kChannelSpace, 0, 5);
  add(0, 10, 10);
  mirror_once();
  EXPECT_EQ(table(), names_of(dictionary_));
}

TEST_F(DictionaryMirrorTest, TheLogWinsWhereTheyDisagree) {
  add(0, 0, 20);
  add(kChannelSpace, 0, 2);
  add(0, 20, 20);
  for (const char* const damage : {
           "UPDATE dictionary SET text = 'other' WHERE value = 7",
           "DELETE FROM dictionary WHERE value = 7",
           "DELETE FROM dictionary WHERE space = 64 AND value = 2",
           "UPDATE dictionary SET space = 1 WHERE value = 40",
           "INSERT INTO dictionary VALUES(0, 41, 'of a log whose end was lost')",
           "INSERT INTO dictionary VALUES(67, 1, 'no such space')",
           "INSERT INTO dictionary VALUES(-1, 1, 'no such space')",
           "DELETE FROM dictionary",
       }) {
    SCOPED_TRACE(damage);
    mirror_once();
    execute(damage);
    ASSERT_NE(table(), names_of(dictionary_));
    mirror_once();
    EXPECT_EQ(table(), names_of(dictionary_));
  }
}

TEST_F(DictionaryMirrorTest, GoesOnAfterAFailureBySeeingEverythingAgain) {
  add(0, 0, 10);
  DictionaryMirror mirror(path_, dictionary_);
  ASSERT_TRUE(mirror.catch_up().is_ok());
  add(0, 10, 10);
  mirror.committed(dictionary_.mark());
  execute("INSERT INTO dictionary VALUES(0, 15, 'in the way')");
  EXPECT_EQ(mirror.catch_up().reason(), "constraint");
  ASSERT_TRUE(mirror.catch_up().is_ok());
  EXPECT_EQ(table(), names_of(dictionary_));
}

TEST_F(DictionaryMirrorTest, AFileThatIsNoDatabaseIsLeftAlone) {
  const std::string text(4096, 'x');
  std::ofstream(path_) << text;
  add(0, 0, 10);
  DictionaryMirror mirror(path_, dictionary_);
  EXPECT_EQ(mirror.catch_up().code(), Code::kDataLoss);
  std::ostringstream now;
  now << std::ifstream(path_).rdbuf();
  EXPECT_EQ(now.str(), text);
}

// The child is killed while it writes: it says so after the first part of 41.
TEST_F(DictionaryMirrorTest, AKilledProcessLeavesAPrefixThatTheNextStartCompletes) {
  add(0, 0, DictionaryMirror::kRowsMax);
  const wire::Dictionary::Mark part = dictionary_.mark();
  add(0, DictionaryMirror::kRowsMax, 40 * DictionaryMirror::kRowsMax);
  int said[2];
  ASSERT_EQ(::pipe(said), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    DictionaryMirror mirror(path_, dictionary_);
    mirror.committed(part);
    if (!mirror.catch_up().is_ok() || ::write(said[1], "1", 1) != 1) ::_exit(1);
    mirror.committed(dictionary_.mark());
    ::_exit(mirror.catch_up().is_ok() ? 2 : 3);
  }
  char one = 0;
  ASSERT_EQ(::read(said[0], &one, 1), 1);
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
  ::close(said[0]);
  ::close(said[1]);
  const Names all = names_of(dictionary_);
  const Names left = table();
  ASSERT_GE(left.size(), DictionaryMirror::kRowsMax);
  ASSERT_LT(left.size(), all.size());
  EXPECT_EQ(left.size() % DictionaryMirror::kRowsMax, 0U) << "parts are whole";
  EXPECT_TRUE(std::equal(left.begin(), left.end(), all.begin()));
  mirror_once();
  EXPECT_EQ(table(), all);
}

TEST_F(DictionaryMirrorTest, AGateKeepsItAndALostOneIsMadeAgain) {
  open();
  ASSERT_EQ(ask(named_stream(1, 50)).accepted, 50U);
  ASSERT_TRUE(gate_->close().is_ok());
  const Names names = table();
  EXPECT_EQ(names.size(), 51U);
  EXPECT_EQ(names, names_of(gate_->pass().dictionary()));
  gate_.reset();
  for (const char* const file : {"/weir.db", "/weir.db-wal", "/weir.db-shm"}) {
    std::filesystem::remove(dir_ + file);
  }
  open();
  ASSERT_TRUE(gate_->close().is_ok());
  EXPECT_EQ(table(), names);
}

TEST_F(DictionaryMirrorTest, NamesOfABlockThatWasNotWrittenDoNotAppear) {
  storage::FaultFiles files;
  options_.segments.files = &files;
  options_.segments.durability = storage::Durability::kPower;
  open();
  ASSERT_EQ(ask(named_stream(1, 10)).accepted, 10U);
  const Names durable = names_of(gate_->pass().dictionary());
  files.fail_syncs_after(0, EIO);
  EXPECT_FALSE(ask(named_stream(100, 10)).status.is_ok());
  EXPECT_FALSE(gate_->close().is_ok());
  EXPECT_GT(names_of(gate_->pass().dictionary()).size(), durable.size());
  EXPECT_EQ(table(), durable);
  gate_.reset();
}

}  // namespace
}  // namespace weir::gate
