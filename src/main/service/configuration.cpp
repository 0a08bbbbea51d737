// The configuration of a running pass: shown, checked, and reloaded as one version of the log.
#include "base/config/render.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "gate/control.hpp"
#include "main/service/live_pass.hpp"

namespace weir::main {
namespace {

std::string_view origin_name(ConfigOrigin origin) {
  switch (origin) {
    case ConfigOrigin::kDefault:
      return "default";
    case ConfigOrigin::kFile:
      return "file";
    case ConfigOrigin::kEnvironment:
      return "environment";
    case ConfigOrigin::kFlag:
      return "set";
  }
  return "default";
}

std::string change_json(const server::ConfigReview& review, const server::Actor& actor) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("version").u64(review.version).key("applied").begin_array();
  for (const std::string& key : review.applied) json.string(key);
  json.end_array().key("author").string(actor.name).end_object();
  return out;
}

}  // namespace

std::shared_ptr<const Config> LivePass::running_config() const {
  const std::lock_guard lock(config_mutex_);
  return config_;
}

void LivePass::reload_from(ReadConfig read, std::function<void(const Config&)> use) {
  read_config_ = std::move(read);
  use_config_ = std::move(use);
}

Result<std::string> LivePass::config() {
  const std::shared_ptr<const Config> config = running_config();
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("version").u64(gate_->versions().config).key("keys").begin_array();
  const auto keys = config_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    json.begin_object().key("name").string(keys[i].name).key("value");
    const bool hidden = keys[i].secret_file && !config->is_default(i);
    hidden ? json.string("redacted") : json.raw(config_value_toml(config->value(i)));
    json.key("origin").string(origin_name(config->source(i).origin));
    json.key("source").string(hidden ? "redacted" : config->source(i).to_string());
    json.key("default").boolean(config->is_default(i));
    json.key("reloadable").boolean(keys[i].reloadable).end_object();
  }
  json.end_array().end_object();
  return text;
}

server::ConfigReview LivePass::review(const ConfigLoad& wanted,
                                      std::shared_ptr<const Config>& next) const {
  server::ConfigReview review;
  review.version = gate_->versions().config;
  for (const ConfigProblem& problem : wanted.problems) {
    const bool in_file = problem.source.origin == ConfigOrigin::kFile;
    std::string message = in_file ? "" : problem.source.to_string() + ": ";
    message += problem.message + (problem.hint.empty() ? "" : "; " + problem.hint);
    review.errors.push_back({problem.key, problem.source.line, problem.column, std::move(message)});
  }
  if (wanted.config == nullptr) return review;
  const std::shared_ptr<const Config> running = running_config();
  for (const ConfigChange& change : config_changes(*running, *wanted.config)) {
    auto& keys = change.reloadable ? review.applied : review.needs_restart;
    keys.emplace_back(config_keys()[change.index].name);
  }
  next = weir::reload_config(*running, *wanted.config);
  return review;
}

Result<server::ConfigReview> LivePass::check_config(const std::optional<std::string>& text) {
  if (!read_config_) return fail(failed_precondition("config_fixed", "nothing to read again"));
  WEIR_ASSIGN(const ConfigLoad wanted, read_config_(text));
  std::shared_ptr<const Config> next;
  return review(wanted, next);
}

Result<server::ConfigReview> LivePass::reload_config(const server::Actor& actor) {
  if (!read_config_) return fail(failed_precondition("config_fixed", "nothing to read again"));
  const std::lock_guard lock(change_mutex_);
  WEIR_ASSIGN(const ConfigLoad wanted, read_config_(std::nullopt));
  std::shared_ptr<const Config> next;
  server::ConfigReview review = this->review(wanted, next);
  const char* result = "applied";
  if (!review.errors.empty()) {
    result = "invalid";
  } else if (review.applied.empty()) {
    result = "unchanged";
  } else {
    WEIR_TRY(put_config(std::move(next), actor, review));
  }
  metrics_.counter(Metric::kConfigReloadsTotal, {result}).add();
  return review;
}

// Puts the version in the log, then in force everywhere else. The caller holds change_mutex_.
Status LivePass::put_config(std::shared_ptr<const Config> next, const server::Actor& actor,
                            server::ConfigReview& review) {
  gate::ConfigControl control;
  control.version = gate_->versions().config + 1;
  control.author = actor.name;
  control.text = logged_config_text(*next);
  ByteWriter payload;
  encode(control, payload);
  WEIR_TRY(change(ledger::ControlType::kConfig, std::move(payload.buffer()), control.version));
  review.version = control.version;
  gate_->set_limits(next->u64("gate.queue_bytes"), next->u64("storage.free_bytes_min"));
  if (use_config_) use_config_(*next);
  {
    const std::lock_guard lock(config_mutex_);
    config_ = std::move(next);
  }
  log_info("config", "reloaded", "a new configuration is in force",
           {{"version", review.version}, {"author", actor.name}});
  const std::lock_guard lock(hub_mutex_);
  if (hub_ != nullptr) {
    hub_->publish({server::Topic::kConfig, false, 0, change_json(review, actor)});
  }
  return Status::ok();
}

}  // namespace weir::main
