// profile_as_of: the profile of one entity as it was right after an event, from the log alone.
//
//   WEIR_ASSIGN(const ProfileAsOf then, profile_as_of(log, options, dictionary, id, 4711));
//   then.view.events_out
//
// A profile depends on nothing but the events and labels that name its entity, so only these are
// replayed: the cost is that of reading the log up to the event, 0.3 KB an event.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "gate/pass.hpp"
#include "ledger/block_log.hpp"
#include "profile/profiles.hpp"
#include "wire/dictionary.hpp"

namespace weir::gate {

struct ProfileAsOf {
  profile::ProfileView view;  // decayed to `time_us`
  std::int64_t time_us = 0;   // latest event of the block up to the event asked for
};

// `options` are those of the pass that wrote the log. Errors: not_found (seq_unknown) if the log
// does not hold the event, not_found (entity_unknown) if nothing up to it names the entity,
// failed_precondition (log_cut) if the log does not begin with its first block, and those of
// reading. An entity that had to share an overflow profile is shown the one it would have had.
Result<ProfileAsOf> profile_as_of(const ledger::BlockLog& log, const PassOptions& options,
                                  const wire::Dictionary& dictionary, wire::EntityId entity,
                                  std::uint64_t seq);

}  // namespace weir::gate
