#include "gate/profile_history.hpp"

#include <algorithm>

#include "decide/lists.hpp"
#include "gate/control.hpp"
#include "ledger/control.hpp"
#include "profile/gathered.hpp"

namespace weir::gate {
namespace {

bool names(const wire::Event& event, std::uint64_t word) {
  return event.debtor == word || event.creditor == word || event.merchant == word ||
         event.device == word || event.instrument == word || event.ip == word;
}

profile::ProfileOptions small(profile::ProfileOptions options) {
  options.accounts = 64;
  options.edges = 64;
  return options;
}

// The state of one entity on its way through the log.
class EntityReplay {
 public:
  EntityReplay(const PassOptions& options, wire::EntityId entity)
      : entity_(entity), masking_(options.masking.get()), profiles_(small(options.profile)) {}

  Status take(const ledger::BlockView& block, std::uint64_t last_seq) {
    WEIR_TRY(apply(block.control()));
    const ledger::BlockHeader& header = block.header();
    list_time_us_ = newest_us_;
    newest_us_ = std::max(newest_us_, header.t_max_us);
    events_.clear();
    std::uint64_t seq = header.first_seq;
    for (const wire::Event& event : block.events()) {
      if (seq++ > last_seq) break;
      time_us_ = seq == header.first_seq + 1 ? event.time_us : std::max(time_us_, event.time_us);
      if (names(event, entity_.word)) events_.push_back(event);
    }
    if (events_.empty()) return Status::ok();
    profiles_.index(events_, index_);
    return profiles_.gather(index_.columns(events_), gathered_, touched_);
  }

  Result<ProfileAsOf> finish(const wire::Dictionary& dictionary, std::uint64_t seq) {
    ProfileAsOf made;
    made.time_us = time_us_;
    auto view = profiles_.view(entity_, time_us_);
    std::uint16_t flags = quarantine_;
    lists_.flagged(&dictionary, masking_, list_time_us_, [&](wire::EntityId id, std::uint16_t set) {
      if (id.word == entity_.word) flags |= set;
    });
    if (!view && flags == 0) {
      return fail(not_found("entity_unknown",
                            "no event or list up to event " + std::to_string(seq) + " named it"));
    }
    if (view) made.view = *view;
    made.view.id = entity_;
    made.view.flags = flags;
    return made;
  }

 private:
  Status apply(Bytes controls) {
    ledger::ControlReader in(controls);
    while (const auto record = in.next()) {
      if (record->type == ledger::ControlType::kLabel) {
        WEIR_ASSIGN(const auto labels, decode_labels(record->payload));
        for (const LabelControl& label : labels.labels) {
          if (label.debtor != entity_.word && label.creditor != entity_.word) continue;
          profiles_.apply_label(update_of(label));
        }
      } else if (record->type == ledger::ControlType::kLists) {
        WEIR_ASSIGN(const ListsControl control, decode_lists(record->payload));
        ByteReader lists(control.lists);
        decide::Lists fresh;
        WEIR_TRY(fresh.load(lists));
        lists_ = std::move(fresh);
      } else if (record->type == ledger::ControlType::kQuarantine) {
        WEIR_ASSIGN(const QuarantineControl control, decode_quarantine(record->payload));
        if (control.entity == entity_.word) quarantine_ = flags_of(control);
      }
    }
    if (!in.ok()) return data_loss("control_damaged", "a block's control records are malformed");
    return Status::ok();
  }

  const wire::EntityId entity_;
  const wire::Masking* const masking_;
  profile::Profiles profiles_;
  decide::Lists lists_;
  std::uint16_t quarantine_ = 0;
  std::int64_t time_us_ = 0;
  std::int64_t newest_us_ = 0;     // of all blocks so far
  std::int64_t list_time_us_ = 0;  // entries of lists expire by the end of the block before
  std::vector<wire::Event> events_;
  profile::IndexOut index_;
  profile::Gathered gathered_;
  profile::TouchOut touched_;
};

}  // namespace

Result<ProfileAsOf> profile_as_of(const ledger::BlockLog& log, const PassOptions& options,
                                  const wire::Dictionary& dictionary, wire::EntityId entity,
                                  std::uint64_t seq) {
  const auto last = log.find_seq(seq);
  if (!last) {
    return fail(not_found("seq_unknown", "the log holds no event " + std::to_string(seq)));
  }
  if (log.first_height() != 1) {
    return fail(failed_precondition(
        "log_cut", "the log begins with block " + std::to_string(log.first_height())));
  }
  EntityReplay replay(options, entity);
  ledger::Block block;
  for (ledger::Height height = 1; height <= *last; ++height) {
    WEIR_TRY(log.read(height, block));
    WEIR_TRY(replay.take(block.view(), seq));
  }
  return replay.finish(dictionary, seq);
}

}  // namespace weir::gate
