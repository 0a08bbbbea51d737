#include "main/gate_options.hpp"

#include <algorithm>
#include <thread>

#include "base/isa.hpp"
#include "base/log.hpp"
#include "base/time_text.hpp"
#include "gate/pass_config.hpp"
#include "main/masking.hpp"

namespace weir::main {

Result<ConfigLoad> read_configuration(const Arguments& args,
                                      const std::optional<std::string>& file_text) {
  ConfigInputs inputs;
  inputs.file_path = args.text("config", "weir.toml");
  inputs.file_text = file_text;
  if (!file_text) {
    WEIR_ASSIGN(inputs.file_text, read_config_file(inputs.file_path));
    if (args.has("config") && !inputs.file_text) {
      return fail(not_found("config_missing", "no file " + inputs.file_path));
    }
  }
  if (args.has("device-config")) {
    inputs.device_file_path = args.text("device-config");
    WEIR_ASSIGN(inputs.device_file_text, read_config_file(inputs.device_file_path));
    if (!inputs.device_file_text) {
      return fail(not_found("config_missing", "no file " + inputs.device_file_path));
    }
  }
  inputs.environment = config_environment();
  inputs.flags = args.texts("set");
  return load_config(inputs);
}

Status use_log_settings(const Config& config) {
  WEIR_ASSIGN(const LogLevel level, parse_log_level(config.text("log.level")));
  WEIR_ASSIGN(const LogFormat format, parse_log_format(config.text("log.format")));
  set_log_level(level);
  set_log_format(format);
  set_log_redacted(config.list("log.redact"));
  return Status::ok();
}

Result<std::shared_ptr<const Config>> load_configuration(const Arguments& args) {
  WEIR_ASSIGN(const ConfigLoad load, read_configuration(args, std::nullopt));
  if (!load.problems.empty()) return fail(config_status(load.problems));
  if (args.has("isa")) {
    WEIR_ASSIGN(const Isa isa, parse_isa(args.text("isa")));
    limit_isa(isa);
  }
  WEIR_TRY(use_log_settings(*load.config));
  return load.config;
}

Result<gate::GateOptions> gate_options(const Config& config, const Arguments& args,
                                       const std::string& dir) {
  gate::GateOptions options;
  options.dir = dir;
  gate::PassOptions& pass = options.pass;
  pass.profile.accounts = config.u64("profile.accounts");
  pass.profile.bytes_max = config.u64("profile.bytes_max");
  pass.profile.edges = config.u64("profile.edges");
  pass.profile.lateness_max_s = static_cast<std::uint32_t>(config.u64("profile.lateness_max_s"));
  std::int64_t zone_s = 0;
  if (!parse_zone(config.text("profile.tz"), zone_s)) {
    return fail(invalid_argument("zone_unknown",
                                 "profile.tz \"" + std::string(config.text("profile.tz")) + "\"")
                    .hint("write UTC or +01:00"));
  }
  pass.profile.tz_offset_s = static_cast<std::int32_t>(zone_s);
  gate::set_decide_options(config, pass);
  pass.window_keys_max = config.u64("windows.keys_max");
  pass.learn.fit_events = config.u64("detect.fit_events");
  pass.learn.trees = static_cast<std::uint32_t>(config.u64("detect.trees"));
  pass.learn.psi = static_cast<std::uint32_t>(config.u64("detect.psi"));
  pass.learn.seed = config.u64("detect.seed");
  const std::string_view mode = config.text("ledger.mode");
  pass.mode = mode == "execute" ? ledger::LedgerMode::kExecute
              : mode == "off"   ? ledger::LedgerMode::kOff
                                : ledger::LedgerMode::kRecord;
  if (pass.mode == ledger::LedgerMode::kOff) options.dir.clear();
  pass.order.mode =
      config.text("ordering.policy") == "fee" ? ledger::OrderMode::kFee : ledger::OrderMode::kFair;
  pass.order.window = static_cast<std::uint32_t>(config.u64("ordering.window"));
  pass.order.fee_account = pass.execute.fee_account;
  pass.leaf_events = static_cast<std::uint16_t>(config.u64("ledger.leaf_events"));
  pass.feature_rows = config.text("ledger.feature_rows") == "sampled"
                          ? ledger::FeatureRowsMode::kSampled
                          : ledger::FeatureRowsMode::kAll;
  pass.dictionary_max = config.u64("wire.dictionary_max");
  WEIR_ASSIGN(pass.masking, load_masking(config));
  options.admission.batch_events = static_cast<std::uint32_t>(config.u64("gate.batch_events"));
  options.admission.dedup_events = config.u64("dedup.events");
  options.trust_log = config.text("recovery.trust") == "apply";
  options.snapshot_events = config.u64("recovery.snapshot_events");
  options.snapshot_us = static_cast<std::int64_t>(config.u64("recovery.snapshot_s")) * 1'000'000;
  options.queue_bytes = config.u64("gate.queue_bytes");
  options.free_bytes_min = config.u64("storage.free_bytes_min");
  options.segments.segment_bytes = config.u64("storage.segment_bytes");
  options.segments.durability = config.text("storage.durability") == "process"
                                    ? storage::Durability::kProcess
                                    : storage::Durability::kPower;
  const std::uint64_t cores = std::clamp(std::thread::hardware_concurrency(), 1U, 64U);
  WEIR_ASSIGN(const std::uint64_t threads, args.u64("threads", cores));
  if (threads < 1 || threads > 64) {
    return fail(invalid_argument("usage", "--threads takes 1 to 64, not " + args.text("threads")));
  }
  options.threads = static_cast<unsigned>(threads);
  return options;
}

}  // namespace weir::main
