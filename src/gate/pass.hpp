// Pass: the state of Weir and the stages that advance it: profiles, model set, rules, order,
// accounts, chain. Everything that decides a transaction is here, and nothing here reads a clock, a
// random number or a thread's identity.
//
//   Pass pass(options);
//   pass.touch(batch);  pass.score(batch);  pass.decide(batch);  pass.hash(batch);   // in order
//   pass.seal(batch, durable_height);                                              // batch.block
//
// touch, decide and seal see the batches one by one in order; score and hash may run on several at
// once. apply() and fit() need the pipeline at rest.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "decide/decider.hpp"
#include "decide/explain.hpp"
#include "decide/lists.hpp"
#include "decide/rules/rule_set.hpp"
#include "detect/model_set.hpp"
#include "gate/learner.hpp"
#include "gate/pass_batch.hpp"
#include "gate/piece_heights.hpp"
#include "ledger/execute.hpp"
#include "ledger/order.hpp"
#include "profile/profiles.hpp"
#include "storage/snapshot_file.hpp"
#include "wire/dictionary.hpp"
#include "wire/text_id.hpp"

namespace weir::gate {

struct PassOptions {
  profile::ProfileOptions profile;
  decide::DeciderOptions decide;
  std::vector<decide::ThresholdRow> thresholds;  // empty: alert 4.0, hold 5.0, block none
  std::size_t window_keys_max = std::size_t{1} << 20;
  LearnerOptions learn;
  ledger::LedgerMode mode = ledger::LedgerMode::kRecord;
  ledger::OrderOptions order;
  ledger::ExecuteOptions execute;
  std::uint16_t leaf_events = 32;
  ledger::FeatureRowsMode feature_rows = ledger::FeatureRowsMode::kAll;
  std::uint64_t dictionary_max = wire::kDictionaryEntriesMax;
  std::shared_ptr<const wire::Masking> masking;  // of party texts in rules and lists; may be null
};

// Counters of what the pass decided. Thread-safe to read.
struct PassCounters {
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> passed{0};
  std::atomic<std::uint64_t> held{0};
  std::atomic<std::uint64_t> blocked{0};
  std::atomic<std::uint64_t> alerted{0};
  std::atomic<std::uint64_t> late{0};
  std::array<std::atomic<std::uint64_t>, 16> by_ledger_status{};
};

class Pass {
 public:
  explicit Pass(const PassOptions& options);

  void touch(PassBatch& batch);
  void score(PassBatch& batch) const;
  void decide(PassBatch& batch);
  void hash(PassBatch& batch) const;
  // Chains the block: batch.block.
  void seal(PassBatch& batch, ledger::Height durable_height);
  // In place of score, decide, hash and seal: goes on as a block of the log says that the batch was
  // decided. Detectors are not asked, unless windows count by their scores; batch.verdicts are the
  // log's, with the ledger statuses that come out now. data_loss if the block's rule hits are none.
  void score_to_follow(PassBatch& batch) const;
  Status follow(PassBatch& batch, const ledger::BlockView& logged);
  void seal_followed(const ledger::BlockView& logged);
  // Moves to the next height without a block: nothing is logged.
  void skip_block() { ++next_height_; }

  // Applies one control record at rest. Records that stages apply themselves (dictionary, labels)
  // and derived ones (rule hits, checkpoints) are skipped. data_loss if it does not decode or
  // compile.
  Status apply(const ledger::ControlRecord& record);
  // Applies every record of a block's control area at rest.
  Status apply_all(Bytes controls);
  // Returns whether any record of the area must be applied at rest.
  static bool needs_rest(Bytes controls);
  // Returns whether a record changes what the pieces of a snapshot mean: rules, models, lists and
  // configuration. None may be applied between the first piece and the last.
  static bool changes_pieces(ledger::ControlType type);

  // Returns a model set fitted on the sample if one is due, else null. At rest.
  Result<std::shared_ptr<const detect::ModelSet>> fit_if_due(std::uint64_t events_accepted);
  Learner& learner() { return learner_; }

  wire::Dictionary& dictionary() { return dictionary_; }
  const wire::Dictionary& dictionary() const { return dictionary_; }
  profile::Profiles& profiles() { return profiles_; }
  const profile::Profiles& profiles() const { return profiles_; }
  decide::Decider& decider() { return decider_; }
  ledger::Executor& executor() { return executor_; }
  const ledger::Executor& executor() const { return executor_; }
  const decide::Decider& decider() const { return decider_; }
  const PassOptions& options() const { return options_; }
  const PassCounters& counters() const { return counters_; }
  const Versions& versions() const { return versions_; }
  const std::shared_ptr<const detect::ModelSet>& models() const { return models_; }
  const decide::Lists& lists() const { return lists_; }
  // Returns the configuration in force as the log has it, empty before the first record of it.
  const std::string& config_text() const { return config_text_; }
  // Returns what a rule text of this pass is compiled against.
  decide::CompileContext compile_context() const;

  // The chain: hash of the last sealed block, and the height of the next.
  void start_chain(std::uint64_t chain_id, const Digest& head, ledger::Height next_height);
  ledger::Height next_height() const { return next_height_; }
  const Digest& head() const { return head_; }

  // Adds the state's sections to a snapshot, to be written at rest: "profiles", ...
  void save(storage::SnapshotWriter& writer) const;
  // The sections but for profiles, accounts and windows, whose pieces are copied between batches.
  static constexpr std::array<std::string_view, 8> kRestSections = {
      "pass", "dictionary", "config", "rules", "decider", "lists", "models", "learner"};
  // Copies such a section, at rest; of a snapshot whose pieces are of these heights.
  void copy_section(std::string_view name, const PieceHeights& heights, StatePiece& piece) const;
  // Notes what belongs to the first piece.
  void note_first_piece(PieceHeights& heights) const;
  // Reads the sections back. The state is whole if all pieces are of one height; else catch_up()
  // must see the blocks after the first piece, up to next_height() - 1.
  Status load(const std::function<std::optional<Bytes>(std::string_view)>& section,
              PieceHeights& heights);
  PassAhead ahead(const PieceHeights& heights) const;
  // Brings the pieces up to date that are behind a block of the log. data_loss
  // (snapshot_behind) if the block does not fit the state.
  Status catch_up(PassBatch& batch, const ledger::BlockView& logged, const PassAhead& ahead);

 private:
  // `ahead`: of a block that comes again; else null.
  void apply_labels(const PassBatch& batch, const PassAhead* ahead);
  void begin_touch(PassBatch& batch, const PassAhead* ahead);
  Status touch_behind(PassBatch& batch, const PassAhead& ahead);
  void read_balances(const PassBatch& batch);
  decide::DecideInput decide_input(const PassBatch& batch, const profile::EventColumns& columns);
  decide::DecideInput input_to_follow(const PassBatch& batch, const profile::EventColumns& columns);
  void run_decider(PassBatch& batch);
  void execute(PassBatch& batch);
  void write_rule_hits(PassBatch& batch);
  void explain(PassBatch& batch) const;
  void mark_listed(const PassBatch& batch);
  void expire_list_flags();
  // Visits the entities that deny, allow and watch mark at `now_us`; INT64_MIN: expired entries
  // too.
  void for_each_flagged(std::int64_t now_us,
                        const std::function<void(wire::EntityId, std::uint16_t)>& visit) const;
  void count(const PassBatch& batch);
  Status apply_rules(Bytes payload);
  Status apply_models(Bytes payload);
  Status apply_lists(Bytes payload);
  Status apply_config(Bytes payload);
  Status use_config(const std::string& text);

  PassOptions options_;
  std::string config_text_;
  wire::Dictionary dictionary_;
  profile::Profiles profiles_;
  decide::Decider decider_;
  Learner learner_;
  ledger::Orderer orderer_;
  ledger::Executor executor_;
  std::shared_ptr<const detect::ModelSet> models_;
  decide::Lists lists_;
  std::int64_t next_flag_expiry_us_ = INT64_MAX;
  std::int64_t watermark_us_ = 0;  // latest event time touched
  Versions versions_;
  ByteWriter payload_;
  std::vector<std::int64_t> balances_;
  std::vector<std::uint8_t> balances_valid_;
  std::vector<decide::RuleHit> hits_;
  std::vector<decide::HitSides> sides_;
  ledger::OrderOut order_;
  std::uint64_t chain_id_ = 1;
  Digest head_{};
  ledger::Height next_height_ = 1;
  PassCounters counters_;
};

}  // namespace weir::gate
