#include "main/service/live_pass.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "base/time_text.hpp"
#include "gate/testing/small_gate.hpp"
#include "ledger/verify.hpp"
#include "wire/ndjson.hpp"

namespace weir::main {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRules =
    "rule large: hold if amount > 1000\n"
    "    because \"a large amount\"\n"
    "rule listed: alert if debtor in @seen\n";
const server::Actor kAna{.name = "ana", .role = "operator", .address = {}, .request_id = {}};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class LivePassTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = (fs::temp_directory_path() /
            ("weir_live_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()))
               .string();
    fs::remove_all(dir_);
    open();
  }
  void TearDown() override {
    live_.reset();
    fs::remove_all(dir_);
  }

  void open() {
    gate::GateOptions options = gate::small_gate(dir_);
    options.pass.masking = masking_;
    auto live = LivePass::open(options, std::make_shared<const Config>(), kRules, metrics_);
    ASSERT_TRUE(live) << live.error().to_string();
    live_ = std::move(*live);
  }

  // One event, a second after the one before it.
  std::string event(const std::string& id, const std::string& debtor, const std::string& creditor,
                    int amount) {
    time_us_ += kMicrosPerSecond;
    return R"({"id":")" + id + R"(","time":")" + format_time(time_us_) +
           R"(","type":"transfer","amount":)" + std::to_string(amount) +
           R"(,"currency":"USD","debtor":")" + debtor + R"(","creditor":")" + creditor + "\"}\n";
  }

  server::SubmitReply ask(const std::string& events, server::Detail detail = server::Detail::kFull,
                          bool shadow = false) {
    wire::NdjsonReader reader({.ids = live_->text_ids()});
    server::Submission submission;
    std::vector<wire::JsonItemError> errors;
    EXPECT_TRUE(reader.read(events, submission.batch, errors).is_ok());
    EXPECT_TRUE(errors.empty());
    submission.detail = detail;
    submission.shadow = shadow;
    std::promise<server::SubmitReply> answered;
    submission.done = [&](server::SubmitReply&& reply) { answered.set_value(std::move(reply)); };
    live_->submit(std::move(submission));
    return answered.get_future().get();
  }
  // Returns the verdict object of one event.
  std::string decide(const std::string& id, const std::string& debtor, const std::string& creditor,
                     int amount, server::Detail detail = server::Detail::kFull) {
    const server::SubmitReply reply = ask(event(id, debtor, creditor, amount), detail);
    EXPECT_TRUE(reply.status.is_ok()) << reply.status.to_string();
    EXPECT_EQ(reply.json.size(), 1U);
    return reply.json.empty() ? "" : reply.json[0];
  }
  std::string read(const std::string& id, bool features = false) {
    const auto found = live_->decision(id, features);
    EXPECT_TRUE(found) << found.error().to_string();
    return found.value_or("");
  }
  // Waits until a replay has come to its end.
  std::string finished(const std::string& id) {
    while (true) {
      const auto shown = live_->replay(id);
      EXPECT_TRUE(shown);
      if (!shown || !(contains(*shown, "queued") || contains(*shown, "running"))) {
        return shown.value_or("");
      }
      std::this_thread::yield();
    }
  }

  std::string dir_;
  MetricRegistry metrics_;
  std::int64_t time_us_ =
      system_clock().wall_us() / kMicrosPerSecond * kMicrosPerSecond - kMicrosPerDay;
  std::shared_ptr<const wire::Masking> masking_;
  std::unique_ptr<LivePass> live_;
};

TEST_F(LivePassTest, ReadsADecisionBackAsItWasAnswered) {
  for (const auto& [id, amount] : {std::pair("t-1", 5), std::pair("t-2", 5000)}) {
    const std::string answered = decide(id, "a-1", "a-7", amount, server::Detail::kFeatures);
    const std::string found = read(id, true);
    EXPECT_EQ(found.substr(0, answered.size() - 1), answered.substr(0, answered.size() - 1));
    EXPECT_TRUE(contains(found, R"(,"event":{"id":")" + std::string(id))) << found;
  }
  const std::string held = read("t-2");
  EXPECT_TRUE(contains(held, R"("outcome":"hold")"));
  EXPECT_TRUE(contains(held, "a large amount: amount 5000 > 1000")) << held;
  EXPECT_TRUE(contains(held, R"("value":5000,"usual":1000)")) << held;
  EXPECT_EQ(live_->decision("t-3", false).error().reason(), "event_unknown");
}

TEST_F(LivePassTest, ReadsADecisionBackAfterARestartAndLaterRules) {
  const std::string answered = decide("t-1", "a-1", "a-7", 5000);
  ASSERT_TRUE(live_->put_rules("rule other: block if amount > 9\n", 1, kAna));
  decide("t-2", "a-1", "a-7", 10);
  live_.reset();
  open();
  EXPECT_EQ(read("t-1").substr(0, answered.size() - 1), answered.substr(0, answered.size() - 1));
  EXPECT_TRUE(contains(answered, "large"));
  EXPECT_EQ(live_->rules()->version, 2U);
  EXPECT_EQ(live_->rules()->author, "ana");
}

// Returns a verdict object from its outcome to its models, and without versions: all that must not
// depend on whether it was decided in shadow.
std::string essence(const std::string& json) {
  std::string text = json.substr(json.find("\"outcome\""));
  const std::size_t id = text.find(",\"alert_id\"");
  if (id != std::string::npos) text.erase(id, text.find(",\"score\"") - id);
  return text.substr(0, text.find(",\"ledger\""));
}

TEST_F(LivePassTest, AnswersARepeatedEventWithItsStoredVerdict) {
  const std::string text = event("t-1", "a-1", "a-7", 5000);
  const server::SubmitReply first = ask(text);
  for (const bool shadow : {false, true}) {
    const server::SubmitReply again = ask(text, server::Detail::kFull, shadow);
    ASSERT_EQ(again.json.size(), 1U);
    EXPECT_EQ(essence(again.json[0]), essence(first.json[0])) << again.json[0];
    EXPECT_TRUE(contains(again.json[0], R"({"event_id":"t-1","seq":1,)")) << again.json[0];
    EXPECT_TRUE(contains(again.json[0], R"("duplicate":true)"));
  }
}

TEST_F(LivePassTest, DecidesInShadowAsItWouldHaveDecidedLive) {
  ASSERT_TRUE(live_->put_rules(
      std::string(kRules) + "rule fast: alert if count(debtor, 1h) > 2 at now\n"
                            "rule named: block if debtor = 'a-late'\n"
                            "rule rare: tag new if distinct(creditor, debtor, 1d) > 1 at now\n",
      1, kAna));
  ASSERT_TRUE(live_->change_list("deny", server::ListChange::kAdd,
                                 {{.value = "a-bad", .kind = "account"}}, kAna));
  for (int i = 0; i < 5; ++i) {
    // Parties that nobody has named before, a text that a rule waits for, one that is denied.
    std::string events = event("s-" + std::to_string(i), "a-1", "b-" + std::to_string(i), 7);
    if (i == 1) events += event("late", "a-late", "a-1", 8);
    if (i == 2) events += event("bad", "a-bad", "a-late", 9);
    if (i == 3) events += event("big", "a-1", "a-late", 5000) + event("s-0", "a-1", "b-0", 7);
    const server::SubmitReply shadow = ask(events, server::Detail::kFull, true);
    const server::SubmitReply again = ask(events, server::Detail::kFull, true);
    const server::SubmitReply live = ask(events);
    ASSERT_TRUE(shadow.status.is_ok()) << shadow.status.to_string();
    ASSERT_EQ(shadow.json.size(), live.json.size());
    for (std::size_t row = 0; row < live.json.size(); ++row) {
      if (live.json[row].empty()) continue;  // refused alike: s-0 came at another time
      EXPECT_EQ(essence(shadow.json[row]), essence(live.json[row]));
      EXPECT_EQ(shadow.json[row], again.json[row]);
      EXPECT_TRUE(contains(shadow.json[row], R"("mode":"shadow")"));
      EXPECT_TRUE(contains(shadow.json[row], R"("committed":false)"));
      EXPECT_FALSE(contains(shadow.json[row], "alert_id"));
    }
    ASSERT_EQ(shadow.refusals.size(), live.refusals.size());
    for (std::size_t n = 0; n < live.refusals.size(); ++n) {
      EXPECT_EQ(shadow.refusals[n].message, live.refusals[n].message);
    }
  }
  EXPECT_EQ(live_->decision("s-9", false).error().reason(), "event_unknown");
  EXPECT_EQ(live_->gate().pass().counters().events.load(), 8U);
}

TEST_F(LivePassTest, KnowsMaskedPartiesByTheirTexts) {
  live_.reset();
  fs::remove_all(dir_);
  const std::vector<wire::EntityKind> kinds = {wire::EntityKind::kAccount, wire::EntityKind::kIp};
  masking_ =
      std::make_shared<const wire::Masking>(as_bytes("a key of some length for a test"), kinds);
  open();
  ASSERT_TRUE(live_->put_rules("rule odd: block if creditor = 'account:b-1'\n", 1, kAna));
  ASSERT_TRUE(live_->change_list("deny", server::ListChange::kAdd,
                                 {{.value = "c-1", .kind = "account"}}, kAna));
  for (int turn = 0; turn < 2; ++turn) {
    const std::string id = "t-" + std::to_string(turn);
    // The rule and the list name texts before and after the stream has brought them.
    EXPECT_TRUE(contains(decide(id + "r", "77", "b-1", 5), R"("outcome":"block")"));
    const std::string listed = decide(id + "l", "c-1", "a-2", 5);
    EXPECT_TRUE(contains(listed, R"("outcome":"block")")) << listed;
  }
  const auto shown = live_->entity("account", "77", std::nullopt);
  ASSERT_TRUE(shown) << shown.error().to_string();
  EXPECT_FALSE(live_->entity("account", masking_->mask("77"), std::nullopt));
  const std::string found = read("t-0r");
  EXPECT_TRUE(contains(found, masking_->mask("b-1"))) << found;
  EXPECT_FALSE(contains(found, "b-1\"")) << found;
}

TEST_F(LivePassTest, ExposesWhatThePassCounts) {
  decide("t-1", "a-1", "a-7", 5000);
  decide("t-2", "a-1", "a-7", 5);
  const server::SubmitReply repeated = ask(event("t-2", "a-1", "a-7", 5));
  ASSERT_EQ(repeated.refusals.size(), 1U);  // at another time
  std::string text;
  metrics_.write_prometheus(text);
  for (int scrape = 0; scrape < 2; ++scrape) {
    EXPECT_EQ(metrics_.value(Metric::kEventsTotal), 2);
    EXPECT_EQ(metrics_.value(Metric::kVerdictsTotal, {"hold"}), 1);
    EXPECT_EQ(metrics_.value(Metric::kRefusedTotal, {"id_conflict"}), 1);
    EXPECT_EQ(metrics_.value(Metric::kDictionaryEntries, {"account"}), 2);
    EXPECT_EQ(metrics_.value(Metric::kReady, {"disk"}), 1);
    EXPECT_EQ(metrics_.value(Metric::kDecisionSeconds, {"committed"}), 3);
    metrics_.write_prometheus(text);
  }
  EXPECT_GE(metrics_.value(Metric::kDurableHeight), 3);
  EXPECT_GT(metrics_.value(Metric::kDiskFreeBytes), 0);
  EXPECT_EQ(metrics_.value(Metric::kProfileAccounts), 2);
}

TEST_F(LivePassTest, PagesThroughDecisionsNewestFirst) {
  for (int i = 1; i <= 7; ++i) decide("t-" + std::to_string(i), "a-1", "a-2", i == 3 ? 2000 : 10);
  decide("t-8", "a-5", "a-6", 10);
  std::vector<std::string> seen;
  server::DecisionFilter filter;
  filter.limit = 3;
  do {
    const auto page = live_->decisions(filter);
    ASSERT_TRUE(page) << page.error().to_string();
    ASSERT_LE(page->items.size(), 3U);
    seen.insert(seen.end(), page->items.begin(), page->items.end());
    filter.after_seq = page->next_seq;
  } while (filter.after_seq != 0);
  ASSERT_EQ(seen.size(), 8U);
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(contains(seen[static_cast<std::size_t>(i)], "\"t-" + std::to_string(8 - i) + "\""));
  }
  filter = {};
  filter.outcome = "hold";
  ASSERT_EQ(live_->decisions(filter)->items.size(), 1U);
  EXPECT_TRUE(contains(live_->decisions(filter)->items[0], "\"t-3\""));
  filter = {};
  filter.entity = "account/a-6";
  EXPECT_EQ(live_->decisions(filter)->items.size(), 1U);
  filter.entity = "account/nobody";
  EXPECT_EQ(live_->decisions(filter)->items.size(), 0U);
  filter = {};
  filter.to_us = time_us_;
  EXPECT_EQ(live_->decisions(filter)->items.size(), 7U);
  filter.outcome = "maybe";
  EXPECT_EQ(live_->decisions(filter).error().reason(), "outcome");
}

TEST_F(LivePassTest, LabelsRaiseThePayeesRisk) {
  decide("t-1", "a-1", "a-7", 10);
  const auto before = live_->entity("account", "a-7", {});
  ASSERT_TRUE(before) << before.error().to_string();
  EXPECT_TRUE(contains(*before, R"("fraud_as_payee":0,)")) << *before;
  const auto taken = live_->label({{"t-1", true, time_us_, ""}, {"t-9", true, 0, ""}}, kAna);
  ASSERT_TRUE(taken) << taken.error().to_string();
  EXPECT_EQ(taken->accepted, 1U);
  EXPECT_EQ(taken->unknown, std::vector<std::string>{"t-9"});
  const auto after = live_->entity("account", "a-7", {});
  EXPECT_FALSE(contains(*after, R"("fraud_as_payee":0,)")) << *after;
  // The opposite label takes the first one back.
  ASSERT_TRUE(live_->label({{"t-1", false, time_us_, ""}}, kAna));
  EXPECT_TRUE(contains(*live_->entity("account", "a-7", {}), R"("fraud_as_payee":0,)"));
  EXPECT_EQ(live_->entity("account", "nobody", {}).error().reason(), "entity_unknown");
  decide("t-2", "a-1", "a-7", 5);
  const auto then = live_->entity("account", "a-7", 1);
  ASSERT_TRUE(then) << then.error().to_string();
  EXPECT_TRUE(contains(*then, R"("seq":1,)")) << *then;
  EXPECT_EQ(then->substr(then->find("\"profile\"")), before->substr(before->find("\"profile\"")));
  const std::string now = *live_->entity("account", "a-7", {});
  const std::string last = *live_->entity("account", "a-7", 2);
  EXPECT_EQ(last.substr(last.find("\"profile\"")), now.substr(now.find("\"profile\"")));
  EXPECT_EQ(live_->entity("account", "a-7", 3).error().reason(), "seq_unknown");
}

TEST_F(LivePassTest, CountsWhatLabelsSayAboutRules) {
  const auto rule = [&](std::size_t i) { return live_->rules()->rules.at(i); };
  decide("t-1", "a-1", "a-7", 5000);
  decide("t-2", "a-1", "a-7", 2000);
  decide("t-3", "a-1", "a-7", 3);
  EXPECT_EQ(rule(0).hits, 2U);
  EXPECT_EQ(rule(0).value, "7000.00");
  ASSERT_TRUE(live_->label({{"t-1", true, 0, "called the payer"}, {"t-2", false, 0, ""}}, kAna));
  ASSERT_TRUE(live_->label({{"t-3", true, 0, ""}}, kAna));
  EXPECT_EQ(rule(0).fraud_hits, 1U);
  EXPECT_EQ(rule(0).legit_hits, 1U);
  EXPECT_EQ(rule(1).fraud_hits, 0U);
  ASSERT_TRUE(live_->label({{"t-2", true, 0, ""}}, kAna));
  EXPECT_EQ(rule(0).fraud_hits, 2U);
  EXPECT_EQ(rule(0).legit_hits, 0U);
  for (const bool snapshot : {true, false}) {
    live_.reset();
    if (!snapshot) fs::remove_all(dir_ + "/snap");
    open();
    EXPECT_EQ(rule(0).hits, 2U);
    EXPECT_EQ(rule(0).value, "7000.00");
    EXPECT_EQ(rule(0).fraud_hits, 2U) << snapshot;
  }
  // The log keeps who said so, and why.
  ledger::Block block;
  std::string said;
  const ledger::BlockLog& log = *live_->gate().log();
  for (ledger::Height height = 1; height <= log.durable_height(); ++height) {
    ASSERT_TRUE(log.read(height, block).is_ok());
    ledger::ControlReader in(block.view().control());
    while (const auto record = in.next()) {
      if (record->type != ledger::ControlType::kLabel) continue;
      const auto labels = gate::decode_labels(record->payload);
      ASSERT_TRUE(labels);
      said += labels->author + ": " + labels->notes.at(0) + ";";
    }
  }
  EXPECT_EQ(said, "ana: called the payer;ana: ;ana: ;");
}

TEST_F(LivePassTest, ReloadsItsConfigurationAsOneVersion) {
  std::string file;
  std::vector<std::string> levels;
  live_->reload_from(
      [&](const std::optional<std::string>& text) -> Result<ConfigLoad> {
        return load_config({.file_path = "w.toml", .file_text = text.value_or(file)});
      },
      [&](const Config& config) { levels.emplace_back(config.text("log.level")); });
  EXPECT_TRUE(contains(*live_->config(), R"({"version":1,"keys":[)"));
  EXPECT_TRUE(live_->reload_config(kAna)->applied.empty());
  EXPECT_EQ(live_->overview().config_version, 1U);

  file =
      "log.level = \"debug\"\nledger.mode = \"off\"\ndecide.hold_tail = 9.0\n"
      "gate.queue_bytes = 2097152\n";
  const auto changed = live_->reload_config(kAna);
  ASSERT_TRUE(changed) << changed.error().to_string();
  EXPECT_EQ(changed->applied,
            (std::vector<std::string>{"log.level", "gate.queue_bytes", "decide.hold_tail"}));
  EXPECT_EQ(changed->needs_restart, std::vector<std::string>{"ledger.mode"});
  EXPECT_EQ(changed->version, 2U);
  EXPECT_EQ(levels, std::vector<std::string>{"debug"});
  EXPECT_EQ(live_->gate().queue_bytes(), 2'097'152U);
  EXPECT_TRUE(contains(*live_->config(), R"("name":"log.level","value":"debug","origin":"file",)"
                                         R"("source":"w.toml:1")"));
  EXPECT_TRUE(contains(decide("t-1", "a-1", "a-7", 50), R"("config":2)"));

  // What cannot be taken changes nothing.
  file = "log.level = \"info\"\ndecide.hold_tail = 99.0\n";
  const auto refused = live_->reload_config(kAna);
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->errors.size(), 1U);
  EXPECT_EQ(refused->errors[0].key, "decide.hold_tail");
  EXPECT_EQ(refused->errors[0].line, 2U);
  EXPECT_EQ(levels.size(), 1U);
  EXPECT_EQ(live_->overview().config_version, 2U);
  EXPECT_EQ(live_->check_config("log.level = \"error\"\n")->applied.size(), 3U);

  // The next start brings what is configured then into force, as a version.
  live_.reset();
  open();
  EXPECT_EQ(live_->overview().config_version, 3U);
  live_.reset();
  open();
  EXPECT_EQ(live_->overview().config_version, 3U);
}

TEST_F(LivePassTest, PutsAndRollsBackRules) {
  EXPECT_TRUE(contains(decide("t-1", "a-1", "a-7", 50), R"("outcome":"pass")"));
  const std::string strict = "rule any: block if amount > 1\n";
  EXPECT_EQ(live_->put_rules(strict, 7, kAna).error().reason(), "version_changed");
  const auto put = live_->put_rules(strict, 1, kAna);
  ASSERT_TRUE(put) << put.error().to_string();
  EXPECT_EQ(put->version, 2U);
  EXPECT_TRUE(contains(decide("t-2", "a-1", "a-7", 50), R"("outcome":"block")"));
  EXPECT_EQ(live_->rules()->rules.at(0).hits, 1U);
  EXPECT_EQ(live_->rules()->rules.at(0).mode, "live");
  EXPECT_EQ(live_->rollback_rules(9, kAna).error().reason(), "version_unknown");
  const auto back = live_->rollback_rules(1, kAna);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->version, 3U);
  EXPECT_EQ(live_->rules()->text, kRules);
  EXPECT_TRUE(contains(decide("t-3", "a-1", "a-7", 50), R"("outcome":"pass")"));
}

TEST_F(LivePassTest, BadRulesChangeNothing) {
  const std::string bad = "rule any: block if amuont > 1\n";
  const auto put = live_->put_rules(bad, {}, kAna);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().reason(), "rules_invalid");
  EXPECT_EQ(put.error().error().line, 1U);
  EXPECT_EQ(live_->rules()->version, 1U);
  EXPECT_EQ(live_->rules()->text, kRules);
  EXPECT_EQ(live_->check_rules(bad)->problems.size(), 1U);
  EXPECT_TRUE(live_->check_rules(kRules)->problems.empty());
  EXPECT_EQ(live_->check_rules(kRules)->rules, 2U);
}

TEST_F(LivePassTest, TheDenyListBlocksUntilTheEntryIsRemoved) {
  EXPECT_TRUE(contains(decide("t-1", "a-1", "a-7", 5), R"("outcome":"pass")"));
  const server::ListEntry entry{.value = "a-7", .kind = "account", .note = "mule"};
  const auto added = live_->change_list("deny", server::ListChange::kAdd, {entry}, kAna);
  ASSERT_TRUE(added) << added.error().to_string();
  EXPECT_EQ(added->version, 1U);
  EXPECT_TRUE(contains(decide("t-2", "a-1", "a-7", 5), R"("outcome":"block")"));
  const auto view = live_->list("deny");
  ASSERT_TRUE(view);
  ASSERT_EQ(view->entries.size(), 1U);
  EXPECT_EQ(view->entries[0].author, "ana");
  EXPECT_EQ(view->entries[0].note, "mule");
  ASSERT_TRUE(live_->change_list("deny", server::ListChange::kRemove, {entry}, kAna));
  EXPECT_TRUE(contains(decide("t-3", "a-1", "a-7", 5), R"("outcome":"pass")"));
  EXPECT_EQ(live_->list("elsewhere").error().reason(), "list_unknown");
  EXPECT_EQ(
      live_->change_list("deny", server::ListChange::kAdd, {{.value = "x", .kind = "cat"}}, kAna)
          .error()
          .reason(),
      "list_kind");
  EXPECT_EQ(*live_->list_names(), (std::vector<std::string>{"allow", "deny", "watch"}));
}

TEST_F(LivePassTest, ProvesAnEventOfABlock) {
  std::string events;
  for (int i = 0; i < 40; ++i) events += event("t-" + std::to_string(i), "a-1", "a-2", 10);
  const server::SubmitReply reply = ask(events);
  ASSERT_TRUE(reply.status.is_ok());
  const std::uint64_t height = reply.verdicts[35].height;
  const auto text = live_->proof(height, "t-35");
  ASSERT_TRUE(text) << text.error().to_string();
  const auto proof = ledger::Proof::parse(*text);
  ASSERT_TRUE(proof);
  ledger::Block block;
  ASSERT_TRUE(live_->gate().log()->read(height, block).is_ok());
  EXPECT_TRUE(ledger::check_proof(*proof, block.view().hash()).is_ok());
  EXPECT_FALSE(ledger::check_proof(*proof, Digest{}).is_ok());
  EXPECT_EQ(live_->proof(height, "t-99").error().reason(), "event_unknown");
  const auto shown = live_->block(height, true);
  ASSERT_TRUE(shown);
  EXPECT_TRUE(contains(*shown, R"("hash":")" + to_hex(block.view().hash())));
  EXPECT_TRUE(contains(*shown, R"("event_id":"t-35")"));
  const auto first = live_->blocks(1, 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->items.size(), 1U);
  EXPECT_EQ(first->next_seq, 2U);
  EXPECT_EQ(live_->blocks(1, 100)->next_seq, 0U);
}

TEST_F(LivePassTest, ReplaysItsLogAndTriesCandidates) {
  for (int i = 0; i < 20; ++i) decide("t-" + std::to_string(i), "a-1", "a-2", 10 * i);
  ASSERT_TRUE(live_->label({{"t-19", true, 0, ""}}, kAna));
  const auto same = live_->start_replay({}, kAna);
  ASSERT_TRUE(same) << same.error().to_string();
  EXPECT_TRUE(contains(finished(*same), R"("equal":true)")) << *live_->replay(*same);
  EXPECT_TRUE(contains(*live_->replay(*same), R"("events":20,)"));
  server::ReplayRequest request;
  request.rules = "rule more: hold if amount > 95\n";
  const auto candidate = live_->start_replay(request, kAna);
  ASSERT_TRUE(candidate) << candidate.error().to_string();
  EXPECT_TRUE(contains(finished(*candidate), R"("changed":10)")) << *live_->replay(*candidate);
  EXPECT_TRUE(contains(*live_->replay_changes(*candidate), R"("after":"hold","rule":"more")"));
  const auto tried = live_->try_rules(request.rules);
  ASSERT_TRUE(tried);
  EXPECT_TRUE(contains(*tried, R"("precision":1)")) << *tried;
  request.models = 9;
  EXPECT_EQ(live_->start_replay(request, kAna).error().reason(), "version_unknown");
  EXPECT_EQ(live_->cancel_replay("r-9", kAna).reason(), "replay_unknown");
  EXPECT_TRUE(live_->cancel_replay(*same, kAna).is_ok());
}

TEST_F(LivePassTest, TriesThresholdsOnTheRulesInForce) {
  for (int i = 0; i < 10; ++i) decide("t-" + std::to_string(i), "a-1", "a-2", 300 * i);
  server::ReplayRequest request;
  // Every score reaches a tail of 0: what the first row takes is blocked, what is left is held.
  request.thresholds = {{.where = "amount > 2000", .alert = 0, .hold = 0, .block = 0},
                        {.where = "", .alert = 0, .hold = 0, .block = {}}};
  const auto candidate = live_->start_replay(request, kAna);
  ASSERT_TRUE(candidate) << candidate.error().to_string();
  // Of 0, 300, ... 2700 the rule in force held 1200 and more.
  EXPECT_TRUE(contains(finished(*candidate), R"("changed":7)")) << *live_->replay(*candidate);
  const std::string changes = *live_->replay_changes(*candidate);
  EXPECT_TRUE(contains(changes, R"({"seq":1,"before":"pass","after":"hold","rule":""})"))
      << changes;
  EXPECT_TRUE(contains(changes, R"({"seq":8,"before":"hold","after":"block","rule":"large"})"));
  request.thresholds[0].where = "amuont > 1";
  EXPECT_EQ(live_->start_replay(request, kAna).error().reason(), "rules_invalid");
}

TEST_F(LivePassTest, AnswersWithoutWaitingOnceClosed) {
  decide("t-1", "a-1", "a-2", 10);
  ASSERT_TRUE(live_->close().is_ok());
  EXPECT_EQ(live_->rules().error().code(), Code::kUnavailable);
  EXPECT_EQ(live_->put_rules(kRules, {}, kAna).error().code(), Code::kUnavailable);
  EXPECT_EQ(live_->label({{"t-1", true, 0, ""}}, kAna).error().code(), Code::kUnavailable);
  EXPECT_EQ(live_->start_replay({}, kAna).error().code(), Code::kUnavailable);
  EXPECT_TRUE(contains(read("t-1"), "t-1"));
}

}  // namespace
}  // namespace weir::main
