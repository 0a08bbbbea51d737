#include "base/config/config.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "base/config/render.hpp"

namespace weir {
namespace {

ConfigLoad load_text(std::string text) {
  return load_config({.file_path = "w.toml", .file_text = std::move(text)});
}

std::string only_problem(const ConfigLoad& load) {
  EXPECT_EQ(load.problems.size(), 1U);
  EXPECT_EQ(load.config, nullptr);
  return load.problems.empty() ? "" : load.problems[0].to_string();
}

TEST(ConfigSchema, HasDefaultsThatItAcceptsItself) {
  std::set<std::string_view> names;
  for (const ConfigKey& key : config_keys()) {
    EXPECT_EQ(config_value_problem(key, config_default(key)), "") << key.name;
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_EQ(std::count(key.name.begin(), key.name.end(), '.'), 1) << key.name;
    EXPECT_TRUE(key.help.ends_with(".")) << key.name;
    EXPECT_TRUE(key.logged_default || !key.verdict) << key.name;
    // What verdicts depend on is reloaded through the log, by the pass.
    EXPECT_TRUE(!key.verdict || !key.reloadable || key.name.starts_with("decide.")) << key.name;
  }
  EXPECT_TRUE(load_config({}).problems.empty());
}

TEST(Config, GivesTheDocumentedDefaults) {
  const Config config;
  EXPECT_EQ(config.text("server.listen"), "127.0.0.1:8740");
  EXPECT_EQ(config.u64("dedup.events"), 4'194'304U);
  EXPECT_EQ(config.u64("gate.queue_bytes"), 64U << 20);
  EXPECT_EQ(config.f64("decide.alert_tail"), 4.0);
  EXPECT_EQ(config.f64("decide.block_tail"), 0.0);
  EXPECT_FALSE(config.boolean("server.insecure"));
  EXPECT_TRUE(config.list("wire.mask").empty());
}

TEST(ConfigLoad, PrefersFlagThenEnvironmentThenFileThenDefault) {
  ConfigInputs inputs{
      .file_path = "w.toml",
      .file_text = "[server]\ndrain_s = 1\nconnections_max = 2\nrequests_in_flight_max = 3\n"};
  inputs.environment = {
      {"WEIR_SERVER__DRAIN_S", "11"}, {"WEIR_SERVER__CONNECTIONS_MAX", "12"}, {"HOME", "/"}};
  inputs.environment.emplace_back("WEIR_ANY_OS", "1");
  inputs.flags = {"server.drain_s=21"};
  const ConfigLoad load = load_config(inputs);
  ASSERT_TRUE(load.problems.empty()) << load.problems[0].to_string();
  EXPECT_EQ(load.config->i64("server.drain_s"), 21);
  EXPECT_EQ(load.config->i64("server.connections_max"), 12);
  EXPECT_EQ(load.config->i64("server.requests_in_flight_max"), 3);
  EXPECT_EQ(load.config->source(*find_config_key("server.drain_s")).to_string(), "flag");
  EXPECT_EQ(load.config->source(*find_config_key("server.connections_max")).to_string(),
            "environment WEIR_SERVER__CONNECTIONS_MAX");
  EXPECT_EQ(load.config->source(*find_config_key("server.requests_in_flight_max")).to_string(),
            "w.toml:4");
  EXPECT_EQ(load.config->source(*find_config_key("log.level")).to_string(), "default");
}

TEST(ConfigLoad, NamesLineColumnAndNearestKey) {
  EXPECT_EQ(only_problem(load_text("[server]\n  lissten = \"x\"\n")),
            "w.toml:2:3: server.lissten: unknown key; did you mean server.listen?");
  EXPECT_EQ(only_problem(load_text("[sevrer]\nlisten = \"x\"\n")),
            "w.toml:1:2: sevrer: unknown table with 1 keys; did you mean [server]?");
  EXPECT_EQ(only_problem(load_text("listen = \"x\"\n")),
            "w.toml:1:1: listen: unknown key; did you mean server.listen?");
  EXPECT_EQ(only_problem(load_config({.flags = {"decide.tail_alert=1"}})),
            "flag: decide.tail_alert: unknown key; weir config schema lists them");
  EXPECT_EQ(only_problem(load_config({.environment = {{"WEIR_LOG__LEVLE", "info"}}})),
            "environment WEIR_LOG__LEVLE: log.levle: unknown key; did you mean log.level?");
}

TEST(ConfigLoad, TellsEveryProblemInOneRun) {
  ConfigInputs inputs{
      .file_path = "w.toml",
      .file_text =
          "[server]\nlisten = 5\ndrain_s = 99999\n[log]\nlevel = \"loud\"\nredact = [1]\n"
          "[ledger]\nleaf_events = 2\n[decide]\nalert_tail = \"4\"\n"};
  inputs.environment = {{"WEIR_GATE__BATCH_EVENTS", "many"}};
  inputs.flags = {"detect.psi=20000", "oops"};
  const ConfigLoad load = load_config(inputs);
  std::string all;
  for (const ConfigProblem& problem : load.problems) all += problem.to_string() + "\n";
  EXPECT_EQ(load.problems.size(), 9U) << all;
  for (const char* part :
       {"server.listen: expected a text", "99999 is outside 0 to 3600",
        "\"loud\" is not one of debug, info", "log.redact: expected a list of texts",
        "\"2\" is not one of 32, 1", "decide.alert_tail: expected a number",
        "expected an integer, found \"many\"", "detect.psi: is more than detect.fit_events",
        "oops: expected table.key=value"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
  }
  EXPECT_EQ(config_status(load.problems).reason(), "config_invalid");
}

TEST(ConfigLoad, NamesThePlaceOfBrokenToml) {
  const ConfigLoad load = load_text("[server]\nlisten = \n");
  ASSERT_EQ(load.problems.size(), 1U);
  EXPECT_EQ(load.problems[0].source.line, 2U);
}

TEST(ConfigLoad, SurvivesHeadersOnWhichTheTomlParserAsserts) {
  EXPECT_EQ(only_problem(load_text("[server]\ndrain_s = 1\n[ = 5\n[log]\n")),
            "w.toml:3:1: malformed table header or key; write [table] or key = value");
  EXPECT_EQ(only_problem(load_text("[")).substr(0, 9), "w.toml:1:");
  EXPECT_EQ(only_problem(load_text("[\x19")).substr(0, 9), "w.toml:1:");
  EXPECT_EQ(only_problem(load_text("a = 9\xEF\xBC\x85")).substr(0, 9), "w.toml:1:");
}

TEST(ConfigLoad, TakesEveryFileOfTheFuzzCorpus) {
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/tests/fuzz/config_fuzz")) {
    std::ifstream file(entry.path());
    const ConfigLoad load = load_text(
        std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
    EXPECT_EQ(load.config == nullptr, !load.problems.empty()) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 4U);
}

TEST(ConfigLoad, RefusesToListenOpenlyWithoutTls) {
  const auto listens = [](const std::string& listen, const std::string& more) {
    return load_text("server.listen = \"" + listen + "\"\n" + more).problems.empty();
  };
  EXPECT_TRUE(listens("127.0.0.1:1", ""));
  EXPECT_TRUE(listens("127.9.9.9:1", ""));
  EXPECT_TRUE(listens("localhost:1", ""));
  EXPECT_TRUE(listens("[::1]:1", ""));
  EXPECT_FALSE(listens("0.0.0.0:1", ""));
  EXPECT_FALSE(listens("[::]:1", ""));
  EXPECT_FALSE(listens("127.0.0.1.example.org:1", ""));
  EXPECT_TRUE(listens("0.0.0.0:1", "server.insecure = true\n"));
}

TEST(ConfigLoad, RefusesSecretFilesThatEverybodyMayRead) {
  char path[] = "/tmp/weir_config_XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  const std::string text =
      "wire.mask = [\"card\"]\nwire.mask_key_file = \"" + std::string(path) + "\"\n";
  ASSERT_EQ(fchmod(fd, 0644), 0);
  EXPECT_NE(only_problem(load_text(text)).find("readable by everybody"), std::string::npos);
  ASSERT_EQ(fchmod(fd, 0640), 0);
  EXPECT_TRUE(load_text(text).problems.empty());
  close(fd);
  std::remove(path);
}

TEST(ConfigLoad, ReadsListsFromFileAndEnvironment) {
  ConfigLoad load = load_text("log.redact = [\"a,b\", \"c\"]");
  EXPECT_EQ(load.config->list("log.redact"), (std::vector<std::string>{"a,b", "c"}));
  load = load_config({.environment = {{"WEIR_LOG__REDACT", "a,b"}}});
  EXPECT_EQ(load.config->list("log.redact"), (std::vector<std::string>{"a", "b"}));
  load = load_config({.environment = {{"WEIR_LOG__REDACT", ""}}});
  EXPECT_TRUE(load.config->list("log.redact").empty());
}

TEST(ConfigReload, AppliesOnlyReloadableKeys) {
  const Config running;
  const auto wanted =
      load_text("log.level = \"debug\"\ngate.queue_bytes = 2097152\nledger.mode = \"off\"\n")
          .config;
  const auto changes = config_changes(running, *wanted);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[2].before, "\"record\"");
  EXPECT_FALSE(changes[2].reloadable);
  const auto next = reload_config(running, *wanted);
  EXPECT_EQ(next->text("log.level"), "debug");
  EXPECT_EQ(next->i64("gate.queue_bytes"), 2097152);
  EXPECT_EQ(next->text("ledger.mode"), "record");
  EXPECT_EQ(config_changes(*next, *wanted).size(), 1U);
}

TEST(ConfigRender, PrintsWhatLoadsBackToTheSameValues) {
  const auto config =
      load_text(
          "decide.hold_tail = 4.25\nlog.redact = [\"a\\\"b\"]\nserver.listen = \"localhost:1\"\n"
          "detect.seed = 9007199254740992\n")
          .config;
  ASSERT_NE(config, nullptr);
  for (const bool diff : {false, true}) {
    const std::string text = print_config(*config, {.diff_default = diff});
    const ConfigLoad again = load_text(text);
    ASSERT_NE(again.config, nullptr) << text << again.problems[0].to_string();
    EXPECT_TRUE(config_changes(*config, *again.config).empty());
  }
  const std::string diff = print_config(*config, {.sources = false, .diff_default = true});
  EXPECT_EQ(diff,
            "[server]\nlisten = \"localhost:1\"\n\n[log]\nredact = "
            "[\"a\\\"b\"]\n\n[decide]\nhold_tail = 4.25\n\n"
            "[detect]\nseed = 9007199254740992\n");
}

TEST(ConfigRender, KeepsOnlyVerdictKeysInTheLogsText) {
  const auto quiet = load_text("log.level = \"debug\"\n").config;
  EXPECT_EQ(verdict_config_text(*quiet), verdict_config_text(Config()));
  const auto loud = load_text("decide.fusion = \"sum\"\n").config;
  EXPECT_NE(verdict_config_text(*loud), verdict_config_text(Config()));
  const ConfigLoad again = load_text(verdict_config_text(*loud));
  ASSERT_NE(again.config, nullptr);
  EXPECT_EQ(verdict_config_text(*again.config), verdict_config_text(*loud));
}

TEST(ConfigRender, LogsEveryValueButThePathsOfSecrets) {
  const auto config =
      load_text("decide.hold_tail = 4.5\nwire.mask_key_file = \"/no/key\"\nlog.redact = [\"a\"]\n")
          .config;
  const std::string text = logged_config_text(*config);
  EXPECT_EQ(text.find("/no/key"), std::string::npos);
  const auto again = read_logged_config(text);
  ASSERT_TRUE(again);
  const auto changes = config_changes(*config, *again);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(config_keys()[changes[0].index].name, "wire.mask_key_file");
}

TEST(ConfigRender, ReadsLoggedTextsOfOtherVersions) {
  const auto config =
      read_logged_config("old.key = 1\nlog.level = \"loud\"\ndecide.hold_tail = 4.5\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->f64("decide.hold_tail"), 4.5);
  EXPECT_EQ(config->text("log.level"), "info");
  EXPECT_EQ(read_logged_config("[server\n").error().reason(), "config_text");
}

TEST(ConfigRender, MakesAnExampleThatLoadsWithAndWithoutItsComments) {
  std::string text = config_example();
  EXPECT_TRUE(load_text(text).problems.empty());
  std::string open;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    if (line.starts_with("# ") && line.find(" = ") != std::string::npos && line.find('.') != 2) {
      const std::string name = line.substr(2, line.find(" = ") - 2);
      if (name.find_first_of(" .") == std::string::npos) line = line.substr(2);
    }
    open += line + "\n";
    at = end + 1;
  }
  const ConfigLoad load = load_text(open);
  ASSERT_NE(load.config, nullptr) << open << load.problems[0].to_string();
  EXPECT_EQ(load.config->source(*find_config_key("detect.seed")).origin, ConfigOrigin::kFile);
  EXPECT_TRUE(config_changes(Config(), *load.config).empty());
}

TEST(ConfigRender, MatchesTheCommittedReferencePage) {
  const std::string path = WEIR_SOURCE_DIR "/docs/operations/configuration.md";
  if (std::getenv("WEIR_UPDATE_DOCS") != nullptr) std::ofstream(path) << config_reference();
  std::ifstream file(path);
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(page, config_reference()) << "run base_test with WEIR_UPDATE_DOCS=1";
}

TEST(ConfigRender, DescribesEveryKeyInTheJsonSchema) {
  const std::string schema = config_json_schema();
  for (const ConfigKey& key : config_keys()) {
    EXPECT_NE(schema.find(std::string(key.help)), std::string::npos) << key.name;
  }
  EXPECT_NE(
      schema.find(
          R"("leaf_events":{"description":"Events in a leaf of the Merkle tree.","default":32,)"
          R"("type":"integer","minimum":1,"maximum":32,"enum":[32,1],"x-reloadable":false})"),
      std::string::npos);
}

TEST(EditDistance, CountsSingleEditsAndSwaps) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("listen", "lisetn"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(ConfigDeath, ChecksKeysThatTheSchemaDoesNotHave) {
  const Config config;
  EXPECT_DEATH(config.i64("server.port"), "CHECK failed");
  EXPECT_DEATH(config.i64("server.listen"), "CHECK failed");
}

}  // namespace
}  // namespace weir
