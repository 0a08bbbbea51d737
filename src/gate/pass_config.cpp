#include "gate/pass_config.hpp"

#include "gate/control.hpp"

namespace weir::gate {
namespace {

std::uint32_t level(double tail) {
  return static_cast<std::uint32_t>(tail * 1e6 + 0.5);
}

}  // namespace

void set_decide_options(const Config& config, PassOptions& options) {
  decide::DeciderOptions& decide = options.decide;
  decide.fusion =
      config.text("decide.fusion") == "sum" ? decide::Fusion::kSum : decide::Fusion::kMax;
  decide.hold_on_failure = config.text("decide.on_failure") == "hold";
  decide::ThresholdRow threshold;
  threshold.alert = config.f64("decide.alert_tail");
  threshold.hold = config.f64("decide.hold_tail");
  const double block = config.f64("decide.block_tail");
  if (block > 0) threshold.block = block;
  options.thresholds = {threshold};
  // For a pass without rules, and so without their table.
  decide.alert_e6 = level(threshold.alert);
  decide.hold_e6 = level(threshold.hold);
  decide.block_e6 = level(block);
}

Status Pass::apply_config(Bytes payload) {
  WEIR_ASSIGN(const ConfigControl control, decode_config(payload));
  WEIR_TRY(use_config(control.text));
  if (versions_.rules != 0) {
    WEIR_ASSIGN(auto rules, decide::compile_rules(decider_.rules()->text, compile_context()));
    WEIR_TRY(decider_.set_rules(versions_.rules, std::move(rules)));
  }
  versions_.config = control.version;
  return Status::ok();
}

Status Pass::use_config(const std::string& text) {
  WEIR_ASSIGN(const Config config, read_logged_config(text));
  set_decide_options(config, options_);
  decider_.set_options(options_.decide);
  config_text_ = text;
  return Status::ok();
}

}  // namespace weir::gate
