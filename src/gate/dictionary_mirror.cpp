#include "gate/dictionary_mirror.hpp"

#include <array>
#include <chrono>

#include "base/log.hpp"
#include "decide/rules/fields.hpp"

namespace weir::gate {
namespace {

constexpr std::chrono::milliseconds kPeriod{100};
constexpr std::chrono::seconds kRetryPeriod{5};

constexpr std::array<std::string_view, 1> kSchema = {
    "CREATE TABLE dictionary(space INTEGER NOT NULL, value INTEGER NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY(space, value)) WITHOUT ROWID;"
    "CREATE TABLE dictionary_space(space INTEGER PRIMARY KEY, name TEXT NOT NULL)"};

std::string space_name(std::uint8_t space) {
  switch (static_cast<wire::Namespace>(space)) {
    case wire::Namespace::kChannel:
      return "channel";
    case wire::Namespace::kCategory:
      return "category";
    case wire::Namespace::kAsset:
      return "asset";
  }
  const auto kind = static_cast<wire::EntityKind>(space);
  if (kind >= wire::EntityKind::kUserFirst) return "k" + std::to_string(space);
  return std::string(decide::entity_kind_name(kind));
}

Status name_spaces(storage::Database& db) {
  WEIR_ASSIGN(auto insert, db.prepare("INSERT OR REPLACE INTO dictionary_space VALUES(?1, ?2)"));
  for (unsigned space = 0; space < wire::kNamespaces; ++space) {
    const std::string name = space_name(static_cast<std::uint8_t>(space));
    WEIR_TRY(insert.bind(1, static_cast<int>(space)).bind(2, name).run());
  }
  return Status::ok();
}

}  // namespace

Status DictionaryMirror::open(Mark durable) {
  written_ = 0;
  // What a power cut takes from the table's end is written again.
  WEIR_ASSIGN(auto db, storage::Database::open(path_, {.synchronous_full = false}));
  WEIR_TRY(db.migrate(kSchema));
  db_.emplace(std::move(db));
  WEIR_ASSIGN(auto transaction, storage::Transaction::begin(*db_));
  WEIR_TRY(name_spaces(*db_));
  WEIR_TRY(compare(durable));
  return transaction.commit();
}

// The table is right if it holds the dictionary's first entries and nothing else.
Status DictionaryMirror::compare(Mark durable) {
  std::array<std::uint64_t, wire::kNamespaces> held{};
  std::uint64_t rows = 0;
  bool same = true;
  {
    WEIR_ASSIGN(auto all,
                db_->prepare("SELECT space, value, text FROM dictionary ORDER BY space, value"));
    while (true) {
      WEIR_ASSIGN(const bool row, all.step());
      if (!row) break;
      const auto space = static_cast<std::uint64_t>(all.i64(0));
      same = space < wire::kNamespaces && static_cast<std::uint64_t>(all.i64(1)) == ++held[space] &&
             all.text(2) == dictionary_.text(static_cast<std::uint8_t>(space), held[space]);
      if (!same) break;
      ++rows;
    }
  }
  std::array<std::uint64_t, wire::kNamespaces> first{};
  written_ = dictionary_.visit_some(
      0, durable, rows,
      [&](std::uint8_t space, std::uint64_t, std::string_view) { ++first[space]; });
  if (same && held == first) return Status::ok();
  log_warning("dictionary", "mirror_differs", "the table of names is not what the log says",
              {{"path", path_}, {"action", "written anew"}});
  written_ = 0;
  return db_->execute("DELETE FROM dictionary");
}

Status DictionaryMirror::write_some(Mark durable) {
  WEIR_ASSIGN(auto transaction, storage::Transaction::begin(*db_));
  Status status;
  Mark end = written_;
  {
    WEIR_ASSIGN(auto insert, db_->prepare("INSERT INTO dictionary VALUES(?1, ?2, ?3)"));
    end = dictionary_.visit_some(
        written_, durable, kRowsMax,
        [&](std::uint8_t space, std::uint64_t value, std::string_view text) {
          if (!status.is_ok()) return;
          insert.bind(1, int{space}).bind(2, static_cast<std::int64_t>(value)).bind(3, text);
          status = insert.run();
        });
  }
  WEIR_TRY(status);
  WEIR_TRY(transaction.commit());
  written_ = end;
  return Status::ok();
}

Status DictionaryMirror::catch_up() {
  const Mark durable = durable_.load(std::memory_order_acquire);
  Status status = db_ ? Status::ok() : open(durable);
  while (status.is_ok() && written_ < durable) {
    const Mark before = written_;
    status = write_some(durable);
    if (written_ == before) break;
  }
  // Whatever has happened to the file, the next call looks at all of it.
  if (!status.is_ok()) db_.reset();
  return status;
}

void DictionaryMirror::catch_up_or_log() {
  const Status status = catch_up();
  if (!status.is_ok() && !failing_) log_warning("dictionary", status);
  if (status.is_ok() && failing_) log_info("dictionary", "mirror_written", "weir.db is up to date");
  failing_ = !status.is_ok();
}

void DictionaryMirror::start() {
  thread_ = std::thread([this] { run(); });
}

void DictionaryMirror::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    catch_up_or_log();
    lock.lock();
    if (failing_) {
      wake_.wait_for(lock, kRetryPeriod, [this] { return stopping_; });
    } else {
      wake_.wait_for(lock, kPeriod, [this] { return stopping_; });
    }
  }
}

void DictionaryMirror::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  catch_up_or_log();
  db_.reset();
}

}  // namespace weir::gate
