// DecisionJson: renders decided events as the verdict objects of the API. It keeps the rule sets
// and model sets of this run by version, because a verdict is explained by what it was decided
// with.
//
//   DecisionJson json(dictionary);
//   json.note_rules(4, rule_set);
//   std::string text = json.render(decision, {});
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/json.hpp"
#include "decide/rules/rule_set.hpp"
#include "detect/model_set.hpp"
#include "gate/submission.hpp"

namespace weir::main {

struct RenderOptions {
  bool features = false;  // all 32 values with usual
  bool event = false;     // add the event itself
  bool shadow = false;    // decided in shadow: no sequence number, no alert id
  std::string_view ack = "committed";
};

// Thread-safe.
class DecisionJson {
 public:
  // `dictionary` must outlive this object.
  explicit DecisionJson(const wire::Dictionary* dictionary = nullptr) : dictionary_(dictionary) {}
  void set_dictionary(const wire::Dictionary* dictionary) { dictionary_ = dictionary; }

  void note_rules(std::uint32_t version, std::shared_ptr<const decide::RuleSet> rules);
  void note_models(std::uint32_t version, std::shared_ptr<const detect::ModelSet> models);
  std::shared_ptr<const decide::RuleSet> rules(std::uint32_t version) const;
  std::shared_ptr<const detect::ModelSet> models(std::uint32_t version) const;

  // Returns one verdict object, without latency_us. Allocates.
  std::string render(const gate::Decision& decision, const RenderOptions& options) const;
  // Writes an event as people wrote it: ids, parties, amount as exact decimal text.
  void write_event(JsonWriter& json, const wire::Event& event, Bytes side) const;

 private:
  const wire::Dictionary* dictionary_;
  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::shared_ptr<const decide::RuleSet>> rules_;
  std::map<std::uint32_t, std::shared_ptr<const detect::ModelSet>> models_;
};

}  // namespace weir::main
